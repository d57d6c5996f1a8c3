"""CircleCI's jobs: actions, each in a stage of its name. Nothing tells which are of one matrix, or when they queued."""

from __future__ import annotations

from dashboard.sources.circleci.statuses import Word, job_word
from dashboard.sources.circleci.workflows import Body, order_of, pipeline_of
from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status
from storage.model.events import ActionChanged


def job_changed(body: Body, job: Payload) -> ActionChanged:
    word, called = job_word(job), job.name("name") or "job"
    at = body.believed(job, "stopped_at") or body.happened_at
    return ActionChanged(
        pipeline=pipeline_of(body),
        execution=body.workflow.need("id"),
        order=order_of(body),
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        told_to_wait=word.raw == "blocked",
        started_at=_started_at(body, job, word, at),
        finished_at=at if word.finished else None,
        url=_page(body, job),
        stage=called,
        action=job.need("id"),
        name=called,
    )


def _started_at(body: Body, job: Payload, word: Word, ended: int) -> int | None:
    """A start after the end is a slip; a job that was never run may have none."""
    if word.status in (Status.QUEUED, Status.WAITING, Status.SKIPPED):
        return None
    started = body.believed(job, "started_at")
    return started if started is not None and (started <= ended or not word.finished) else None


def _page(body: Body, job: Payload) -> str:
    """No body holds it."""
    workflow, number = body.workflow.link("url"), job.number("number")
    return f"{workflow}/jobs/{number}" if workflow and number else workflow
