"""Whether nothing comes through a connection although something should, so that its team's boards say it. Written where
that changes, with the team, which every page of it reads anyway."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.jobs.job import Job, Run
from dashboard.readmodels.freshness import quiet_of
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks.connecting import connections_of
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
    for entry in run.store.teams.list_all():
        if not run.goes_on():
            return
        _watch(run.store, entry.team)


def _watch(store: Store, team: Team) -> None:
    found = {one.id: one for one in connections_of(store, team.id)}
    activities = store.connection_states.find_activities(list(found))
    quiet = [
        one
        for activity in activities
        if quiet_of(found[activity.connection_id], ConnectionState(activity), 0, store.now())
        and (one := _looked_at(store, found[activity.connection_id]))
    ]
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
