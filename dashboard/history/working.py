"""Beginning, stopping and working at the reading of a connection's past, for job, command and pages alike."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import suppress

from django.conf import settings

from dashboard.history.backfill import Backfiller
from dashboard.history.registry import READERS, reader_of
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.backfill import Backfill, BackfillState
from storage.model.document import replace
from storage.model.entities import Connection
from storage.store import Store

DAY_MS = 86_400_000
LEASE_SECONDS = 60.0
STOP_TRIES = 10
NO_ENTRY = "The connection is not let in to its tool's API"


def begin(store: Store, connection: Connection, by: Actor, *, since: int | None = None, only: str = "") -> Backfill:
    """From its beginning, whatever was read before. `since`: milliseconds; None for as long ago as the settings say.
    Raises Conflict where somebody else did at the same moment."""
    now = store.now()
    told = since if since is not None else now - settings.BACKFILL_DAYS * DAY_MS
    kept = now - settings.RETENTION_DAYS * DAY_MS
    wanted = Backfill(connection.id, connection.team_id, connection.source, now, by.name, max(told, kept), only=only)
    begun = store.backfills.begin(connection, store.backfills.find(connection.id), wanted, by)
    wakeups.send(WakeUp.HISTORY_IS_WANTED)
    return begun


def begin_first(store: Store, connection: Connection, by: Actor) -> None:
    """Once it is let in to its tool's API, without being asked to; nothing where there was a beginning before."""
    readable = connection.source in READERS and connection.api.is_let_in and settings.BACKFILL_DAYS
    if not readable or store.backfills.find(connection.id) is not None:
        return
    with suppress(Conflict):
        begin(store, connection, by)


def stop(store: Store, connection: Connection, by: Actor) -> None:
    """What was read stays. Raises Conflict where it went on at every try."""
    for left in reversed(range(STOP_TRIES)):
        found = store.backfills.find(connection.id)
        if found is None or not found.state.works:
            return
        try:
            store.backfills.stop(connection, found, by)
        except Conflict:
            if not left:
                raise
        else:
            return


def work_on(store: Store, backfill: Backfill, goes_on: Callable[[], bool]) -> bool:
    """Read on for as long as that says. Whether anything was done: not where another process is at it."""
    lease = store.leases.take(f"history {backfill.connection_id}", _holder(), LEASE_SECONDS)
    if lease is None:
        return False
    connection = store.connections.find(backfill.connection_id)
    reader = reader_of(store, connection) if connection else None
    if connection is None or reader is None:
        _end(store, backfill, NO_ENTRY if connection else "The connection is gone")
        store.leases.release(lease)
        return True
    worked = False
    try:
        for _ in Backfiller(store, connection, reader, backfill, settings.API_SHARE).steps():
            worked = True
            if lease.until - store.now() < LEASE_SECONDS * 500:
                renewed = store.leases.renew(lease, LEASE_SECONDS)
                if renewed is None:
                    return True
                lease = renewed
            if not goes_on():
                break
    finally:
        store.leases.release(lease)
    return worked


def _end(store: Store, backfill: Backfill, problem: str) -> None:
    try:
        store.backfills.put(
            backfill, replace(backfill, state=BackfillState.STOPPED, problem=problem, ended_at=store.now())
        )
    except Conflict:
        return


def _holder() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"
