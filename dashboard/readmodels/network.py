"""The network: every team, trouble first. Read from the teams' summaries alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dashboard.readmodels.looks import ATTENTION, CONDITION_LOOKS, LOOKS, Look, timer
from dashboard.readmodels.rows import Flight, flight_of, look_of, order_of, place_of, since, subject_of, waiting_of
from dashboard.readmodels.teams import Count, count
from storage.model.board_row import Arrival, BoardRow
from storage.model.conditions import condition, turns_at
from storage.model.entities import CONDITION_ORDER, Condition, Status, Team
from storage.model.run import StageCell
from storage.model.run_history import FEWEST_FOR_ESTIMATE, Rate
from storage.repositories.teams import TeamEntry

ARRIVALS = 11
NOTES = {
    Condition.FAILING: "the last result of the default branch is red",
    Condition.WAITING: "waiting for approval",
    Condition.SLOW: "slower than 19 of the last 20 green runs",
    Condition.NO_SIGNAL: "a run never ended, or never came",
}


@dataclass(frozen=True, slots=True)
class MiniStop:
    name: str
    css: str
    glyph: str
    label: str


@dataclass(frozen=True, slots=True)
class Bulletin:
    """A pipeline that needs somebody. `usual` stands where the time is a timer."""

    row: BoardRow
    team: Team
    condition: Condition
    look: Look
    hot: bool
    since: int | None
    timer: bool
    usual: str
    place: str
    stops: tuple[MiniStop, ...]
    takes: bool
    execution_id: str
    flight: Flight | None
    order: str
    order_longest: str

    @property
    def nobody(self) -> bool:
        """Whether it waits for somebody to take it."""
        return self.condition is Condition.FAILING and self.row.taken is None


@dataclass(frozen=True, slots=True)
class BulletinGroup:
    condition: Condition
    look: Look
    note: str
    bulletins: tuple[Bulletin, ...]

    @property
    def longest_first(self) -> BulletinGroup:
        return replace(self, bulletins=tuple(sorted(self.bulletins, key=lambda b: b.order_longest)))


@dataclass(frozen=True, slots=True)
class ArrivalView:
    arrival: Arrival
    pipeline: str
    team: Team


@dataclass(frozen=True, slots=True)
class PipelineGlyph:
    look: Look
    order: tuple[int, str]


@dataclass(frozen=True, slots=True)
class TeamLine:
    """`troubles`: what needs attention. `percent`: green runs of those that count, None with too few."""

    team: Team
    troubles: tuple[Count, ...]
    glyphs: tuple[Look, ...]
    label: str
    pipelines: int
    percent: int | None
    counted: int
    median: str
    production_at: int | None


@dataclass(frozen=True, slots=True)
class Network:
    counts: tuple[Count, ...]
    pipelines: int
    groups: tuple[BulletinGroup, ...]
    arrivals: tuple[ArrivalView, ...]
    teams: tuple[TeamLine, ...]
    turns_at: int | None

    @property
    def longest_first(self) -> Network:
        """The same, with what has lasted longest first in each group."""
        return replace(self, groups=tuple(group.longest_first for group in self.groups))


def build(entries: Sequence[TeamEntry], now: int, takes: Callable[[Team], bool] = lambda _: True) -> Network:
    """`takes`: whether who looks may take failing pipelines of a team."""
    found = [(entry, row, condition(row, now)) for entry in entries for row in entry.rows]
    turns = [at for _, row, _ in found if (at := turns_at(row, now)) is not None]
    bulletins = [
        bulletin
        for entry, row, state in found
        for bulletin in _bulletins(entry.team, row, state, takes=takes(entry.team))
    ]
    return Network(
        counts=count(state for _, _, state in found),
        pipelines=len(found),
        groups=tuple(_groups(bulletins)),
        arrivals=tuple(_arrivals(entries)),
        teams=tuple(_team(entry, now) for entry in entries),
        turns_at=min(turns, default=None),
    )


def _arrivals(entries: Sequence[TeamEntry]) -> list[ArrivalView]:
    found = [
        ArrivalView(row.arrival, row.label, entry.team)
        for entry in entries
        for row in entry.rows
        if row.arrival is not None
    ]
    found.sort(key=lambda view: (view.arrival.at, view.arrival.execution_id), reverse=True)
    return found[:ARRIVALS]


def _bulletins(team: Team, row: BoardRow, state: Condition, *, takes: bool) -> list[Bulletin]:
    """A pipeline stands in each list it belongs to: a failing one whose older run waits for approval in both."""
    states = [state] if state in ATTENTION else []
    if state is not Condition.WAITING and waiting_of(row) is not None:
        states.append(Condition.WAITING)
    return [_bulletin(team, row, each, takes=takes) for each in states]


def _groups(bulletins: Sequence[Bulletin]) -> list[BulletinGroup]:
    groups = []
    for state, note in NOTES.items():
        some = sorted((b for b in bulletins if b.condition is state), key=lambda b: b.order)
        if some:
            groups.append(BulletinGroup(state, CONDITION_LOOKS[state], note, tuple(some)))
    return groups


def _bulletin(team: Team, row: BoardRow, state: Condition, *, takes: bool) -> Bulletin:
    return Bulletin(
        row=row,
        team=team,
        condition=state,
        look=look_of(row, state),
        hot=state is not Condition.SLOW,
        since=since(row, state),
        timer=state is Condition.SLOW,
        usual=timer(row.usual_seconds) if row.usual_seconds else "",
        place=place_of(row, state),
        stops=tuple(_mini(stop, state) for stop in row.stages[:10]),
        takes=takes,
        execution_id=subject_of(row, state),
        flight=flight_of(row) if state is Condition.FAILING else None,
        order=order_of(row, state),
        order_longest=order_of(row, state, longest=True),
    )


def _mini(stop: StageCell, state: Condition) -> MiniStop:
    moving = stop.status is Status.RUNNING
    look = CONDITION_LOOKS[state] if moving and state in (Condition.NO_SIGNAL, Condition.SLOW) else LOOKS[stop.status]
    return MiniStop(stop.name, look.css, look.glyph, look.label)


def _team(entry: TeamEntry, now: int) -> TeamLine:
    states = [(condition(row, now), row) for row in entry.rows]
    states.sort(key=lambda found: (CONDITION_ORDER[found[0]], found[1].label))
    counts = count(state for state, _ in states)
    rate = _rate(entry.rows)
    medians = sorted(row.usual_seconds for row in entry.rows if row.usual_seconds is not None)
    return TeamLine(
        team=entry.team,
        troubles=tuple(each for each in counts if each.condition in ATTENTION),
        glyphs=tuple(look_of(row, state) for state, row in states[:14]),
        label=", ".join(f"{each.number} {each.look.label}" for each in counts) or "no pipelines yet",
        pipelines=len(states),
        percent=round(100 * rate.green / rate.counted) if rate.counted >= FEWEST_FOR_ESTIMATE else None,
        counted=rate.counted,
        median=timer(medians[(len(medians) - 1) // 2]) if medians else "",
        production_at=max((row.production.at for row in entry.rows if row.production), default=None),
    )


def _rate(rows: Sequence[BoardRow]) -> Rate:
    """Over the last 20 runs of each pipeline."""
    return Rate(
        sum(row.rate.green for row in rows),
        sum(row.rate.counted for row in rows),
        sum(row.rate.rerun for row in rows),
    )
