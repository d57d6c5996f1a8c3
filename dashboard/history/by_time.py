"""Lists cut by time. Pages by number would move with every new run; of runs of one second they are by number all the
same, and how many of those were told is remembered, so that pages may differ in size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

SECOND_MS = 1000
# Of one second so many are read; a tool tells no more of one search.
MOST_OF_A_SECOND = 1000


class Place(NamedTuple):
    """until: runs of that second and before, as `second_of` writes it; empty for all. told: so many of that second
    were told."""

    until: str = ""
    told: int = 0

    @classmethod
    def of(cls, cursor: str) -> Place:
        until, _, told = cursor.partition("|")
        return cls(until, int(told or 0))

    def page(self, size: int) -> tuple[int, int]:
        """The number of the page to ask for, from 1, and how many of those on it were told."""
        number, told = divmod(self.told, size)
        return number + 1, told

    def after(self, seconds: Sequence[str], size: int) -> str:
        """The cursor of what comes after a page that others follow. `seconds`: when each on it began."""
        oldest = min(seconds)
        if not oldest:
            return ""
        if oldest != self.until:
            return f"{oldest}|{seconds.count(oldest)}"
        told = self.page(size)[0] * size
        return f"{oldest}|{told}" if told < MOST_OF_A_SECOND else f"{second_of(_at(oldest) - SECOND_MS)}|0"


def second_of(at: int) -> str:
    """ISO 8601, UTC. `at` in milliseconds."""
    return datetime.fromtimestamp(at // SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def second_after(second: str) -> str:
    return second_of(_at(second) + SECOND_MS)


def _at(second: str) -> int:
    return round(datetime.fromisoformat(second).timestamp()) * SECOND_MS
