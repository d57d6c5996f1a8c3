"""GitHub's workflow_job events: actions, and the stages that jobs' names put them in."""

from __future__ import annotations

import re

from dashboard.sources.github.pipelines import repository_pipeline
from dashboard.sources.github.statuses import Word, word_of
from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status
from storage.model.events import ActionChanged

MAX_LABELS = 10
# GitHub shortens long names, which may leave brackets open.
_BRACKETS = re.compile(r" \(((?:[^()]|\([^()]*\))*)\)?$")


def workflow_job(document: Payload) -> ActionChanged:
    job = document.need_obj("workflow_job")
    word, number = word_of(job), job.identifier("run_id")
    called = job.name("name") or "job"
    stage, leg = stage_and_leg(called)
    return ActionChanged(
        pipeline=repository_pipeline(document),
        tells_run=False,
        execution=str(number),
        order=number,
        attempt=job.attempt("run_attempt"),
        at=_job_time(document, job, word),
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        told_to_wait=word.told_to_wait,
        queued_at=job.moment("created_at", "started_at"),
        started_at=_started_at(job, word),
        finished_at=job.moment("completed_at") if word.finished else None,
        url=job.link("html_url"),
        stage=stage,
        leg=leg,
        action=str(job.identifier("id")),
        name=called,
        note=_failed_step(job) if word.status.red else "",
        branch=job.name("head_branch"),
        commit=job.name("head_sha"),
        runner_labels=job.names("labels", MAX_LABELS),
        runner_group=job.name("runner_group_name"),
        environment=document.name("deployment.environment"),
    )


def _started_at(job: Payload, word: Word) -> int | None:
    """While a job is queued its started_at only repeats created_at. A skipped job never starts, nor does one that ends
    before it gets a runner. A start after the end is a slip."""
    started, ended = job.moment("started_at"), job.moment("completed_at")
    if not word.finished:
        return started if word.status is Status.RUNNING else None
    if word.status is Status.SKIPPED or _had_no_runner(job):
        return None
    return started if started is None or ended is None or started <= ended else None


def _had_no_runner(job: Payload) -> bool:
    none = job.is_null("runner_id") or job.integer("runner_id") == 0
    return none and not job.name("runner_name") and not job.items("steps")


def _job_time(document: Payload, job: Payload, word: Word) -> int:
    """A protected job is told queued, waiting and queued again with the same times: only its deployment's move."""
    if word.finished and (ended := job.moment("completed_at")) is not None:
        return ended
    times = [job.need_moment("created_at", "started_at", "completed_at"), job.moment("started_at")]
    if word.status in (Status.QUEUED, Status.WAITING):
        times.append(document.moment("deployment.updated_at"))
    return max(time for time in times if time is not None)


def stage_and_leg(job: str) -> tuple[str, str]:
    """Jobs of one matrix, `test (3.12)`, and of one called workflow, `deploy / migrate`, belong together. The leg is
    what the brackets hold."""
    depth = 0
    for place, letter in enumerate(job):
        depth += (letter == "(") - (letter == ")")
        if depth <= 0 and job.startswith(" / ", place):
            job = job[:place]
            break
    brackets = _BRACKETS.search(job)
    stage = job[: brackets.start()].strip() if brackets else ""
    return (stage, brackets[1].strip()) if brackets and stage else (job.strip() or "job", "")


def _failed_step(job: Payload) -> str:
    return next((step.name("name") for step in job.items("steps") if step.name("conclusion") == "failure"), "")
