"""What lists show of executions."""

from __future__ import annotations

from storage.model.document import Document
from storage.model.entities import Status, Voice


class StageBrief(Document, frozen=True):
    name: str
    status: Status


class ExecutionBrief(Document, frozen=True):
    """An execution as lists show it. `stages` in the order they began, cut where there are very many. `ref`: the
    branch, tag or change request it is for. `first`: how its first attempt ended, where there is another."""

    id: str
    pipeline_id: str
    pipeline_name: str
    team_id: str
    number: str
    order: int
    attempt: int
    status: Status
    voice: Voice
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
    ref: str = ""
    ended: bool = True
    rollback: bool = False
    first: Status | None = None
    wait_seconds: int = 0
