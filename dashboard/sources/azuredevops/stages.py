"""Azure Pipelines' stages and jobs.

A stage is known by its identifier in the YAML: its display name may be another stage's too, and approvals do not tell
it. What is run again keeps that name and counts an attempt of its own up, within the same run.
"""

from __future__ import annotations

from collections.abc import Iterator

from dashboard.sources.azuredevops.runs import Facts, facts_of, run_changed, run_told, time_of, web_page
from dashboard.sources.azuredevops.statuses import STAGE_STATES, Word, word_of
from dashboard.sources.kit.payload import Payload
from storage.model.conventions import kind_of
from storage.model.entities import StageKind, Status
from storage.model.events import ActionChanged, AnyEvent, StageChanged

# What Azure Pipelines calls the stage of a pipeline that has none, and a job without a name.
IMPLICIT = "__default"
IMPLICIT_STAGE, IMPLICIT_JOB = "Jobs", "Job"
# Of those that a run lists, no more are read.
MOST_LISTED = 256


def run_state(document: Payload, resource: Payload) -> tuple[AnyEvent, ...]:
    changed, run = run_changed(document, resource), resource.obj("run")
    facts, stages = facts_of(document, resource, run), resource.items("stages")[:MOST_LISTED]
    told = _stages_that_ended(facts, stages) if changed.finished else _stages_to_come(facts, run, stages)
    return (changed, *told)


def _stages_that_ended(facts: Facts, stages: tuple[Payload, ...]) -> Iterator[StageChanged]:
    """A run that has ended lists its stages: what was lost of one is told here."""
    for stage in stages:
        if stage.name("name") and stage.name("state") == "completed":
            yield stage_changed(facts, stage, word_of(stage))


def _stages_to_come(facts: Facts, run: Payload, stages: tuple[Payload, ...]) -> Iterator[StageChanged]:
    """Stages that had not begun when the run was made. That is the oldest there is to tell of them: none of what their
    own events say is older, however late this one comes."""
    made = time_of(run, "createdDate")
    for stage in stages:
        if made and stage.name("name") and stage.name("state") == "notStarted" and stage.attempt("attempt") == 1:
            yield stage_changed(facts._replace(at=made), stage, word_of(stage, STAGE_STATES))


def stage_state(document: Payload, resource: Payload) -> tuple[AnyEvent, ...]:
    stage, run = resource.need_obj("stage"), resource.need_obj("run")
    facts = facts_of(document, resource, run)
    return (stage_changed(facts, stage, word_of(stage, STAGE_STATES)), run_told(run, facts))


def stage_changed(facts: Facts, stage: Payload, word: Word) -> StageChanged:
    called, shown = stage_name(stage.need("name")), stage.name("displayName")
    return StageChanged(
        pipeline=facts.pipeline,
        tells_run=False,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=False,
        queued_at=facts.at if word.status is Status.WAITING else None,
        started_at=_started(stage, word),
        finished_at=(time_of(stage, "finishTime") or facts.at) if word.finished else None,
        url=web_page(stage),
        stage=called,
        kind=_kind(called, shown),
        own_attempt=stage.number("attempt"),
    )


def stage_name(identifier: str) -> str:
    return IMPLICIT_STAGE if identifier == IMPLICIT else identifier


def _kind(identifier: str, shown: str) -> str:
    """Where the identifier says nothing (`S3`) and what people read does."""
    told = kind_of(shown) if shown and kind_of(identifier) is StageKind.OTHER else StageKind.OTHER
    return "" if told is StageKind.OTHER else told.value


def job_state(document: Payload, resource: Payload) -> tuple[AnyEvent, ...]:
    job, run = resource.need_obj("job"), resource.need_obj("run")
    facts = facts_of(document, resource, run)
    return (job_changed(facts, job, stage_name(resource.need("stage.name"))), run_told(run, facts))


def job_changed(facts: Facts, job: Payload, stage: str) -> ActionChanged:
    word, called = word_of(job), job.need("name")
    return ActionChanged(
        pipeline=facts.pipeline,
        tells_run=False,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=False,
        queued_at=facts.at if job.name("state") == "waiting" else None,
        started_at=_started(job, word),
        finished_at=(time_of(job, "finishTime") or facts.at) if word.finished else None,
        url=web_page(job),
        stage=stage,
        action=job.need("id"),
        name=IMPLICIT_JOB if called == IMPLICIT else called,
        own_attempt=job.number("attempt"),
    )


def _started(subject: Payload, word: Word) -> int | None:
    """What is skipped never starts. A start after the end is a slip."""
    if word.status in (Status.QUEUED, Status.WAITING, Status.SKIPPED):
        return None
    began, ended = time_of(subject, "startTime"), time_of(subject, "finishTime")
    return began if began is None or ended is None or began <= ended else None
