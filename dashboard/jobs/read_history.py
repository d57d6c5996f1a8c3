"""Tools' pasts are read where somebody asked for them, each for a few seconds in turn, and one process at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from dashboard.history.working import work_on
from dashboard.jobs.job import Job, Run, raise_first
from dashboard.wakeups import WakeUp
from storage.store import Store

# So that of several each comes on.
SLICE_SECONDS = 5.0


def is_needed(store: Store) -> bool:
    """One query of a partition with an item for each connection whose past was read."""
    return any(one.state.works and one.resumes_at <= store.now() for one in store.backfills.list_all())


def read_history(run: Run) -> None:
    """One that fails keeps no other waiting."""
    errors: list[Exception] = []
    while run.goes_on():
        now = run.store.now()
        due = [one for one in run.store.backfills.list_all() if one.state.works and one.resumes_at <= now]
        moved = False
        for backfill in due:
            try:
                moved |= work_on(run.store, backfill, _slice(run))
            except Exception as error:
                errors.append(error)
        if errors or not moved:
            break
    raise_first(errors)


def _slice(run: Run) -> Callable[[], bool]:
    until = time.monotonic() + SLICE_SECONDS
    return lambda: run.goes_on() and time.monotonic() < until


JOB = Job(
    name="read-history",
    title="Read what tools remember",
    work=read_history,
    period_seconds=15.0,
    wake_ups=(WakeUp.HISTORY_IS_WANTED,),
    needed=is_needed,
)
