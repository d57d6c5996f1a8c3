"""Whose turn it is to write, among the threads of one process, and who need not wait for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from storage.errors import Throttled

# So many threads wait as long as they may; of the others none while the turn does not go round at all: pages need them.
PATIENT = 1
STUCK_SECONDS = 0.3


class Turn:
    """A lock that tells whether it goes round."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self._waiting = 0
        self._came = time.monotonic()

    def came(self) -> None:
        """Somebody writes now."""
        self._came = time.monotonic()

    @contextmanager
    def taken(self, until: float) -> Iterator[None]:
        """Hold it. Raises Throttled at `until` (time.monotonic), earlier where it is stuck and enough others wait."""
        if not self._lock.acquire(blocking=False):
            self._wait(until)
        try:
            yield
        finally:
            self._lock.release()

    def _wait(self, until: float) -> None:
        with self._counting:
            place, self._waiting = self._waiting, self._waiting + 1
        began = time.monotonic()
        try:
            while not self._lock.acquire(timeout=STUCK_SECONDS / 4):
                now = time.monotonic()
                if now >= until or (place >= PATIENT and now - max(began, self._came) >= STUCK_SECONDS):
                    raise Throttled("other writers are before this one")
        finally:
            with self._counting:
                self._waiting -= 1
