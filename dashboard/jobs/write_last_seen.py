"""When sessions were last used and events came is written down, so that no page and no event waits for it."""

from __future__ import annotations

from dashboard.auth.last_seen import last_seen
from dashboard.jobs.job import Job, Run
from dashboard.webhooks.activity import heard_events


def write_last_seen(run: Run) -> None:
    last_seen.write(run.store)
    heard_events.write(run.store)


JOB = Job(
    name="write-last-seen",
    title="Note when sessions were last used, and events came",
    work=write_last_seen,
    period_seconds=20.0,
)
