"""What deleted teams left behind is taken away, piece by piece."""

from __future__ import annotations

from dashboard.jobs.job import Job, Run
from dashboard.wakeups import WakeUp
from storage.store import Store

# After each hundred items: others write, too.
REST_SECONDS = 0.2


def is_needed(store: Store) -> bool:
    """Whether any team is deleted and not all gone: one query of a partition that is empty nearly always."""
    return bool(store.removals.list_all())


def remove_deleted_teams(run: Run) -> None:
    for team_id in run.store.removals.list_all():
        while run.goes_on() and not run.store.removals.remove_some(team_id):
            run.rest(REST_SECONDS)


JOB = Job(
    name="remove-deleted-teams",
    title="Remove what deleted teams left behind",
    work=remove_deleted_teams,
    period_seconds=60.0,
    wake_ups=(WakeUp.TEAM_WAS_DELETED,),
    lease_seconds=60.0,
    needed=is_needed,
)
