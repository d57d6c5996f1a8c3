"""The network: every team, trouble first. Read from the teams' summaries alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.looks import ATTENTION, CONDITION_LOOKS, LOOKS, Look, timer
from dashboard.readmodels.rows import look_of, place_of, since
from dashboard.readmodels.teams import Count, count
from storage.model.board_row import BoardRow, StageCell, condition, turns_at
from storage.model.entities import CONDITION_ORDER, Condition, Status, Team
from storage.model.team_summary import Arrival
from storage.repositories.teams import TeamEntry

ARRIVALS = 11
NOTES = {
    Condition.FAILING: "failed or timed out on the default branch",
    Condition.WAITING: "waiting for approval",
    Condition.SLOW: "slower than 19 of the last 20 runs",
    Condition.NO_SIGNAL: "a run began and never ended",
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


@dataclass(frozen=True, slots=True)
class ArrivalView:
    arrival: Arrival
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


def build(entries: Sequence[TeamEntry], now: int, takes: Callable[[Team], bool] = lambda _: True) -> Network:
    """`takes`: whether who looks may take what is stopped of a team."""
    found = [(entry, row, condition(row, now)) for entry in entries for row in entry.summary.pipelines]
    turns = [at for _, row, _ in found if (at := turns_at(row, now)) is not None]
    bulletins = [
        _bulletin(entry.team, row, state, takes=takes(entry.team)) for entry, row, state in found if state in ATTENTION
    ]
    arrivals = [ArrivalView(arrival, entry.team) for entry in entries for arrival in entry.summary.arrivals]
    arrivals.sort(key=lambda view: view.arrival.at, reverse=True)
    return Network(
        counts=count(state for _, _, state in found),
        pipelines=len(found),
        groups=tuple(_groups(bulletins)),
        arrivals=tuple(arrivals[:ARRIVALS]),
        teams=tuple(_team(entry, now) for entry in entries),
        turns_at=min(turns, default=None),
    )


def _groups(bulletins: Sequence[Bulletin]) -> list[BulletinGroup]:
    groups = []
    for state, note in NOTES.items():
        some = sorted((b for b in bulletins if b.condition is state), key=lambda b: (b.since or 0, b.row.id))
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
        stops=tuple(_mini(stop, state) for stop in row.stops[:10]),
        takes=takes,
    )


def _mini(stop: StageCell, state: Condition) -> MiniStop:
    moving = stop.status is Status.RUNNING
    look = CONDITION_LOOKS[state] if moving and state in (Condition.NO_SIGNAL, Condition.SLOW) else LOOKS[stop.status]
    return MiniStop(stop.name, look.css, look.glyph, look.label)


def _team(entry: TeamEntry, now: int) -> TeamLine:
    states = [(condition(row, now), row) for row in entry.summary.pipelines]
    states.sort(key=lambda found: (CONDITION_ORDER[found[0]], found[1].name))
    counts = count(state for state, _ in states)
    rate = entry.summary.rate
    return TeamLine(
        team=entry.team,
        troubles=tuple(each for each in counts if each.condition in ATTENTION),
        glyphs=tuple(look_of(row, state) for state, row in states[:14]),
        label=", ".join(f"{each.number} {each.look.label}" for each in counts) or "no pipelines yet",
        pipelines=len(states),
        percent=round(100 * rate.green / rate.counted) if rate.counted >= 5 else None,
        counted=rate.counted,
        median=timer(entry.summary.median_seconds) if entry.summary.median_seconds is not None else "",
        production_at=max((arrival.at for arrival in entry.summary.arrivals), default=None),
    )
