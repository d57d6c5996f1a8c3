"""The radiator: a screen on the wall, read from six metres by people who cannot touch it."""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from dashboard.readmodels.appearance import ATTENTION, Appearance
from dashboard.readmodels.lines import Segment, line_of
from dashboard.readmodels.quiet import NOTHING_QUIET, QuietNotice
from dashboard.readmodels.rows import (
    appearance_of,
    due_at,
    flight_of,
    headline_of,
    order_of,
    place_of,
    row_of,
    since,
)
from dashboard.readmodels.teams import Count, count
from storage.model.board_row import BoardRow, ExecutionRef
from storage.model.conditions import condition
from storage.model.entities import Condition, Status
from storage.repositories.pipelines import StoredRow
from storage.repositories.teams import TeamEntry

ROWS = 7
STOPS = 9
_BEFORE = 6
COUNTED = ATTENTION | {Condition.PASSING}
# Of stages side by side one stop is drawn: the first of these that is among them.
_WORST: tuple[Status | None, ...] = (
    Status.FAILED,
    Status.ERRORED,
    Status.TIMED_OUT,
    Status.WAITING,
    Status.RUNNING,
    Status.UNKNOWN,
    Status.QUEUED,
    Status.CANCELLED,
    Status.SUPERSEDED,
    Status.SUCCEEDED,
    Status.SKIPPED,
    None,
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pipeline that a screen may show. `stamp` changes with its row. `team`: where a screen shows several."""

    row: BoardRow
    stamp: str
    team: str = ""


@dataclass(frozen=True, slots=True)
class RadiatorStop:
    """A stage, or the worst of those side by side. `running_since` draws the train."""

    name: str
    status: Status | None
    appearance: Appearance
    label: str
    running_since: int | None
    late: bool


class Reading(enum.StrEnum):
    """How the time beside a row is read: how long ago, a timer that counts up, or a time of day to come."""

    SINCE = "since"
    TIMER = "timer"
    DUE = "due"


@dataclass(frozen=True, slots=True)
class Beside:
    at: int
    reading: Reading
    note: str

    @property
    def late(self) -> bool:
        return self.reading is Reading.TIMER and self.note == "late"


@dataclass(frozen=True, slots=True)
class RadiatorRow:
    """`state`, then `holder`: who has it while it fails, and `rest`: where it is, whose change it is."""

    id: str
    name: str
    team: str
    condition: Condition
    appearance: Appearance
    state: str
    holder: str
    rest: str
    stops: tuple[RadiatorStop, ...]
    beside: Beside | None


@dataclass(frozen=True, slots=True)
class Remainder:
    """Pipelines without a row of their own. `more`: others in this condition have one."""

    count: Count
    more: bool


@dataclass(frozen=True, slots=True)
class LastDeployment:
    """The pipeline that last brought a version into production."""

    pipeline: str
    at: int


@dataclass(frozen=True, slots=True)
class Radiator:
    """`counts`: what needs attention, and what is good, rows or not. `stamps`: everything that this follows from."""

    name: str
    topic: str
    rows: tuple[RadiatorRow, ...]
    counts: tuple[Count, ...]
    remainders: tuple[Remainder, ...]
    last_deployment: LastDeployment | None
    stamps: tuple[str, ...]
    quiet: QuietNotice = NOTHING_QUIET


@lru_cache(maxsize=8192)
def _stamp(row: BoardRow) -> str:
    """Tells two summaries apart, in every process alike."""
    return hashlib.blake2b(repr(row).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def of_team(stored: Iterable[StoredRow]) -> list[Candidate]:
    return [Candidate(row_of(each), f"{each.id}:{each.version}") for each in stored]


def of_network(entries: Iterable[TeamEntry]) -> list[Candidate]:
    return [
        Candidate(row, f"{row.id}:{_stamp(row)}:{entry.team.version}", entry.team.name)
        for entry in entries
        for row in entry.rows
    ]


def build(name: str, topic: str, seen: Iterable[Candidate], now: int, quiet: QuietNotice = NOTHING_QUIET) -> Radiator:
    found = [(each, condition(each.row, now)) for each in seen if not each.row.hidden]
    found.sort(key=lambda pair: order_of(pair[0].row, pair[1]))
    shown, rest = found[:ROWS], found[ROWS:]
    conditions = {state for _, state in shown}
    return Radiator(
        name=name,
        topic=topic,
        rows=tuple(_row(each, state) for each, state in shown),
        counts=tuple(each for each in count(state for _, state in found) if each.condition in COUNTED),
        remainders=tuple(Remainder(each, each.condition in conditions) for each in count(state for _, state in rest)),
        last_deployment=_last_deployment(each.row for each, _ in found),
        stamps=(str(quiet), *sorted(f"{each.stamp}:{state}" for each, state in found)),
        quiet=quiet,
    )


def _last_deployment(rows: Iterable[BoardRow]) -> LastDeployment | None:
    marks: list[tuple[ExecutionRef, BoardRow]] = [(row.production, row) for row in rows if row.production]
    mark, row = max(marks, key=lambda pair: (pair[0].at, pair[1].id), default=(None, None))
    return LastDeployment(row.label, mark.at) if mark and row else None


def _row(seen: Candidate, state: Condition) -> RadiatorRow:
    row = seen.row
    return RadiatorRow(
        id=row.id,
        name=row.label,
        team=seen.team,
        condition=state,
        appearance=appearance_of(row, state),
        state=_state(row, state),
        holder=_holder(row) if state is Condition.FAILING else "",
        rest=_rest(row, state),
        stops=_stops(row, state),
        beside=_beside(row, state),
    )


def _state(row: BoardRow, state: Condition) -> str:
    place = place_of(row, state)
    return f"Waiting at {place}" if state is Condition.WAITING and place else headline_of(row, state).state


def _rest(row: BoardRow, state: Condition) -> str:
    if state is Condition.FAILING:
        flight = flight_of(row)
        return flight.words if flight else ""
    if state is Condition.NO_SIGNAL:
        return headline_of(row, state).note
    return _first_name(row.latest.author) if row.latest else ""


def _holder(row: BoardRow) -> str:
    return f"{_first_name(row.taken.name)} has it" if row.taken else "nobody has it"


def _first_name(name: str) -> str:
    return name.partition(" ")[0]


def _beside(row: BoardRow, state: Condition) -> Beside | None:
    at, due = since(row, state), due_at(row)
    if state is Condition.SLOW and due is not None:
        return Beside(due, Reading.TIMER, "late")
    if state is Condition.RUNNING and due is not None:
        return Beside(due, Reading.DUE, "due")
    if at is None:
        return None
    reading = Reading.TIMER if state in (Condition.SLOW, Condition.RUNNING) else Reading.SINCE
    return Beside(at, reading, _NOTES[state])


_NOTES = {
    Condition.FAILING: "failing",
    Condition.WAITING: "waiting",
    Condition.SLOW: "so far",
    Condition.NO_SIGNAL: "no signal",
    Condition.RUNNING: "so far",
    Condition.QUEUED: "queued",
    Condition.PASSING: "ago",
    Condition.IDLE: "ago",
}


def _stops(row: BoardRow, state: Condition) -> tuple[RadiatorStop, ...]:
    """At most so many as can be told apart, the one that matters among them."""
    stops = [_stop(segment) for segment in line_of(row, state).segments]
    if len(stops) <= STOPS:
        return tuple(stops)
    begin = max(0, min(_matters(stops) - _BEFORE, len(stops) - STOPS))
    return tuple(stops[begin : begin + STOPS])


def _matters(stops: Sequence[RadiatorStop]) -> int:
    worst = min(stops, key=lambda stop: _WORST.index(stop.status))
    return stops.index(worst)


def _stop(segment: Segment) -> RadiatorStop:
    worst = min(segment.stops, key=lambda view: _WORST.index(view.status))
    others = len(segment.stops) + segment.more - 1
    beside = f", and {others} beside it" if others else ""
    label = f"{worst.name}: {worst.appearance.label}{beside}"
    return RadiatorStop(worst.name, worst.status, worst.appearance, label, worst.running_since, worst.late)
