"""Slows down guessing: so many failures for one e-mail, so many from one address, then a wait. Kept per process."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

PER_EMAIL, PER_ADDRESS = 10, 20
WINDOW_SECONDS = 900
MOST_KEYS = 10_000


class Throttle:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def wait(self, email: str, address: str) -> int:
        """Seconds to wait before the next try, 0 when it may be made now."""
        with self._lock:
            return max(self._wait(f"e {email}", PER_EMAIL), self._wait(f"a {address}", PER_ADDRESS))

    def failed(self, email: str, address: str) -> None:
        now = self._clock()
        with self._lock:
            for key in (f"e {email}", f"a {address}"):
                self._failures.setdefault(key, []).append(now)
                self._failures.move_to_end(key)
            while len(self._failures) > MOST_KEYS:
                self._failures.popitem(last=False)

    def reset(self) -> None:
        with self._lock:
            self._failures.clear()

    def _wait(self, key: str, most: int) -> int:
        since = self._clock() - WINDOW_SECONDS
        recent = [at for at in self._failures.get(key, []) if at > since]
        if key in self._failures:
            self._failures[key] = recent
        return int(recent[-most] - since) + 1 if len(recent) >= most else 0


sign_ins = Throttle()
