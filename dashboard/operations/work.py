"""What `manage.py doctor` says of work that is to be done by itself: background jobs, and the inbox."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.urls import reverse

from dashboard.jobs.registry import JOBS
from dashboard.operations.findings import OK, WARNING, Finding
from dashboard.readmodels.freshness import span_of
from dashboard.readmodels.jobs import build
from storage.keys import INBOX_SHARDS
from storage.store import Store

# What cannot be applied at once is tried again within a quarter of an hour at the latest.
WAITS_MS = 900_000
MOST_COUNTED = 100


def jobs(store: Store) -> Iterator[Finding]:
    """By what servers noted of them, as far as one ever ran."""
    page, found = f"{settings.BASE_URL}{reverse('jobs')}", build(JOBS, store.job_runs.list_all(), store.now(), ())
    overdue = [one.name for one in found if one.is_overdue]
    if overdue:
        cure = f"Start the server; if it runs, restart it and look for these names in its log: {page}"
        yield Finding(WARNING, f"overdue: {', '.join(overdue)}", cure)
    failed = [one.run for one in found if one.run and one.run.error and one.run.failed_at >= one.run.ended_at]
    for run in failed:
        cure = f"It is tried again by itself; if it stays, the log has why: {page}"
        yield Finding(WARNING, f"{run.name} failed {span_of(store.now() - run.failed_at)} ago: {run.error}", cure)
    if not overdue and not failed:
        yield Finding(OK, "those that ran went well")


def inbox(store: Store) -> Iterator[Finding]:
    due = [
        entry for shard in range(INBOX_SHARDS) for entry in store.deliveries.list_pending(shard, store.now() - WAITS_MS)
    ]
    if due:
        number = f"{len(due)}" if len(due) < MOST_COUNTED else f"{MOST_COUNTED} or more"
        words = f"{number} of what was accepted is not applied for longer than {WAITS_MS // 60_000} min"
        cure = "Start the server: its job apply-inbox applies them. If it runs, its log says why under “still waits”."
        yield Finding(WARNING, words, cure)
    else:
        yield Finding(OK, "nothing waits in it that should not")
