"""What was refused and stands in no audit entry, in the server's log: a line a minute for each kind and place, however
often it comes."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

logger = logging.getLogger(__name__)

QUIET_SECONDS = 60.0
MOST_KEPT = 1000


class Refusals:
    """`timer`: seconds by a clock that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        # When it was said last, and how often it came since.
        self._said: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()

    def note(self, what: str, place: str) -> None:
        """`place`: the address it came from."""
        key, now = (what, place), self._timer()
        with self._lock:
            at, more = self._said.get(key, (float("-inf"), 0))
            if now - at < QUIET_SECONDS:
                self._said[key] = (at, more + 1)
                return
            self._said[key] = (now, 0)
            self._said.move_to_end(key)
            if len(self._said) > MOST_KEPT:
                self._said.popitem(last=False)
        logger.warning("refused: %s, from %s%s", what, place, f" ({more} more since it was last said)" if more else "")

    def forget(self) -> None:
        self._said.clear()


refusals = Refusals()
