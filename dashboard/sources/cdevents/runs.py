"""CDEvents of pipelineRuns, which are executions, and of taskRuns, which are actions in a stage of their task's name.

https://github.com/cdevents/spec/blob/v0.5.1/core.md
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.cdevents.told import SOURCE_NAME, Run, Told
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, PipelineRef

PREDICATES = {"queued": Status.QUEUED, "started": Status.RUNNING}
# Free text before spec 0.5: "Succeeded", "failed", "canceled" are sent, too.
OUTCOMES = {
    "succe": Status.SUCCEEDED,
    "fail": Status.FAILED,
    "cancel": Status.CANCELLED,
    "error": Status.ERRORED,
}
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Word(NamedTuple):
    status: Status
    raw: str
    finished: bool


def word_of(told: Told) -> Word:
    """An end may lack its outcome: it then ended, and how is not known."""
    if told.predicate in PREDICATES:
        return Word(PREDICATES[told.predicate], told.predicate, False)
    if told.predicate != "finished":
        raise NothingForUs(f"{told.subject} {told.predicate} carries nothing for us")
    raw = told.content.name("outcome")
    return Word(_outcome(raw.lower()), raw or told.predicate, True)


def _outcome(raw: str) -> Status:
    return next((status for begin, status in OUTCOMES.items() if raw.startswith(begin)), Status.UNKNOWN)


def pipeline_run(told: Told) -> tuple[AnyEvent, ...]:
    return (_execution(told, told.content.name("pipelineName")),)


def task_run(told: Told) -> tuple[AnyEvent, ...]:
    """One without a pipelineRun is an execution of its own, of a pipeline with its task's name."""
    task, run = told.content.name("taskName", "task"), told.run()
    if run is not None:
        return (_action(told, run, run.nameless, task),)
    alone = _execution(told, task)
    return alone, _action(told, Run(told.source, told.id), alone.pipeline, task)


def _execution(told: Told, called: str) -> ExecutionChanged:
    word, more = word_of(told), told.more
    return ExecutionChanged(
        pipeline=_pipeline(told, called),
        execution=told.id,
        attempt=more.attempt("attempt"),
        at=told.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=told.at if word.status is Status.QUEUED else None,
        started_at=told.at if word.status is Status.RUNNING else None,
        finished_at=told.at if word.finished else None,
        url=told.content.link("uri", "url"),
        number=_number(told),
        branch=more.name("branch"),
        commit=more.name("commit"),
        message=more.line("message"),
        author=more.person("author"),
        reason=told.content.line("errors") if word.status is not Status.SUCCEEDED else "",
    )


def _pipeline(told: Told, called: str) -> PipelineRef:
    """A source is a URI reference, in which no blank stands. Without a name the event knows the execution alone."""
    return PipelineRef(
        source=SOURCE_NAME,
        key=f"{told.source.replace(' ', '%20')} {called}" if called else "",
        name=called,
        repository=told.more.name("repository"),
        default_branch=told.more.name("defaultBranch"),
        host=told.source,
        place=told.source,
    )


def _number(told: Told) -> str:
    number = told.more.integer("number")
    called = told.more.name("number") or ("" if number is None else str(number))
    return called or (told.label[:8] if _UUID.fullmatch(told.label) else told.label[:40])


def _action(told: Told, run: Run, pipeline: PipelineRef, task: str) -> ActionChanged:
    word, content = word_of(told), told.content
    return ActionChanged(
        pipeline=pipeline,
        tells_run=bool(pipeline.key),
        execution=run.execution,
        attempt=told.more.attempt("attempt"),
        at=told.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=told.at if word.status is Status.QUEUED else None,
        started_at=told.at if word.status is Status.RUNNING else None,
        finished_at=told.at if word.finished else None,
        url=content.link("uri", "url"),
        stage=task,
        action=told.id if told.source == run.host else f"{told.source} {told.id}",
        name=task,
        note=content.line("errors") if word.status is not Status.SUCCEEDED else "",
        environment=told.more.name("environment"),
    )


def approval(told: Told) -> tuple[AnyEvent, ...]:
    """Who lets a run go on, and whether. Of an approval that names no run there is nothing to wait."""
    run = told.run()
    if run is None:
        raise NothingForUs("the approval does not say which pipelineRun it holds")
    status, raw = _answer(told)
    changed = ActionChanged(
        pipeline=run.nameless,
        tells_run=False,
        execution=run.execution,
        attempt=told.more.attempt("attempt"),
        at=told.at,
        status=status,
        raw_status=raw,
        finished=told.predicate == "closed",
        queued_at=told.at if told.predicate == "created" else None,
        finished_at=told.at if told.predicate == "closed" else None,
        url=told.content.link("approvalDetailsUrl"),
        # A stage of its own, where none is told.
        stage=told.more.name("stage", "taskName"),
        action=f"approval {told.id}",
        name="approval",
        note=told.content.line("decision"),
        by=_person(told.content) if told.predicate == "closed" else "",
    )
    return (changed,)


# https://github.com/cdevents/spec/pull/298
ANSWERS = {
    "approved": Status.SUCCEEDED,
    "rejected": Status.FAILED,
    "cancelled": Status.CANCELLED,
    "expired": Status.TIMED_OUT,
}


def _answer(told: Told) -> tuple[Status, str]:
    """What is recorded before it is closed decides nothing."""
    if told.predicate in ("created", "updated"):
        return Status.WAITING, told.predicate
    if told.predicate != "closed":
        raise NothingForUs(f"approval {told.predicate} carries nothing for us")
    raw = told.content.name("status")
    return ANSWERS.get(raw.lower(), Status.UNKNOWN), raw or told.predicate


def _person(content: Payload) -> str:
    """Of a URN or an address the last part; of a mail address what stands before the @."""
    return Payload({"name": re.split(r"[/:]", content.raw("responder").rstrip("/:"))[-1]}).person("name")
