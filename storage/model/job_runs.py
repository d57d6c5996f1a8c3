"""What is known of a background job's runs, and whose turn it is where only one process may do it. Pure."""

from __future__ import annotations

from storage.model.document import Document, replace


class JobRun(Document, frozen=True):
    """The latest run of one job. Times in milliseconds. error: why the run at `failed_at` failed, the latest that did;
    it stays beside later runs that went well. process: where the latest run was."""

    name: str
    ended_at: int
    duration_ms: int
    due_at: int
    process: str
    error: str = ""
    failed_at: int = 0


class Lease(Document, frozen=True):
    """Leave to do a job alone. until: when it ends unless it is renewed, milliseconds; 0 once it was given back.
    done_at: when a holder last said that the job is done, milliseconds; 0 where none has."""

    name: str
    holder: str
    until: int
    version: int
    done_at: int = 0


def joined(before: JobRun | None, after: JobRun) -> JobRun:
    """The later run of two, with the later error of both."""
    if before is None:
        return after
    later = max(before, after, key=lambda run: run.ended_at)
    failed = max(before, after, key=lambda run: run.failed_at)
    return replace(later, error=failed.error, failed_at=failed.failed_at)
