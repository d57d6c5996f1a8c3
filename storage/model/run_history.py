"""What a pipeline remembers of its latest runs, and what follows from them: usual times, streaks, rates. Pure.

Shares are of finished runs of the default branch. Medians and percentiles are nearest-rank, over green runs.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import median_low
from typing import Protocol

from storage.model.conventions import is_production
from storage.model.entities import Deployment, Execution, Stage, StageKind, Status
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides

KEPT = 30
SHOWN = 20
STAGES_BYTES = 250_000
FEWEST_FOR_ESTIMATE = 5
HOUR_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class StageRun:
    """One stage of one run. Stages with one `group` ran side by side."""

    name: str
    group: int
    status: Status
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """One execution as its pipeline remembers it."""

    id: str
    number: str
    order: int
    mainline: bool
    status: Status
    attempt: int
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    commit: str = ""
    production_at: int | None = None
    stages: tuple[StageRun, ...] = ()

    @property
    def seconds(self) -> int | None:
        return span(self.started_at, self.finished_at)


@dataclass(frozen=True, slots=True)
class PipelineRecord:
    """A pipeline's own item: whose it is, what it is, and its latest runs, newest first."""

    id: str
    team_id: str
    source: str
    key: str
    name: str
    url: str = ""
    repository: str = ""
    default_branch: str = ""
    created_at: int = 0
    runs: tuple[Run, ...] = field(default=())
    overrides: PipelineOverrides = NO_OVERRIDES


def span(began: int | None, ended: int | None) -> int | None:
    """Whole seconds between two times in milliseconds; None where one is missing or they are swapped."""
    if began is None or ended is None or ended < began:
        return None
    return round((ended - began) / 1000)


def remember(runs: Sequence[Run], execution: Execution, produced_at: int | None) -> tuple[Run, ...]:
    """The latest runs with this one as it now is. Runs of the default branch stay longest."""
    others = [run for run in runs if run.id != execution.id]
    kept = sorted(
        [*others, _run(execution, produced_at)], key=lambda run: (run.mainline, run.order, run.id), reverse=True
    )
    return tuple(_fitting(kept[:KEPT]))


def _fitting(kept: Sequence[Run]) -> Iterator[Run]:
    """Runs stand in one item with their pipeline: where names are very long, the oldest forget their stages."""
    left = STAGES_BYTES
    for run in kept:
        left -= sum(len(stage.name.encode()) + 50 for stage in run.stages)
        yield run if left >= 0 else replace(run, stages=())


def _run(execution: Execution, produced_at: int | None) -> Run:
    return Run(
        id=execution.id,
        number=execution.number,
        order=execution.order,
        mainline=execution.mainline,
        status=execution.status,
        attempt=execution.attempt,
        queued_at=execution.queued_at,
        started_at=execution.started_at,
        finished_at=execution.finished_at,
        commit=execution.commit[:40],
        production_at=produced_at,
        stages=tuple(
            StageRun(stage.name, group, stage.status, span(stage.started_at, stage.finished_at))
            for stage, group in zip(execution.stages, groups(execution.stages), strict=True)
        )[:60],
    )


def production_at(stages: Sequence[Stage], deployments: Sequence[Deployment]) -> int | None:
    """When this execution last put a version into production: by a deployment, else by a production stage."""
    told = [d.at for d in deployments if d.status is Status.SUCCEEDED and is_production(d.environment)]
    if told:
        return max(told)
    live = [s.finished_at for s in stages if s.kind is StageKind.PRODUCTION and s.status is Status.SUCCEEDED]
    return max((at for at in live if at is not None), default=None)


class Timed(Protocol):
    @property
    def queued_at(self) -> int | None: ...
    @property
    def started_at(self) -> int | None: ...
    @property
    def finished_at(self) -> int | None: ...


def groups(stages: Sequence[Timed]) -> list[int]:
    """For each stage, in the order they began, the number of the group it ran in: side by side are those that began
    before the first of the group ended."""
    numbers: list[int] = []
    group, first_end = -1, -math.inf
    for stage in stages:
        begun = stage.started_at if stage.started_at is not None else stage.queued_at
        ended = stage.finished_at if stage.finished_at is not None else math.inf
        if begun is None or begun >= first_end:
            group, first_end = group + 1, ended
        else:
            first_end = min(first_end, ended)
        numbers.append(group)
    return numbers


def finished_mainline(runs: Iterable[Run]) -> list[Run]:
    """Finished runs of the default branch, newest first; all finished runs where none is of the default branch."""
    ended = [run for run in runs if run.status.finished]
    return [run for run in ended if run.mainline] or ended


def green(runs: Iterable[Run]) -> list[Run]:
    """The latest green runs, newest first, at most as many as estimates look at."""
    return [run for run in finished_mainline(runs) if run.status is Status.SUCCEEDED][:SHOWN]


def usual_seconds(values: Iterable[int | None]) -> int | None:
    """The median, from enough values on."""
    known = [value for value in values if value is not None]
    return median_low(known) if len(known) >= FEWEST_FOR_ESTIMATE else None


def late_seconds(values: Iterable[int | None]) -> int | None:
    """The 95th percentile by nearest rank: slower than 19 of 20. None with too few values."""
    known = sorted(value for value in values if value is not None)
    if len(known) < FEWEST_FOR_ESTIMATE:
        return None
    return known[math.ceil(0.95 * len(known)) - 1]


def silent_seconds(late: int | None) -> int:
    """How long a run may say nothing before it counts as lost: three times the slow time, never under an hour;
    six hours while nothing is known."""
    return 6 * HOUR_SECONDS if late is None else max(3 * late, HOUR_SECONDS)


@dataclass(frozen=True, slots=True)
class Rate:
    """Green runs out of those that say something: cancelled, skipped and superseded ones do not."""

    green: int
    counted: int


def success_rate(runs: Iterable[Run]) -> Rate:
    counted = [r for r in finished_mainline(runs)[:SHOWN] if r.status is Status.SUCCEEDED or r.status.red]
    return Rate(sum(run.status is Status.SUCCEEDED for run in counted), len(counted))


@dataclass(frozen=True, slots=True)
class Streak:
    """The colour the latest runs have in common, and when the oldest of them finished."""

    red: bool
    since: int | None


def streak(runs: Iterable[Run]) -> Streak:
    since, colour = None, None
    for run in finished_mainline(runs):
        if run.status is not Status.SUCCEEDED and not run.status.red:
            continue
        if colour is not None and run.status.red != colour:
            break
        colour, since = run.status.red, run.finished_at or since
    return Streak(bool(colour), since)
