"""What a tool's API is asked for, whichever tool it is. What comes of it are events, as of its webhooks: one merge
takes both, so that a run told twice is one run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from storage.model.backfill import Project
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.told_schedule import Cron


@dataclass(frozen=True, slots=True)
class FoundProject:
    """Runs are listed by it: a repository, a project, a pipeline.

    id: the tool's own; what people filter by. told: what its reader needs of it later, as it likes, at most 2,000
    characters. active_at: when something last happened in it (milliseconds), where told.
    """

    id: str
    told: str = ""
    active_at: int | None = None


@dataclass(frozen=True, slots=True)
class ProjectsPage:
    """`next`: where the list goes on; empty where it ends."""

    projects: tuple[FoundProject, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class ToldRun:
    """One run as the API tells it.

    execution, attempt: as its events have them. pipeline: its key, as its events have it. asked_at: when it was asked
    for, milliseconds. moves: it has not ended. has_jobs: its events tell its stages, too.
    """

    execution: str
    attempt: int
    pipeline: str
    asked_at: int
    moves: bool
    events: tuple[AnyEvent, ...]
    has_jobs: bool = False


@dataclass(frozen=True, slots=True)
class RunsPage:
    """Newest first. `next`: where older ones are; empty where there are none since the time asked for."""

    runs: tuple[ToldRun, ...]
    next: str = ""


@dataclass(frozen=True, slots=True)
class ToldPipeline:
    """A pipeline as the tool lists it. key: as its events have it. state: as in storage.model.tool_state."""

    key: str
    state: str


@dataclass(frozen=True, slots=True)
class ToldCrons:
    """When a pipeline is run by its tool itself. key: as its events have it. crons: None where that cannot be read."""

    key: str
    crons: tuple[Cron, ...] | None


class HistoryReader(Protocol):
    """Of one connection. Each call is a few requests at most; all raise ApiError."""

    @property
    def calls(self) -> int:
        """How many requests were sent so far."""
        ...

    @property
    def quota(self) -> ApiQuota | None:
        """As of the latest answer, None where none told."""
        ...

    def projects(self, cursor: str) -> ProjectsPage:
        """A page of those that it may read, the most active first where the tool can say so. `cursor`: empty, or the
        `next` of the page before."""
        ...

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """A page of a project's runs that were asked for since then (milliseconds)."""
        ...

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        """The stages and jobs of a run, and what earlier attempts came to, where they are asked for apart from runs."""
        ...

    def run(self, project: Project, execution: str) -> ToldRun | None:
        """A run as it is now. None where the tool knows it no more."""
        ...

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        """All that the tool lists of a project; one that it ran before and does not list is deleted. Empty where it
        lists none."""
        ...

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """When the tool runs these pipelines of a project by itself. Those of which it does not say so are left out."""
        ...

    def ref(self, project: Project) -> PipelineRef:
        """What an event knows that names an execution of this project and no pipeline."""
        ...
