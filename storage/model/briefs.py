"""What lists show of executions."""

from __future__ import annotations

from dataclasses import dataclass

from storage.model.entities import Status


@dataclass(frozen=True, slots=True)
class StageBrief:
    name: str
    status: Status


@dataclass(frozen=True, slots=True)
class ExecutionBrief:
    """An execution as lists show it. `stages` in the order they began, cut where there are very many."""

    id: str
    pipeline_id: str
    pipeline_name: str
    team_id: str
    number: str
    order: int
    attempt: int
    status: Status
    mainline: bool
    branch: str
    commit: str
    message: str
    author: str
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    external_id: str = ""
    url: str = ""
    stages: tuple[StageBrief, ...] = ()
