"""Background jobs as administrators see them: when each runs, what its latest run was, and why one failed last."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.model.job_runs import JobRun

# A run is noted a minute late at most, and five periods are too many, but a minute at least.
NOTED_MS, OVERDUE_PERIODS, LEAST_OVERDUE_MS = 60_000, 5, 60_000


class Registered(Protocol):
    """What is registered of a job."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def period_seconds(self) -> float: ...
    @property
    def wake_ups(self) -> Sequence[str]: ...
    @property
    def lease_seconds(self) -> float: ...


@dataclass(frozen=True, slots=True)
class JobEntry:
    """occasions: when it runs, in words. due_at: milliseconds, 0 where nobody knows or it is sooner than a minute."""

    name: str
    title: str
    occasions: tuple[str, ...]
    alone: bool
    run: JobRun | None
    due_at: int
    is_overdue: bool


def build(jobs: Iterable[Registered], runs: Iterable[JobRun], now: int, overdue: Collection[str]) -> list[JobEntry]:
    """overdue: names of those that are so in the process that answers."""
    latest = {run.name: run for run in runs}
    return [_entry(job, latest.get(job.name), now, overdue) for job in jobs]


def _entry(job: Registered, run: JobRun | None, now: int, overdue: Collection[str]) -> JobEntry:
    every = (f"every {_span(job.period_seconds)}",) if job.period_seconds else ()
    due_at = run.due_at if run and run.due_at > now else 0
    return JobEntry(
        job.name,
        job.title,
        (*every, *(f"when {name}" for name in job.wake_ups)),
        job.lease_seconds > 0,
        run,
        due_at,
        job.name in overdue or (run is not None and _is_overdue(job, run, now)),
    )


def _is_overdue(job: Registered, run: JobRun, now: int) -> bool:
    patience = max(OVERDUE_PERIODS * round(job.period_seconds * 1000), LEAST_OVERDUE_MS) + NOTED_MS
    return bool(run.due_at) and now > run.due_at + patience


def _span(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"
