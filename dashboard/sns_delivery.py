"""Amazon SNS in front of CodePipeline events: whose message it is, and the event inside.

Certificates and confirmations are fetched only from addresses on the allow-list of sources.sns, only for the topic the
connection was set up with, without redirects, and with a short time-out.
"""

from __future__ import annotations

import urllib.request
from functools import lru_cache
from typing import Any

from dashboard.sources import sns
from dashboard.sources.base import Rejected

FETCH_SECONDS = 2
LARGEST_REPLY = 65_536


class SnsRefused(Exception):
    """The message is not to be believed."""


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirects)


def fetch(url: str) -> bytes:
    """Raises OSError."""
    with _opener.open(url, timeout=FETCH_SECONDS) as reply:
        return bytes(reply.read(LARGEST_REPLY))


@lru_cache(maxsize=64)
def _certificate(url: str) -> bytes:
    return fetch(url)


def unwrap(body: bytes, topic_arn: str, now: int, *, any_topic: bool = False) -> bytes | None:
    """The event inside a notification; None for a subscription message, which has then been confirmed. `any_topic`:
    the sender has also shown the connection's secret, so its topic need not be known beforehand."""
    try:
        envelope = sns.parse_envelope(body)
    except Rejected as rejected:
        raise SnsRefused("not an SNS message") from rejected
    if envelope.topic_arn != topic_arn and not (any_topic and not topic_arn):
        raise SnsRefused(f"the topic is not this connection's: {envelope.topic_arn[:200]}")
    if not sns.cert_url_allowed(envelope.signing_cert_url, envelope.topic_arn):
        raise SnsRefused("the signing certificate is not Amazon's")
    try:
        genuine = sns.verify_envelope(envelope, _certificate(envelope.signing_cert_url), now)
    except OSError as error:
        raise SnsRefused("the signing certificate could not be fetched") from error
    if not genuine:
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
        raise SnsRefused("the subscription could not be confirmed") from error
