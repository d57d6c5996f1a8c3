"""What lists show of executions."""

from __future__ import annotations

from storage.model.document import Document
from storage.model.entities import Execution, Status, Voice
from storage.model.spans import seconds_between

# Written by the build before, which told no queue apart from waits for people.
FROM_TIMES = -1


class StageBrief(Document, frozen=True):
    name: str
    status: Status


class ExecutionBrief(Document, frozen=True):
    """An execution as lists show it. `stages` in the order they began, cut where there are very many. `ref`: the
    branch, tag or change request it is for. `first`: how its first attempt ended, where there is another.
    `queue_seconds`: until it began, without waits for people."""

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
    queue_seconds: int | None = FROM_TIMES

    @property
    def queued(self) -> int | None:
        """Seconds in the queue; None where they are not known."""
        told = self.queue_seconds
        return seconds_between(self.queued_at, self.started_at) if told == FROM_TIMES else told


def brief(read: Execution) -> ExecutionBrief:
    """Of an execution at its newest attempt."""
    first = next((attempt.status for attempt in read.attempts if attempt.number == 1), None)
    return ExecutionBrief(
        id=read.id,
        pipeline_id=read.pipeline_id,
        pipeline_name=read.pipeline_name,
        team_id=read.team_id,
        number=read.number,
        order=read.order,
        attempt=read.attempt,
        status=read.status,
        voice=read.voice,
        branch=read.branch[:100],
        commit=read.commit,
        message=read.message[:120],
        author=(read.author or read.actor)[:60],
        queued_at=read.queued_at,
        started_at=read.started_at,
        finished_at=read.finished_at,
        external_id=read.external_id,
        url=read.url,
        stages=tuple(StageBrief(stage.name[:60], stage.status) for stage in read.stages[:40]),
        ref=read.ref[:100],
        ended=read.ended,
        rollback=read.rollback,
        first=first if read.attempt > 1 else None,
        wait_seconds=round(read.wait_ms / 1000),
        queue_seconds=read.queue_seconds,
    )
