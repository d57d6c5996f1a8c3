"""What a source may say. A source turns one webhook body into these; the merge turns these into state.

Times are milliseconds since the epoch, UTC. Empty text means "not said": it never erases what another event said.
"""

from __future__ import annotations

from dataclasses import dataclass

from storage.model.entities import Status


@dataclass(frozen=True, slots=True)
class PipelineRef:
    """A pipeline in its tool's own words. `key` is what the tool knows it by, unique within the source; it is empty
    where an event names only the execution (the execution must then be known, or is kept without a board row)."""

    source: str
    key: str
    name: str
    url: str = ""
    repository: str = ""
    default_branch: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all events share.

    execution: the tool's own id of the execution (GitHub run id, CodePipeline execution id).
    attempt:   1 and up.
    at:        the source's own time of this event; what orders events of one attempt.
    status:    None when the event says nothing about a status.
    finished:  whether the event says its subject has ended; an `unknown` status may be either.
    absorbing: True where a finished state is never reopened within an attempt (GitHub), False where a newer
               event of the same attempt may legally reopen it (CodePipeline RESUMED).
    order:     the tool's own ever-growing number of the execution, where it has one; None where executions
               are ordered by when they began.
    """

    pipeline: PipelineRef
    execution: str
    attempt: int = 1
    at: int
    status: Status | None = None
    raw_status: str = ""
    finished: bool = False
    absorbing: bool = True
    order: int | None = None
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutionChanged(Event):
    number: str = ""
    branch: str = ""
    commit: str = ""
    message: str = ""
    author: str = ""
    actor: str = ""
    trigger: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageChanged(Event):
    """The tool's own word on a stage. `stage` is its name, unique within the execution."""

    stage: str
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionChanged(Event):
    """A unit inside a stage. `action` is the tool's id of it, unique within the execution and attempt; `name` is what
    people call it. Commit facts may ride along where the tool tells them only here."""

    stage: str
    action: str
    name: str
    note: str = ""
    branch: str = ""
    commit: str = ""
    message: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChanged(Event):
    """A version put into an environment. `deployment` is the tool's id of it."""

    deployment: str
    environment: str
    branch: str = ""
    commit: str = ""


AnyEvent = ExecutionChanged | StageChanged | ActionChanged | DeploymentChanged
