"""The team board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from zlib import crc32

from dashboard.readmodels.appearance import CONDITION_APPEARANCES, Appearance
from dashboard.readmodels.first_steps import FirstSteps
from dashboard.readmodels.quiet import QuietNotice, quiet_of_team
from dashboard.readmodels.rows import order_of
from dashboard.readmodels.stalls import Stall, stalls_of
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER, Phase, phase_at, phases
from storage.model.entities import Condition, Team
from storage.repositories.pipelines import StoredRow


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A row in its place. What it looks like follows from `stamp`: its id, version and condition, and a checksum, as a
    row that was away begins at its first version again."""

    row: BoardRow
    version: int
    condition: Condition
    order: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Count:
    condition: Condition
    appearance: Appearance
    number: int


@dataclass(frozen=True, slots=True)
class Board:
    """`turns_at`: when a row's condition changes by itself, were no event to come (milliseconds). `steps`: what
    leads to a first pipeline, where the team is new. `stalls`: tools and pools that start nothing of this team."""

    team: Team
    lines: tuple[BoardLine, ...]
    counts: tuple[Count, ...]
    turns_at: int | None
    steps: FirstSteps | None = None
    stalls: tuple[Stall, ...] = ()

    @property
    def quiet(self) -> QuietNotice:
        return quiet_of_team(self.team)


@lru_cache(maxsize=8192)
def _known(stored: StoredRow) -> tuple[BoardRow, tuple[Phase, ...]]:
    """What follows from a row's version alone is worked out once a version."""
    row = stored.row()
    return row, phases(row)


@lru_cache(maxsize=16_384)
def _line(stored: StoredRow, state: Condition) -> BoardLine:
    row, _ = _known(stored)
    document = stored.document if isinstance(stored.document, bytes) else stored.document.encode()
    stamp = f"{row.id}:{stored.version}:{crc32(document):x}:{state}"
    return BoardLine(row, stored.version, state, order_of(row, state), stamp)


def build(team: Team, stored: Sequence[StoredRow], now: int, steps: FirstSteps | None = None) -> Board:
    lines, turns = [], FOREVER
    for each in stored:
        until, state = phase_at(_known(each)[1], now)
        turns = min(turns, until)
        lines.append(_line(each, state))
    lines.sort(key=attrgetter("order"))
    counts = count(line.condition for line in lines)
    stalls = stalls_of((line.row for line in lines), now)
    turns = min(turns, stalls.until)
    return Board(team, tuple(lines), counts, turns if turns != FOREVER else None, steps, stalls.found)


def count(conditions: Iterable[Condition]) -> tuple[Count, ...]:
    found: dict[Condition, int] = dict.fromkeys(Condition, 0)
    for state in conditions:
        found[state] += 1
    return tuple(Count(state, CONDITION_APPEARANCES[state], number) for state, number in found.items() if number)
