"""Facts that changed are put together into what health pages read; after midnight, UTC, for all teams."""

from __future__ import annotations

from dashboard.jobs.job import Job, Run, raise_first
from dashboard.wakeups import WakeUp, wakeups


def fold_facts(run: Run) -> None:
    """What cannot be folded keeps no other waiting, and is tried again."""
    folder, errors = run.store.fact_folder, []
    folder.note_old_teams()
    for day in folder.stale_days():
        if not run.goes_on():
            return
        try:
            folder.fold_day(day)
        except Exception as error:
            errors.append(error)
    for team in folder.list_stale_teams():
        if not run.goes_on():
            return
        try:
            if folder.fold_stale_team(team):
                wakeups.send(WakeUp.STORE_CHANGED)
        except Exception as error:
            errors.append(error)
    raise_first(errors)


JOB = Job(
    name="fold-facts",
    title="Work out what teams delivered",
    work=fold_facts,
    period_seconds=20.0,
    lease_seconds=60.0,
)
