"""What waits for a person now: of one execution, and of all open ones of a pipeline. Pure.

A pipeline's board speaks for its default branch; who is to let something go on is asked for all of them, change
requests, tags and other branches included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from storage.model.document import Document
from storage.model.entities import Execution, Stage, Status

# Of one execution, and of one pipeline.
MOST_WAITS, MOST_RUNS = 4, 12
LONGEST_NAME, LONGEST_PEOPLE, LONGEST_MESSAGE = 60, 120, 72


class PersonWait(Document, frozen=True):
    """A job, a stage or a whole execution that waits for a person. stage, job: empty where all of it waits, where the
    stage has no job of another name. deciders: who may let it go on, where told. url: of the job or stage."""

    since: int
    stage: str = ""
    job: str = ""
    environment: str = ""
    deciders: str = ""
    url: str = ""


class WaitingRun(Document, frozen=True):
    """An execution that waits for a person, and for whom it speaks as people say it (`ref`). waits: the oldest of them,
    oldest first; more: how many others. heard_at: up to when it is known how it stands, up to a whole minute.
    checked_at: when its tool was last asked for it."""

    execution_id: str
    number: str
    ref: str
    message: str
    author: str
    url: str
    heard_at: int
    waits: tuple[PersonWait, ...]
    more: int = 0
    checked_at: int | None = None

    @property
    def since(self) -> int:
        return self.waits[0].since


class OpenExecution(Protocol):
    """One that has not ended, as far as what it waits for goes."""

    @property
    def execution_id(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def order(self) -> int: ...
    @property
    def ref(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def author(self) -> str: ...
    @property
    def url(self) -> str: ...
    @property
    def heard_at(self) -> int: ...
    @property
    def checked_at(self) -> int | None: ...
    @property
    def waits(self) -> tuple[PersonWait, ...]: ...


def waits_of(execution: Execution) -> tuple[PersonWait, ...]:
    """Of one that has not ended: all that waits in it, oldest first."""
    if execution.ended:
        return ()
    found = [wait for stage in execution.stages for wait in _of_stage(stage, execution)]
    if not found and execution.status is Status.WAITING:
        asked = execution.waiting_at or execution.started_at or execution.queued_at or execution.last_event_at
        found = [PersonWait(asked)]
    return tuple(sorted(found, key=lambda wait: (wait.since, wait.stage, wait.job, wait.url)))


def _of_stage(stage: Stage, execution: Execution) -> Iterator[PersonWait]:
    if stage.pending or stage.carried or stage.attempt != execution.attempt:
        return
    jobs = [action for action in stage.actions if action.status is Status.WAITING and not action.carried]
    name = stage.name[:LONGEST_NAME]
    for action in jobs:
        own = action.name if action.name != stage.name and action.weight == 1 else ""
        yield PersonWait(
            since=action.waiting_at or action.started_at or action.queued_at or execution.last_event_at,
            stage=name,
            job=own[:LONGEST_NAME],
            environment=action.environment[:LONGEST_NAME],
            deciders=action.deciders[:LONGEST_PEOPLE],
            url=action.url or stage.url,
        )
    if not jobs and stage.status is Status.WAITING:
        yield PersonWait(stage.started_at or stage.queued_at or execution.last_event_at, name, url=stage.url)


def waiting_runs(
    spoken: Iterable[OpenExecution], others: Iterable[OpenExecution]
) -> tuple[tuple[WaitingRun, ...], int]:
    """Those of a pipeline, oldest first, and how many are left out. Of very many those that speak for it are kept
    before `others`, and the newest of these."""
    kept = [one for one in spoken if one.waits]
    kept += sorted((one for one in others if one.waits), key=lambda one: (one.order, one.execution_id), reverse=True)
    found = sorted((_run(one) for one in kept[:MOST_RUNS]), key=lambda run: (run.since, run.execution_id))
    return tuple(found), max(0, len(kept) - MOST_RUNS)


def _run(one: OpenExecution) -> WaitingRun:
    return WaitingRun(
        execution_id=one.execution_id,
        number=one.number,
        ref=one.ref,
        message=_cut(one.message),
        author=one.author,
        url=one.url,
        heard_at=one.heard_at,
        waits=one.waits[:MOST_WAITS],
        more=max(0, len(one.waits) - MOST_WAITS),
        checked_at=one.checked_at,
    )


def _cut(message: str) -> str:
    return message if len(message) <= LONGEST_MESSAGE else f"{message[: LONGEST_MESSAGE - 1].rstrip()}…"
