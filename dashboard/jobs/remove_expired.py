"""What has expired for long enough is removed, where the engine does not do so by itself and the clock is believed."""

from __future__ import annotations

from dashboard.jobs.job import Job, Run
from dashboard.timekeeping import timekeeper
from storage.store import Store


def is_needed(store: Store) -> bool:
    """Each process looks at the clock for itself: its own pages and /readyz say what came of it."""
    return timekeeper.look(store) is not None


def remove_expired(run: Run) -> None:
    before = timekeeper.removes_before(run.store)
    if before is not None:
        run.store.table.engine.purge_expired(before // 1000, run.goes_on)


JOB = Job(
    name="remove-expired",
    title="Look at the clock, and remove what has expired",
    work=remove_expired,
    period_seconds=3600.0,
    lease_seconds=120.0,
    needed=is_needed,
)
