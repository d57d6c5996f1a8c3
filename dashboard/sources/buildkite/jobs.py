"""Buildkite's jobs: actions. A job that is retried is a new one; wait steps are none."""

from __future__ import annotations

from dashboard.sources.buildkite.bodies import Body, identity
from dashboard.sources.buildkite.pipelines import job_page, pipeline_of
from dashboard.sources.buildkite.states import KEPT_BACK, Word, is_block, job_word
from dashboard.sources.buildkite.steps import place_of
from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status
from storage.model.events import ActionChanged

MAX_RULES = 10
# Command, trigger, block and input steps.
WORK = frozenset({"script", "trigger", "manual"})


def job_changed(body: Body) -> ActionChanged | None:
    """None for what does no work."""
    job = body.job
    if job.need("type") not in WORK:
        return None
    word, at, place = job_word(job), body.job_at, place_of(job)
    return ActionChanged(
        pipeline=pipeline_of(body),
        execution=identity(body.build),
        order=body.build.number("number"),
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        told_to_wait=word.status is Status.QUEUED and word.raw in KEPT_BACK,
        # When an agent could have taken it. Before that it waits for other steps.
        queued_at=job.moment("runnable_at"),
        started_at=_started_at(job, word),
        finished_at=(job.moment("finished_at", "unblocked_at") or at) if word.finished else None,
        url=job.link("triggered_build.web_url") or job_page(body),
        stage=place.stage,
        leg=place.leg,
        action=identity(job),
        name=place.name,
        own_attempt=_own_attempt(job),
        note=_note(job) if word.status in (Status.FAILED, Status.ERRORED) else "",
        by=job.person("unblocked_by.name"),
        allowed_to_fail=_allowed_to_fail(job, word),
        runner_labels=job.names("agent_query_rules", MAX_RULES),
    )


def _started_at(job: Payload, word: Word) -> int | None:
    """A start after the end is a slip."""
    if word.status in (Status.QUEUED, Status.SKIPPED, Status.WAITING) or is_block(job):
        return None
    started, ended = job.moment("started_at"), job.moment("finished_at")
    return started if started is None or not word.finished or ended is None or started <= ended else None


def _own_attempt(job: Payload) -> int | None:
    """EventBridge tells none."""
    count, again = job.integer("retries_count"), job.obj("retry_source")
    if count is None or count < 0:
        return 2 if again else None
    return count + 1


def _allowed_to_fail(job: Payload, word: Word) -> bool | None:
    """Told once it has failed."""
    if job.is_true("soft_failed"):
        return True
    return False if word.status is Status.FAILED else None


def _note(job: Payload) -> str:
    status = job.integer("exit_status")
    said = (job.name("signal_reason"), f"exit status {status}" if status else "")
    return ", ".join(part for part in said if part)
