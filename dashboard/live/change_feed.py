"""The notices of changes as they come, each once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from storage.model.entities import Change

# The topics that one change names.
Notice = frozenset[str]

# Writers' clocks differ and commits are not in clock order, so each look reads a stretch that was read before,
# and now and then a long one.
OVERLAP_MS = 5_000
LONG_OVERLAP_MS = 60_000
LONG_LOOK_EVERY = 5.0


class ChangeFeed:
    """For one thread at a time. `changes` lists the notices since a moment (milliseconds)."""

    def __init__(self, changes: Callable[[int], Sequence[Change]]) -> None:
        self._changes = changes
        self._seen: set[str] = set()
        self.rest()

    def rest(self) -> None:
        """Nobody looks for a while. What was seen stays so: the first look afterwards reads some of it once more."""
        self._since: int | None = None
        self._long_look_at = -math.inf

    def begin(self, at: int, timer: float) -> None:
        """All before `at` (milliseconds) is known, but for what came just before and may not have been read yet."""
        self._seen.clear()
        self._since, self._long_look_at = at, timer + LONG_LOOK_EVERY

    def look(self, now: int, timer: float) -> list[Change]:
        """What was not seen before. `now` in milliseconds of the clock that notices are stamped by, `timer` in seconds
        of one that is never set. After a look that failed the next one begins before it."""
        long = timer >= self._long_look_at
        since = min(self._since or now, now) - (LONG_OVERLAP_MS if long else OVERLAP_MS)
        notices = self._changes(since)
        fresh = [notice for notice in notices if notice.id not in self._seen]
        ids = {notice.id for notice in notices}
        self._seen = ids if long else self._seen | ids
        if long:
            self._long_look_at = timer + LONG_LOOK_EVERY
        self._since = now
        return fresh
