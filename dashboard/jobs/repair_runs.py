"""Runs are kept as their tool has them, where their connection is let in to its API: every ten minutes all are asked
for, a few requests at a time, within the share of the quota."""

from __future__ import annotations

import time
from collections.abc import Container

from django.conf import settings

from dashboard.history.registry import READERS, reader_of
from dashboard.history.repair import Repairer
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.wakeups import WakeUp
from dashboard.webhooks.api_access import used_up_until
from storage.model.backfill import Repair
from storage.model.entities import Connection
from storage.store import Store

# Of one connection in a row, so that each comes on.
SLICE_SECONDS = 5.0


def repair_runs(run: Run) -> None:
    """A connection that cannot be read keeps no other waiting."""
    errors: list[Exception] = []
    due = let_in(run.store, READERS)
    while due and run.goes_on():
        left = []
        for connection in due:
            try:
                if _repair(run, connection):
                    left.append(connection)
            except Exception as error:
                errors.append(error)
        due = left
    raise_first(errors)


def let_in(store: Store, sources: Container[str]) -> list[Connection]:
    """All teams' connections that may read from these tools' APIs, with their tokens."""
    found = [one for one in store.connections.list_of_sources(sources) if not one.paused]
    return [one for one in found if one.api.is_let_in]


def _repair(run: Run, connection: Connection) -> bool:
    """For a while. Whether more is due."""
    reader = reader_of(run.store, connection)
    if reader is None or used_up_until(run.store, connection):
        return False
    stands = run.store.backfills.find_repair(connection.id) or Repair(connection.id)
    until = time.monotonic() + SLICE_SECONDS
    for _ in Repairer(run.store, connection, reader, stands, settings.API_SHARE).steps():
        if not run.goes_on():
            return False
        if time.monotonic() > until:
            return True
    return False


JOB = Job(
    name="repair-runs",
    title="Keep runs as their tools have them",
    work=repair_runs,
    period_seconds=60.0,
    wake_ups=(WakeUp.HISTORY_IS_WANTED,),
    lease_seconds=90.0,
)
