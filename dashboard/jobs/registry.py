"""Every job, and the process's own runner of them."""

from __future__ import annotations

from dashboard.jobs import (
    apply_conventions,
    apply_inbox,
    ask_waits,
    count_runners,
    fold_facts,
    fold_stale_pipelines,
    read_failures,
    read_history,
    read_missed_deliveries,
    read_opened_runs,
    read_ranges,
    remove_deleted_teams,
    remove_expired,
    repair_runs,
    send_weekly_reports,
    watch_connections,
    write_last_seen,
)
from dashboard.jobs.job import Job
from dashboard.jobs.runner import Runner

JOBS: tuple[Job, ...] = (
    apply_conventions.JOB,
    apply_inbox.JOB,
    ask_waits.JOB,
    count_runners.JOB,
    fold_facts.JOB,
    fold_stale_pipelines.JOB,
    read_failures.JOB,
    read_history.JOB,
    read_missed_deliveries.JOB,
    read_opened_runs.JOB,
    read_ranges.JOB,
    remove_deleted_teams.JOB,
    remove_expired.JOB,
    repair_runs.JOB,
    send_weekly_reports.JOB,
    watch_connections.JOB,
    write_last_seen.JOB,
)

runner = Runner(JOBS)
