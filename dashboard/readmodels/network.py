"""The network: every team, trouble first. Read from the teams' summaries alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from heapq import nlargest
from itertools import chain

from dashboard.links import pipeline_href
from dashboard.readmodels.appearance import APPEARANCES, ATTENTION, CONDITION_APPEARANCES, Appearance, timer
from dashboard.readmodels.facts import facts_of
from dashboard.readmodels.filters import Filter
from dashboard.readmodels.quiet import NOTHING_QUIET, QuietNotice, quiet_of_teams
from dashboard.readmodels.rows import Flight, appearance_of, flight_of, place_of, since, subject_of, waiting_of
from dashboard.readmodels.selections import Selection, Sort, order_of
from dashboard.readmodels.stalls import Stall
from dashboard.readmodels.teams import Count, count
from dashboard.readmodels.verdicts import said_of_cause
from storage.model.board_row import Arrival, BoardRow
from storage.model.conditions import FOREVER, phase_at
from storage.model.entities import CONDITION_ORDER, Condition, Status, Team
from storage.model.run import StageCell
from storage.model.run_history import FEWEST_FOR_ESTIMATE, Rate
from storage.repositories.teams import StoredSummary, TeamEntry

# Of the list of what needs attention; overviews are kept of so many teams.
PAGE, MOST_TEAMS = 50, 5000
ARRIVALS = 11
NOTES = {
    Condition.FAILING: "the last result of the default branch is red",
    Condition.WAITING: "a person has to let a run go on",
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
class AttentionItem:
    """A pipeline that needs somebody. `stamp`: what it looks like follows from it. `usual` stands where the time is a
    timer."""

    stamp: str
    row: BoardRow
    team: Team
    condition: Condition
    appearance: Appearance
    hot: bool
    since: int | None
    timer: bool
    usual: str
    place: str
    stops: tuple[MiniStop, ...]
    execution_id: str
    flight: Flight | None
    why: str
    newest_first: str

    def order(self, sort: Sort) -> str:
        """What it is sorted by within its condition, as text."""
        return self.newest_first if sort is Sort.NEWEST else order_of(self.row, self.condition, Selection(sort=sort))

    @property
    def id(self) -> str:
        return f"at-{self.condition}-{self.row.id}"

    @property
    def href(self) -> str:
        return pipeline_href(self.team.slug, self.row.id)

    @property
    def nobody(self) -> bool:
        """Whether it waits for somebody to take it."""
        return self.condition is Condition.FAILING and self.row.taken is None


@dataclass(frozen=True, slots=True)
class AttentionGroup:
    """Pipelines in one condition: those of this page, and how many there are."""

    condition: Condition
    appearance: Appearance
    note: str
    items: tuple[AttentionItem, ...]
    total: int


@dataclass(frozen=True, slots=True)
class ArrivalView:
    arrival: Arrival
    pipeline: str
    team: Team


@dataclass(frozen=True, slots=True)
class TeamLine:
    """`stamp`: what it looks like follows from it. `troubles`: what needs attention. `percent`: green runs of those
    that count, None with too few."""

    stamp: str
    team: Team
    troubles: tuple[Count, ...]
    glyphs: tuple[Appearance, ...]
    label: str
    pipelines: int
    percent: int | None
    counted: int
    median: str
    production_at: int | None


@dataclass(frozen=True, slots=True)
class TeamOverview:
    """What pages over all teams show of one. `stamp`: everything here follows from it; from `made_at` to `until`
    (milliseconds) it holds for this `entry`."""

    stamp: str
    entry: TeamEntry
    made_at: int
    until: int
    pipelines: tuple[tuple[StoredSummary, Condition], ...]
    states: tuple[Condition, ...]
    items: tuple[AttentionItem, ...]
    arrivals: tuple[ArrivalView, ...]
    line: TeamLine

    @property
    def team(self) -> Team:
        return self.line.team


@dataclass(frozen=True, slots=True)
class Network:
    """`counts`, `total`: of all pipelines; `pipelines`: those that the filter leaves. `attention`: how many items there
    are, of which `groups` has those of one page. `takes`: ids of teams in which who looks may take what fails.
    `stalls`: tools and pools that start nothing."""

    counts: tuple[Count, ...]
    pipelines: int
    total: int
    attention: int
    groups: tuple[AttentionGroup, ...]
    arrivals: tuple[ArrivalView, ...]
    teams: tuple[TeamLine, ...]
    takes: frozenset[str]
    page: int
    pages: int
    stalls: tuple[Stall, ...] = ()
    quiet: QuietNotice = NOTHING_QUIET


def overviews_of(entries: Sequence[TeamEntry], now: int) -> tuple[TeamOverview, ...]:
    return tuple([_overview(entry, now) for entry in entries])


# Of each team the last: it is the same for all who see the team, until one of its pipelines changes.
_known: dict[str, TeamOverview] = {}


def _overview(entry: TeamEntry, now: int) -> TeamOverview:
    """While no phase ends and nothing is written, the same summaries are read, object for object."""
    known = _known.get(entry.team.id)
    if known is not None and known.made_at <= now < known.until and known.entry == entry:
        return known
    phases = [phase_at(summary.phases, now) for summary in entry.summaries]
    said = [
        f"{summary.row.id}{summary.stamp}{state}" for summary, (_, state) in zip(entry.summaries, phases, strict=True)
    ]
    stamp = f"{entry.team.id} {entry.team.version} {blake2b(''.join(said).encode(), digest_size=8).hexdigest()}"
    until = min((end for end, _ in phases), default=FOREVER)
    if known is not None and known.stamp == stamp:
        made = replace(known, entry=entry, made_at=now, until=until)
    else:
        made = _made(entry, [state for _, state in phases], stamp, now, until)
    if len(_known) > MOST_TEAMS:
        _known.clear()
    _known[entry.team.id] = made
    return made


def _made(entry: TeamEntry, states: Sequence[Condition], stamp: str, now: int, until: int) -> TeamOverview:
    found = list(zip(entry.summaries, states, strict=True))
    arrivals = (
        ArrivalView(summary.row.arrival, summary.row.label, entry.team)
        for summary in entry.summaries
        if summary.row.arrival is not None
    )
    return TeamOverview(
        stamp=stamp,
        entry=entry,
        made_at=now,
        until=until,
        pipelines=tuple(found),
        states=tuple(states),
        items=tuple(item for summary, state in found for item in _items(entry.team, summary, state)),
        arrivals=tuple(nlargest(ARRIVALS, arrivals, key=_newest)),
        line=_line(entry.team, [(state, summary.row) for summary, state in found], stamp),
    )


def narrowed(teams: Sequence[TeamOverview], wanted: Filter) -> tuple[TeamOverview, ...]:
    """Only the pipelines that the filter leaves, and only teams that have some."""
    facts = [facts_of(summary.row, team.team, state) for team in teams for summary, state in team.pipelines]
    kept = {found.key for found in wanted.keep(facts)}
    some = ([pair for pair in team.pipelines if pair[0].row.id in kept] for team in teams)
    return tuple([_part(team, pairs) for team, pairs in zip(teams, some, strict=True) if pairs])


def _part(team: TeamOverview, pairs: Sequence[tuple[StoredSummary, Condition]]) -> TeamOverview:
    if len(pairs) == len(team.pipelines):
        return team
    entry = TeamEntry(team.team, tuple(summary for summary, _ in pairs))
    ids = "".join(summary.row.id for summary, _ in pairs)
    stamp = f"{team.stamp} {blake2b(ids.encode(), digest_size=8).hexdigest()}"
    return _made(entry, [state for _, state in pairs], stamp, team.made_at, team.until)


def build(
    teams: Sequence[TeamOverview],
    may_take: Callable[[Team], bool],
    *,
    of: Sequence[TeamOverview] = (),
    sort: Sort = Sort.NEWEST,
    page: int = 1,
    stalls: tuple[Stall, ...] = (),
) -> Network:
    """`of`: all teams, where `teams` are what a filter leaves of them."""
    states = Counter(chain.from_iterable(team.states for team in of or teams))
    items = [item for team in teams for item in team.items]
    items.sort(key=lambda item: (CONDITION_ORDER[item.condition], item.order(sort)))
    pages = max(1, -(-len(items) // PAGE))
    page = min(page, pages)
    shown = items[(page - 1) * PAGE : page * PAGE]
    arrivals = nlargest(ARRIVALS, chain.from_iterable(team.arrivals for team in teams), key=_newest)
    return Network(
        counts=tuple(Count(state, CONDITION_APPEARANCES[state], states[state]) for state in Condition if states[state]),
        pipelines=sum(len(team.states) for team in teams),
        total=states.total(),
        attention=len(items),
        groups=tuple(_groups(shown, Counter(item.condition for item in items))),
        arrivals=tuple(arrivals),
        teams=tuple(team.line for team in teams),
        takes=frozenset(item.team.id for item in shown if may_take(item.team)),
        page=page,
        pages=pages,
        stalls=stalls,
        quiet=quiet_of_teams(team.team for team in of or teams),
    )


def _newest(view: ArrivalView) -> tuple[int, str]:
    return (view.arrival.at, view.arrival.execution_id)


def _items(team: Team, summary: StoredSummary, state: Condition) -> list[AttentionItem]:
    """A pipeline stands in each list it belongs to: a failing one whose older run waits for approval in both."""
    states = [state] if state in ATTENTION else []
    if state is not Condition.WAITING and waiting_of(summary.row) is not None:
        states.append(Condition.WAITING)
    return [_item(team, summary, each) for each in states]


def _groups(items: Sequence[AttentionItem], totals: Counter[Condition]) -> Iterator[AttentionGroup]:
    for state, note in NOTES.items():
        some = tuple(item for item in items if item.condition is state)
        if some:
            yield AttentionGroup(state, CONDITION_APPEARANCES[state], note, some, totals[state])


def _item(team: Team, summary: StoredSummary, state: Condition) -> AttentionItem:
    row = summary.row
    return AttentionItem(
        stamp=f"{row.id}{summary.stamp}{state} {team.id} {team.version}",
        row=row,
        team=team,
        condition=state,
        appearance=appearance_of(row, state),
        hot=state is not Condition.SLOW,
        since=since(row, state),
        timer=state is Condition.SLOW,
        usual=timer(row.usual_seconds) if row.usual_seconds else "",
        place=place_of(row, state),
        stops=tuple(_mini(stop, state) for stop in row.stages[:10]),
        execution_id=subject_of(row, state),
        flight=flight_of(row) if state is Condition.FAILING else None,
        why=said_of_cause(row.cause) if state is Condition.FAILING and row.cause else "",
        newest_first=order_of(row, state, Selection()),
    )


def _mini(stop: StageCell, state: Condition) -> MiniStop:
    moving = stop.status is Status.RUNNING
    appearance = (
        CONDITION_APPEARANCES[state]
        if moving and state in (Condition.NO_SIGNAL, Condition.SLOW)
        else APPEARANCES[stop.status]
    )
    return MiniStop(stop.name, appearance.css, appearance.glyph, appearance.label)


def _line(team: Team, states: list[tuple[Condition, BoardRow]], stamp: str) -> TeamLine:
    states.sort(key=lambda found: (CONDITION_ORDER[found[0]], found[1].label))
    rows = [row for _, row in states]
    counts = count(state for state, _ in states)
    rate = _rate(rows)
    medians = sorted(row.usual_seconds for row in rows if row.usual_seconds is not None)
    return TeamLine(
        stamp=stamp,
        team=team,
        troubles=tuple(each for each in counts if each.condition in ATTENTION),
        glyphs=tuple(appearance_of(row, state) for state, row in states[:14]),
        label=", ".join(f"{each.number} {each.appearance.label}" for each in counts) or "no pipelines yet",
        pipelines=len(states),
        percent=round(100 * rate.green / rate.counted) if rate.counted >= FEWEST_FOR_ESTIMATE else None,
        counted=rate.counted,
        median=timer(medians[(len(medians) - 1) // 2]) if medians else "",
        production_at=max((row.production.at for row in rows if row.production), default=None),
    )


def _rate(rows: Sequence[BoardRow]) -> Rate:
    """Over the last 20 runs of each pipeline."""
    return Rate(
        sum(row.rate.green for row in rows),
        sum(row.rate.counted for row in rows),
        sum(row.rate.rerun for row in rows),
    )
