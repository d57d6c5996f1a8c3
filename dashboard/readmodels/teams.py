"""The team board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.looks import CONDITION_LOOKS, Look
from dashboard.readmodels.rows import order_of, row_of
from storage.board import BoardRow, condition, turning_points
from storage.entities import Condition, Team
from storage.pipelines import StoredRow


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A row in its place. What it looks like follows from `key`: its id, version and condition."""

    row: BoardRow
    version: int
    condition: Condition
    order: str

    @property
    def key(self) -> tuple[str, int, Condition]:
        return (self.row.id, self.version, self.condition)


@dataclass(frozen=True, slots=True)
class Count:
    condition: Condition
    look: Look
    number: int


@dataclass(frozen=True, slots=True)
class Board:
    """`turns_at`: when a row's condition changes by itself, were no event to come (milliseconds)."""

    team: Team
    lines: tuple[BoardLine, ...]
    counts: tuple[Count, ...]
    turns_at: int | None


def build(team: Team, stored: Sequence[StoredRow], now: int) -> Board:
    lines = []
    turns: list[int] = []
    for each in stored:
        row = row_of(each)
        state = condition(row, now)
        lines.append(BoardLine(row, each.version, state, order_of(row, state)))
        turns += [at for at in turning_points(row) if at > now]
    lines.sort(key=lambda line: line.order)
    return Board(team, tuple(lines), count(line.condition for line in lines), min(turns, default=None))


def count(conditions: Iterable[Condition]) -> tuple[Count, ...]:
    found: dict[Condition, int] = dict.fromkeys(Condition, 0)
    for state in conditions:
        found[state] += 1
    return tuple(Count(state, CONDITION_LOOKS[state], number) for state, number in found.items() if number)
