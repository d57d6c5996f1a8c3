"""All teams with their pipelines, as pages over all of them read it: once a change, for everybody."""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product
from threading import Lock

from dashboard.auth.policy import scope_sees
from dashboard.live.change_feed import ChangeFeed, Notice
from dashboard.readmodels.network import TeamOverview, overviews_of
from storage import topics
from storage.model.conditions import FOREVER
from storage.repositories.teams import StoredSummary, TeamEntry, by_label
from storage.store import Store


@dataclass(slots=True)
class Overview:
    """What was read. Its teams are worked out once a moment at which a condition turns, for people of any scope."""

    entries: Sequence[TeamEntry]
    _made: tuple[int, int, tuple[TeamOverview, ...]] = field(default=(0, 0, ()))

    def teams(self, now: int) -> tuple[TeamOverview, ...]:
        begin, until, teams = self._made
        if not begin <= now < until:
            teams = overviews_of(self.entries, now)
            self._made = now, min((team.until for team in teams), default=FOREVER), teams
        return teams

    def seen_by(self, scope: str, now: int) -> tuple[TeamOverview, ...]:
        return tuple([team for team in self.teams(now) if scope_sees(scope, team.team)])

    def until(self, now: int) -> int | None:
        """When one of its conditions turns by itself (milliseconds)."""
        self.teams(now)
        return self._made[1] if self._made[1] != FOREVER else None


# A batch of DynamoDB holds no more.
MOST_AT_ONCE = 100
# What the topics are called that a notice names: storage.topics.
GATE, TEAM, PIPELINE = (make("").rstrip(":") for make in (topics.gate, topics.team, topics.pipeline))
# Whatever was noticed meanwhile (seconds), and when clocks were set further than notices are looked back for.
WHOLE_EVERY = 60.0
LONGEST_GAP_MS = 120_000


class Reading:
    """What this process read last of one store. Where the engine can tell that nobody has written since, it is not read
    again; where it cannot, the notices of changes say which pipelines are."""

    def __init__(self, store: Store, timer: Callable[[], float] = time.monotonic) -> None:
        self.store = store
        self._timer = timer
        self._lock = Lock()
        self._feed = ChangeFeed(lambda since: store.changes.list_since(since, store.now()))
        self._pulse: int | None = None
        self._whole_at = -math.inf
        self._looked_at = 0
        self._last = Overview(())

    def now(self) -> Overview:
        with self._lock:
            # Before the read: what is written while it reads is read again.
            pulse = self.store.table.engine.pulse()
            if pulse is None:
                self._follow()
            elif pulse != self._pulse:
                self._last, self._pulse = _read(self.store), pulse
            return self._last

    def _follow(self) -> None:
        at, timer = self.store.now(), self._timer()
        whole_at, self._whole_at = self._whole_at, -math.inf
        if timer - whole_at < WHOLE_EVERY and abs(at - self._looked_at) < LONGEST_GAP_MS:
            notices = [frozenset(change.topics) for change in self._feed.look(at, timer)]
            if notices:
                self._last = reread_overview(self.store, self._last, notices)
        else:
            self._last = _read(self.store)
            self._feed.begin(at, timer)
            whole_at = timer
        # What failed on the way here is read whole the next time.
        self._whole_at, self._looked_at = whole_at, at


_reading: Reading | None = None


def read_overview(store: Store) -> Overview:
    global _reading
    found = _reading
    if found is None or found.store is not store:
        found = _reading = Reading(store)
    return found.now()


def _read(store: Store) -> Overview:
    return Overview(store.teams.list_boards())


def reread_overview(store: Store, overview: Overview, notices: Sequence[Notice]) -> Overview:
    """As it is after changes that these notices name: where they name pipelines of teams that are known, only those are
    read, with what is written already."""
    pairs = list(dict.fromkeys(chain.from_iterable(map(_named, notices))))
    teams = {entry.team.id for entry in overview.entries}
    if not all(map(_named, notices)) or len(pairs) > MOST_AT_ONCE or any(team not in teams for team, _ in pairs):
        return _read(store)
    found: dict[str, dict[str, StoredSummary | None]] = defaultdict(dict)
    for (team, pipeline), summary in zip(pairs, store.teams.find_summaries(pairs), strict=True):
        found[team][pipeline] = summary
    return Overview([_changed(entry, found.get(entry.team.id)) for entry in overview.entries])


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
