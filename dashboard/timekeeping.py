"""Removing what has expired, by a clock that may be wrong: what this process knows of the time.

Tools tell the time with each event. Where two connections agree with the clock, it is right.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from storage.model.accounts import Actor
from storage.model.timekeeping import DAY_MS, HOUR_MS, Timekeeping, removes_before
from storage.store import Store

logger = logging.getLogger(__name__)

AGREEING = 2


class Timekeeper:
    """`timer`: seconds by a clock that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._looked: float | None = None
        self._heard: dict[str, float] = {}
        self.record: Timekeeping | None = None

    @property
    def jumped_to(self) -> int:
        """The time that is not believed, milliseconds; 0 where all is well."""
        return self.record.jumped_to if self.record else 0

    def hear(self, connection_id: str, told_at: int, now: int) -> None:
        """An event that was believed says what time it is (milliseconds)."""
        if abs(now - told_at) < DAY_MS:
            self._heard[connection_id] = self._timer()

    def look(self, store: Store) -> int | None:
        """Whether the clock may be believed: what has expired before this time (milliseconds) may go, or None."""
        timer = self._timer()
        running = None if self._looked is None else round((timer - self._looked) * 1000)
        self._looked = timer
        before = self.jumped_to
        self.record = store.timekeepers.check(running_ms=running, agreed=self._agreed(timer))
        if self.jumped_to and not before:
            logger.warning("the clock jumped ahead by more than a day: nothing is removed until it is confirmed")
        return self.removes_before(store)

    def removes_before(self, store: Store) -> int | None:
        """By what came of the last look."""
        return removes_before(self.record, store.now()) if self.record else None

    def confirm(self, store: Store, by: Actor) -> None:
        self.record = store.timekeepers.confirm(by)

    def _agreed(self, timer: float) -> bool:
        recent = [at for at in self._heard.values() if timer - at < HOUR_MS / 1000]
        return len(recent) >= AGREEING


timekeeper = Timekeeper()
