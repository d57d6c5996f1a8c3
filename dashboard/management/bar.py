"""How far a command got, for who waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.core.management.base import OutputWrapper

WIDTH = 30
# Without a terminal a line now and then, not one a piece.
SECONDS_BETWEEN_LINES = 5.0


class Bar:
    """How far it got: on a terminal drawn over and over, else a line now and then."""

    def __init__(self, out: OutputWrapper, now: Callable[[], float] = time.monotonic) -> None:
        self._out = out
        self._now = now
        self._next = now() + SECONDS_BETWEEN_LINES

    def show(self, done: int, total: int, what: str) -> None:
        if self._out.isatty():
            filled = WIDTH * done // max(total, 1)
            self._out.write(f"\r[{'#' * filled:.<{WIDTH}}] {done}/{total} {what[:40]:40}", ending="")
        elif self._now() >= self._next or done == total:
            self._next = self._now() + SECONDS_BETWEEN_LINES
            self._out.write(f"{done}/{total} {what}")

    def end(self) -> None:
        if self._out.isatty():
            self._out.write("")
