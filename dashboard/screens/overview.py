"""All teams with their pipelines, as pages over all of them read it: once a change, for everybody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from threading import Lock

from dashboard.auth.policy import scope_sees
from dashboard.live.reader import Notice
from dashboard.readmodels.network import TeamOverview, overviews_of
from dashboard.readmodels.queues import NOBODY_TOLD
from dashboard.readmodels.stalls import Stalls, stalls_of
from storage import topics
from storage.model.conditions import FOREVER
from storage.model.runners_online import RunnersOnline
from storage.repositories.teams import StoredSummary, TeamEntry, by_label
from storage.store import Store


@dataclass(slots=True)
class Overview:
    """What was read. Its teams are worked out once a moment at which a condition turns, for people of any scope."""

    entries: Sequence[TeamEntry]
    _made: tuple[int, int, tuple[TeamOverview, ...]] = field(default=(0, 0, ()))
    _stalls: tuple[int, Stalls] = field(default=(0, Stalls(until=0)))
    online: RunnersOnline = NOBODY_TOLD

    def teams(self, now: int) -> tuple[TeamOverview, ...]:
        begin, until, teams = self._made
        if not begin <= now < until:
            teams = overviews_of(self.entries, now)
            self._made = now, min((team.until for team in teams), default=FOREVER), teams
        return teams

    def seen_by(self, scope: str, now: int) -> tuple[TeamOverview, ...]:
        return tuple([team for team in self.teams(now) if scope_sees(scope, team.team)])

    def stalls(self, now: int) -> Stalls:
        """Over all teams, whoever looks: what a tool does is the same for everybody."""
        begin, stalls = self._stalls
        if not begin <= now < stalls.until:
            stalls = stalls_of((summary.row for entry in self.entries for summary in entry.summaries), now)
            self._stalls = now, stalls
        return stalls

    def until(self, now: int) -> int | None:
        """When one of its conditions turns by itself (milliseconds)."""
        self.teams(now)
        return self._made[1] if self._made[1] != FOREVER else None


# A batch of DynamoDB holds no more.
MOST_AT_ONCE = 100
# What the topics are called that a notice names: storage.topics.
GATE, TEAM, PIPELINE = (make("").rstrip(":") for make in (topics.gate, topics.team, topics.pipeline))
_lock = Lock()
_last: tuple[Store, int, Overview] | None = None


def read_overview(store: Store) -> Overview:
    """From the table, unless the engine can tell that nobody has written to it since it was read last."""
    global _last
    with _lock:
        # Before the read: what is written while it reads is read again.
        pulse = store.table.engine.pulse()
        if pulse is not None and _last is not None and _last[:2] == (store, pulse):
            return _last[2]
        entries, online = store.teams.list_overview()
        overview = Overview(entries, online=online)
        if pulse is not None:
            _last = store, pulse, overview
        return overview


def reread_overview(store: Store, overview: Overview, notices: Sequence[Notice]) -> Overview:
    """As it is after changes that these notices name: where they name pipelines of teams that are known, only those are
    read, with what is written already."""
    pairs = list(dict.fromkeys(chain.from_iterable(map(_named, notices))))
    teams = {entry.team.id for entry in overview.entries}
    if not all(map(_named, notices)) or len(pairs) > MOST_AT_ONCE or any(team not in teams for team, _ in pairs):
        return read_overview(store)
    found: dict[str, dict[str, StoredSummary | None]] = defaultdict(dict)
    for (team, pipeline), summary in zip(pairs, store.teams.find_summaries(pairs), strict=True):
        found[team][pipeline] = summary
    entries = [_changed(entry, found.get(entry.team.id)) for entry in overview.entries]
    return Overview(entries, online=overview.online)


def _named(notice: Notice) -> list[tuple[str, str]]:
    """The pipelines it may be about, each with its team. None where it is about a team itself, or who sees it."""
    named: dict[str, list[str]] = defaultdict(list)
    for topic in notice:
        kind, _, key = topic.partition(":")
        named[kind].append(key)
    return [] if GATE in named else list(product(named[TEAM], named[PIPELINE]))


def _changed(entry: TeamEntry, found: Mapping[str, StoredSummary | None] | None) -> TeamEntry:
    if not found:
        return entry
    kept = [summary for summary in entry.summaries if summary.row.id not in found]
    new = [summary for summary in found.values() if summary is not None]
    return TeamEntry(entry.team, tuple(sorted([*kept, *new], key=by_label)))
