"""All teams with their pipelines, as pages over all of them read it: once a change, for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from dashboard.auth.policy import scope_sees
from dashboard.readmodels.network import TeamOverview, overviews_of
from storage.model.conditions import FOREVER
from storage.repositories.teams import TeamEntry
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
        overview = Overview(store.teams.list_boards())
        if pulse is not None:
            _last = store, pulse, overview
        return overview
