"""Whether nothing comes through a connection although something should, so that its team's boards say it. Written where
that changes, with the team, which every page of it reads anyway."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from dashboard.jobs.job import Job, Run
from dashboard.readmodels.freshness import quiet_of
from dashboard.sources import SOURCES
from dashboard.wakeups import WakeUp, wakeups
from storage import topics
from storage.errors import Conflict
from storage.model.connection_state import MINUTE_MS, ConnectionState
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.model.quiet import QuietConnection
from storage.store import Store

MOST_QUIET, MOST_TOLD, LOOKED_AT = 20, 100, 10
# While a silence lasts its tool is asked each minute; boards are told of that so often.
ASKED_EVERY_MS = 10 * MINUTE_MS


def watch_connections(run: Run) -> None:
    store = run.store
    connections = {one.id: one for one in store.connections.list_of_sources(SOURCES)}
    quiet = [
        one
        for activity in store.connection_states.find_activities(list(connections))
        if quiet_of(connections[activity.connection_id], ConnectionState(activity), 0, store.now())
        and (one := _looked_at(store, connections[activity.connection_id]))
    ]
    # Rows only where something is to be said.
    for entry in store.teams.list_boards() if quiet else store.teams.list_all():
        if not run.goes_on():
            return
        own = {one.source for one in connections.values() if one.team_id == entry.team.id}
        placed = {row.source for row in entry.rows} - own
        _tell(
            store, entry.team, [one for one in quiet if _concerns(connections[one.connection_id], entry.team, placed)]
        )


def _concerns(connection: Connection, team: Team, placed: Container[str]) -> bool:
    """`placed`: tools of pipelines that came to this team by rules or people, and not through its own connections."""
    return connection.team_id == team.id or connection.source in placed


def _tell(store: Store, team: Team, quiet: Sequence[QuietConnection]) -> None:
    known = {one.connection_id: one for one in team.quiet}
    told = tuple(_as_known(known.get(one.connection_id), one) for one in quiet[:MOST_QUIET])
    if told == team.quiet:
        return
    try:
        store.teams.tell_quiet(team, told, list(_shown(store, team, {one.source for one in (*team.quiet, *told)})))
    except Conflict:
        # Somebody changed the team: with the next turn.
        return
    wakeups.send(WakeUp.STORE_CHANGED)


def _looked_at(store: Store, connection: Connection) -> QuietConnection | None:
    """With all that is known of it."""
    newest = store.deliveries.list_of_connection(connection.id, limit=LOOKED_AT)
    refused_at = next((one.received_at for one in newest if one.outcome in ("refused", "rejected")), 0)
    return quiet_of(connection, store.connection_states.find(connection.id), refused_at, store.now())


def _as_known(before: QuietConnection | None, now: QuietConnection) -> QuietConnection:
    """As it was told where only its tool was asked once more."""
    if before is None or not before.asked_at or not 0 <= now.asked_at - before.asked_at < ASKED_EVERY_MS:
        return now
    return before if replace(now, asked_at=before.asked_at) == before else now


def _shown(store: Store, team: Team, sources: set[str]) -> Iterator[str]:
    """Pages of pipelines and of runs in flight that may say it. Of very many the first."""
    rows = [row for row in (stored.row() for stored in store.pipelines.list_board(team.id)) if row.source in sources]
    named: Sequence[str] = [
        *(topics.pipeline(row.id) for row in rows),
        *(topics.execution(one.execution_id) for row in rows for one in row.in_flight),
    ]
    yield from named[:MOST_TOLD]


JOB = Job(
    name="watch-connections",
    title="Say on boards that a connection is silent",
    work=watch_connections,
    period_seconds=60.0,
    lease_seconds=90.0,
)
