"""What opening an envelope fetches: certificates, remembered, and addresses that are to be visited once.

Which addresses those are, the envelope has decided. They are asked without redirects and with a short time-out.
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

from dashboard.sources.kit.source import OutOfReach

logger = logging.getLogger(__name__)

FETCH_SECONDS = 2
LARGEST_REPLY = 65_536
# How long a certificate is remembered, and how long that there was none to be had.
KEPT_SECONDS, FAILURE_SECONDS = 3600.0, 3.0
# How long a post waits for what another post is fetching already.
WAIT_SECONDS = 0.5
MOST_KEPT = 64


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
        """Raises OutOfReach."""
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
            raise OutOfReach("the signing certificate could not be fetched")
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


class Network:
    """The network, as far as envelopes may ask it."""

    def __init__(self) -> None:
        self.certificate = Certificates()

    def visit(self, url: str) -> None:
        """Raises OutOfReach."""
        try:
            fetch(url)
        except OSError as error:
            raise OutOfReach("the subscription could not be confirmed") from error


network = Network()
