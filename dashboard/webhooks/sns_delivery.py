"""Amazon SNS in front of CodePipeline events: whose message it is, and the event inside.

Certificates and confirmations are fetched only from addresses on the allow-list of sources.sns, only for the topic the
connection was set up with, without redirects, and with a short time-out.
"""

from __future__ import annotations

import logging
import threading
import time
import urllib.request
from collections import OrderedDict
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from dashboard.sources.kit import sns
from dashboard.sources.kit.source import Rejected

logger = logging.getLogger(__name__)

FETCH_SECONDS = 2
LARGEST_REPLY = 65_536
# How long a certificate is remembered, and how long that there was none to be had.
KEPT_SECONDS, FAILURE_SECONDS = 3600.0, 3.0
# How long a post waits for what another post is fetching already.
WAIT_SECONDS = 0.5
MOST_KEPT = 64


class SnsRefused(Exception):
    """The message is not to be believed."""


class SnsUnreachable(Exception):
    """What is needed to believe the message is out of reach: the sender is to try again, which SNS does after a 5xx and
    not after a 4xx. https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html"""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def fetch(url: str) -> bytes:
    """Raises OSError."""
    try:
        with _opener.open(url, timeout=FETCH_SECONDS) as reply:
            return bytes(reply.read(LARGEST_REPLY))
    except HTTPException as error:
        raise OSError(f"the answer broke off: {error!r}") from error


@dataclass
class _Fetch:
    """One that goes on, or what came of it. Forgotten when it is `over`, by the monotonic clock."""

    done: threading.Event = field(default_factory=threading.Event)
    found: bytes | None = None
    over: float = float("inf")


class Certificates:
    """Fetched once a process. However many posts ask, one of them fetches and none of the others waits long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fetches: OrderedDict[str, _Fetch] = OrderedDict()

    def __call__(self, url: str) -> bytes:
        """Raises SnsUnreachable."""
        with self._lock:
            known = self._fetches.get(url)
            is_mine = known is None or known.over <= time.monotonic()
            if known is None or is_mine:
                known = self._fetches[url] = _Fetch()
            if len(self._fetches) > MOST_KEPT:
                self._fetches.popitem(last=False)
        if is_mine:
            _run(known, url)
        if not known.done.wait(WAIT_SECONDS) or known.found is None:
            raise SnsUnreachable("the signing certificate could not be fetched")
        return known.found

    def cache_clear(self) -> None:
        with self._lock:
            self._fetches.clear()


def _run(mine: _Fetch, url: str) -> None:
    try:
        mine.found = fetch(url)
    except OSError as error:
        logger.warning("no certificate from %s: %s", url, error)
    finally:
        mine.over = time.monotonic() + (KEPT_SECONDS if mine.found is not None else FAILURE_SECONDS)
        mine.done.set()


_certificate = Certificates()


def unwrap(body: bytes, topic_arn: str, now: int, *, any_topic: bool = False) -> bytes | None:
    """The event inside a notification; None for a subscription message, which has then been confirmed. `any_topic`:
    the sender has also shown the connection's secret, so its topic need not be known beforehand. Raises SnsRefused, and
    SnsUnreachable where Amazon did not answer."""
    try:
        envelope = sns.parse_envelope(body)
    except Rejected as rejected:
        raise SnsRefused("not an SNS message") from rejected
    if envelope.topic_arn != topic_arn and not (any_topic and not topic_arn):
        raise SnsRefused(f"the topic is not this connection's: {envelope.topic_arn[:200]}")
    if not sns.cert_url_allowed(envelope.signing_cert_url, envelope.topic_arn):
        raise SnsRefused("the signing certificate is not Amazon's")
    if not sns.verify_envelope(envelope, _certificate(envelope.signing_cert_url), now):
        raise SnsRefused("the SNS signature is wrong")
    if envelope.type == "Notification":
        return sns.inner_body(envelope)
    if envelope.type == "SubscriptionConfirmation":
        _confirm(envelope)
    return None


def _confirm(envelope: sns.Envelope) -> None:
    if not sns.subscribe_url_allowed(envelope.subscribe_url, envelope.topic_arn):
        raise SnsRefused("the subscription address is not Amazon's")
    try:
        fetch(envelope.subscribe_url)
    except OSError as error:
        raise SnsUnreachable("the subscription could not be confirmed") from error
