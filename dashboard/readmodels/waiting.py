"""Everything that waits for a person, over all tools and teams, oldest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from dashboard.readmodels.network import TeamOverview
from dashboard.readmodels.stalls import tool_of
from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow
from storage.model.conditions import FOREVER
from storage.model.entities import Team
from storage.model.person_waits import PersonWait, WaitingRun
from storage.repositories.teams import StoredSummary

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class WaitingItem:
    """One thing that waits, and whose it is. stamp: with the id, what it looks like follows from it. place: among the
    run's waits. more: how many of those are not told one by one, on the last."""

    stamp: str
    team: Team
    row: BoardRow
    run: WaitingRun
    wait: PersonWait
    place: int
    more: int

    @property
    def id(self) -> str:
        wait = self.wait
        told = f"{wait.stage}\n{wait.job}\n{wait.environment}\n{wait.url}"
        digest = blake2b(told.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        return f"wait-{self.run.execution_id}-{digest}"

    @property
    def order(self) -> str:
        return f"{max(0, self.wait.since):015d}-{self.run.execution_id}-{self.place}"

    @property
    def tool(self) -> str:
        return tool_of(self.row.source)

    @property
    def url(self) -> str:
        """Where a person acts: at the job, else the run. Empty where the tool told of neither."""
        return self.wait.url or self.run.url

    @property
    def may_be_over(self) -> bool:
        """Whether the tool is known to let go on without a word, so that it is worth saying when it last told."""
        return self.row.source in SOURCES and SOURCES[self.row.source].lifts_waits


@dataclass(frozen=True, slots=True)
class TeamCount:
    team: Team
    number: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """asked: of the team that is looked at, or of all; total: of all; teams: those in which something waits, by name.
    chosen: the address name of the team that is looked at. left_out: runs that are counted only."""

    asked: tuple[WaitingItem, ...]
    teams: tuple[TeamCount, ...]
    total: int
    chosen: str
    left_out: int


def build(teams: Sequence[TeamOverview], now: int, chosen: str = "") -> Waiting:
    found = asked_of(teams, now)
    counts = Counter(one.team.id for one in found)
    some = [team for team in teams if chosen in ("", team.team.slug)]
    ids = {team.team.id for team in some}
    return Waiting(
        asked=tuple(one for one in found if one.team.id in ids),
        teams=tuple(TeamCount(team.team, counts[team.team.id]) for team in teams if counts[team.team.id]),
        total=len(found),
        chosen=chosen,
        left_out=sum(summary.row.waiting_left_out for team in some for summary, _ in team.pipelines),
    )


def asked_of(teams: Iterable[TeamOverview], now: int) -> list[WaitingItem]:
    found = [one for team in teams for summary, _ in team.pipelines for one in _of(team.team, summary, now)]
    return sorted(found, key=lambda one: one.order)


def waiting_until(teams: Iterable[TeamOverview], now: int) -> int:
    """When the next of them is over at its tool though nothing is told (milliseconds)."""
    rows = (summary.row for team in teams for summary, _ in team.pipelines if summary.row.waiting)
    told = ((_longest(row.source), wait.since) for row in rows for one in row.waiting for wait in one.waits)
    ends = (since + longest for longest, since in told if longest)
    return min((end for end in ends if end > now), default=FOREVER)


def _of(team: Team, summary: StoredSummary, now: int) -> Iterator[WaitingItem]:
    row = summary.row
    longest = _longest(row.source) or FOREVER
    for run in row.waiting:
        waits = [wait for wait in run.waits if now < wait.since + longest]
        for place, wait in enumerate(waits):
            more = run.more if wait is waits[-1] else 0
            yield WaitingItem(f"{summary.stamp} {team.id} {team.version} {more}", team, row, run, wait, place, more)


def _longest(source: str) -> int:
    """How long one waits at its tool at most, milliseconds; 0 where it does so for ever."""
    return SOURCES[source].longest_wait_days * DAY_MS if source in SOURCES else 0
