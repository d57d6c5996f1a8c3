"""Deliveries that wait in the inbox are tried again, by whichever process comes first."""

from __future__ import annotations

from dashboard.jobs.job import Job, Run
from dashboard.wakeups import WakeUp
from dashboard.webhooks import inbox
from storage.keys import INBOX_SHARDS


def apply_inbox(run: Run) -> None:
    """For a moment; what is left is due in the next run."""
    inbox.sweep(run.store, range(INBOX_SHARDS))


JOB = Job(
    name="apply-inbox",
    title="Apply deliveries that wait in the inbox",
    work=apply_inbox,
    period_seconds=2.0,
    wake_ups=(WakeUp.INBOX_HAS_WORK,),
)
