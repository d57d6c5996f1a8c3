"""The team board."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from operator import attrgetter

from dashboard.readmodels.first_steps import FirstSteps, first_steps
from dashboard.readmodels.looks import CONDITION_LOOKS, Look
from dashboard.readmodels.rows import order_of
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER, Phase, phase_at, phases
from storage.model.entities import Condition, Team
from storage.repositories.pipelines import StoredRow
from storage.store import Store


@dataclass(frozen=True, slots=True)
class BoardLine:
    """A row in its place. What it looks like follows from `key`: its id, version and condition; `stamp` is
    that as text."""

    row: BoardRow
    version: int
    condition: Condition
    order: str
    stamp: str

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
    """`turns_at`: when a row's condition changes by itself, were no event to come (milliseconds). `steps`: what
    leads to a first pipeline, where the team is new."""

    team: Team
    lines: tuple[BoardLine, ...]
    counts: tuple[Count, ...]
    turns_at: int | None
    steps: FirstSteps | None = None


@lru_cache(maxsize=8192)
def _known(stored: StoredRow) -> tuple[BoardRow, tuple[Phase, ...]]:
    """What follows from a row's version alone is worked out once a version."""
    row = stored.row()
    return row, phases(row)


@lru_cache(maxsize=16_384)
def _line(stored: StoredRow, state: Condition) -> BoardLine:
    row, _ = _known(stored)
    return BoardLine(row, stored.version, state, order_of(row, state), f"{row.id}:{stored.version}:{state}")


def load(store: Store, team: Team) -> Board:
    """One query; of a team without pipelines a few more."""
    now = store.now()
    board = build(team, store.pipelines.list_board(team.id), now)
    return replace(board, steps=first_steps(store, team, [line.row for line in board.lines], now))


def build(team: Team, stored: Sequence[StoredRow], now: int) -> Board:
    lines, turns = [], FOREVER
    for each in stored:
        until, state = phase_at(_known(each)[1], now)
        turns = min(turns, until)
        lines.append(_line(each, state))
    lines.sort(key=attrgetter("order"))
    return Board(team, tuple(lines), count(line.condition for line in lines), turns if turns != FOREVER else None)


def count(conditions: Iterable[Condition]) -> tuple[Count, ...]:
    found: dict[Condition, int] = dict.fromkeys(Condition, 0)
    for state in conditions:
        found[state] += 1
    return tuple(Count(state, CONDITION_LOOKS[state], number) for state, number in found.items() if number)
