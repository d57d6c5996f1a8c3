"""When sessions were last used is written down, so that no page waits for it."""

from __future__ import annotations

from dashboard.auth.last_seen import last_seen
from dashboard.jobs.job import Job, Run


def write_last_seen(run: Run) -> None:
    last_seen.write(run.store)


JOB = Job(
    name="write-last-seen",
    title="Note when sessions were last used",
    work=write_last_seen,
    period_seconds=20.0,
)
