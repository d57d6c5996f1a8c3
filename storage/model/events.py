"""What a source may say. A source turns one webhook body into these; the merge turns these into state.

Times are milliseconds since the epoch, UTC. Empty text, None and an empty tuple mean "not said": they never erase what
another event said.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from storage.model.document import Document
from storage.model.entities import Status


class Origin(enum.StrEnum):
    """What started an execution, as far as it decides whether it speaks for the default branch."""

    BRANCH = "branch"
    TAG = "tag"
    CHANGE_REQUEST = "change_request"
    FORK = "fork"


class PipelineRef(Document, frozen=True):
    """A pipeline in its tool's own words.

    key:     what the tool knows it by, unique within the source (host included); empty where an event names only the
             execution: it is then kept until another event tells.
    host:    the server of the tool, empty for the public one. Executions of two hosts may have one number.
    name:    what people call it: a workflow's name, a pipeline's name. project: what it is a pipeline of, as one word
             ("shop" of acme/shop); empty where the name says it all.
    owner, place, path: what tells pipelines of one name apart, from the most telling: the owner or account, the host or
             region, the file that defines it.
    aliases: keys that earlier versions knew it by.
    tool_state: whether the tool still runs it, as `tool_state_text` writes it.
    schedule: when the tool runs it by itself, as `schedule_text` writes it.
    """

    source: str
    key: str
    name: str
    url: str = ""
    repository: str = ""
    default_branch: str = ""
    host: str = ""
    project: str = ""
    owner: str = ""
    place: str = ""
    path: str = ""
    aliases: tuple[str, ...] = ()
    tool_state: str = ""
    schedule: str = ""


class Event(Document, frozen=True, kw_only=True):
    """What all events share.

    execution: the tool's own id of the execution (GitHub run id, CodePipeline execution id).
    attempt:   the execution's attempt, 1 and up.
    at:        the source's own time of this event; what orders events of one attempt.
    status:    None when the event says nothing about a status.
    finished:  whether the event says its subject has ended; an `unknown` status may be either.
    absorbing: True where a finished state is never reopened within an attempt (GitHub), False where a newer
               event of the same attempt may legally reopen it (CodePipeline RESUMED).
    told_to_wait: whether the tool says that it keeps its subject back (a concurrency group): no news is no loss then.
    tells_run: False where the event knows only the execution's id, so that which pipeline and branch it speaks for is
               for other events to say.
    order:     the tool's own ever-growing number of the execution, where it has one; None where executions
               are ordered by when they began.
    queued_at: from when on it could have begun, had there been a runner or a person to let it; not of what waits for
               something before it to end.
    committed_at: when the commit was made.
    """

    pipeline: PipelineRef
    execution: str
    attempt: int = 1
    at: int
    status: Status | None = None
    raw_status: str = ""
    finished: bool = False
    absorbing: bool = True
    told_to_wait: bool = False
    tells_run: bool = True
    order: int | None = None
    queued_at: int | None = None
    started_at: int | None = None
    finished_at: int | None = None
    url: str = ""
    branch: str = ""
    commit: str = ""
    message: str = ""
    author: str = ""
    committed_at: int | None = None


class ExecutionChanged(Event, frozen=True, kw_only=True, tag=True):
    """The tool's own word on an execution.

    started_at: when it began to work, where the tool tells; None where only its first job does.
    origin:     None where the tool does not tell. change_request: its number; base_branch: where it is to go.
    head:       of a fork, whose it is ("somebody/shop").
    commits:    ids of the commits it brings, oldest first, where told.
    upstream:   the execution or event that started it, in the tool's words.
    rollback:   whether it puts back what an earlier execution (rollback_to: its tool's id) had brought.
    reason:     why it ended red or was stopped, where told; by: who did so.
    checked_at: when the tool was last asked for it, and said this; milliseconds.
    stages:     the names of its stages in their order, where told: what is drawn then are these, in this order.
    scheduled_at: when its schedule began it, by a time of the tool's that never changes; None where no schedule did, or
                the tool does not say so.
    """

    number: str = ""
    actor: str = ""
    trigger: str = ""
    origin: Origin | None = None
    head: str = ""
    change_request: str = ""
    change_request_url: str = ""
    base_branch: str = ""
    commits: tuple[str, ...] = ()
    upstream: str = ""
    rollback: bool = False
    rollback_to: str = ""
    reason: str = ""
    by: str = ""
    checked_at: int | None = None
    stages: tuple[str, ...] = ()
    scheduled_at: int | None = None


class StageChanged(Event, frozen=True, kw_only=True, tag=True):
    """The tool's own word on a stage.

    stage:       its name, unique within the execution.
    own_attempt: its own attempt, where the tool counts it apart from the execution's.
    decisive:    whether an end of it in red ends the execution so, too (it cannot be forgiven).
    stands_for_run: told where the tool tells no stages: it is not shown once others are told.
    """

    stage: str
    kind: str = ""
    own_attempt: int | None = None
    decisive: bool = False
    reason: str = ""
    stands_for_run: bool = False


class ActionChanged(Event, frozen=True, kw_only=True, tag=True):
    """A unit inside a stage.

    stage:   the stage it belongs to. leg: what tells it from others of one name there, the values of a matrix or an
             environment in brackets; legs that turn out to be stages of their own are shown so.
    action:  the tool's id of it, unique within the execution and attempt. name: what people call it.
    own_attempt: its own attempt, where the tool counts it apart from the execution's; where it only makes a new one of
             the same name, the number of that: the greatest of a name holds.
    note:    why it failed, in the tool's words; by: who approved or rejected.
    allowed_to_fail: None where the tool does not tell.
    runner_labels, runner_group: what it needs to run, where told.
    environment: where it deploys, where told. deciders: who may let it begin, where told.
    """

    stage: str
    action: str
    name: str
    leg: str = ""
    own_attempt: int | None = None
    note: str = ""
    by: str = ""
    allowed_to_fail: bool | None = None
    runner_labels: tuple[str, ...] = ()
    runner_group: str = ""
    environment: str = ""
    deciders: tuple[str, ...] = ()


class DeploymentChanged(Event, frozen=True, kw_only=True, tag=True):
    """A version put into an environment. `deployment` is the tool's id of it; `tier`: production, staging, ... where
    the tool tells."""

    deployment: str
    environment: str
    tier: str = ""


AnyEvent = ExecutionChanged | StageChanged | ActionChanged | DeploymentChanged


def by_execution(events: Iterable[AnyEvent]) -> list[list[AnyEvent]]:
    """The events of each execution, executions in the order in which they are first spoken of. Two servers of a tool
    may give two executions one id."""
    found: dict[tuple[str, str], list[AnyEvent]] = {}
    for event in events:
        found.setdefault((event.pipeline.host, event.execution), []).append(event)
    return list(found.values())
