"""Bodies of Jenkins' Notification plugin: one a phase of a run.

https://github.com/jenkinsci/notification-plugin
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.jenkins.checkouts import Checkout, checkout_of
from dashboard.sources.jenkins.jobs import Job, job_at, pipeline_of
from dashboard.sources.jenkins.statuses import Word, word_of
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs, Parsed, Rejected
from storage.model.entities import Status
from storage.model.events import AnyEvent, ExecutionChanged, Origin, PipelineRef, StageChanged


class Facts(NamedTuple):
    """execution: of the run. at: when the plugin says it was."""

    job: Job
    pipeline: PipelineRef
    execution: str
    number: int
    at: int
    word: Word
    checkout: Checkout


def notification(document: Payload) -> Parsed:
    build = document.need_obj("build")
    if not build.name("phase") and build.number("queueId"):
        raise NothingForUs("the custom data of a CDEvent without the event: neither what happened nor when")
    phase = build.need("phase")
    event = f"notification.{phase}"
    try:
        facts = _facts(document, build, phase)
        return Parsed(_events(build, phase, facts), event, f"{facts.execution}.{phase}.{facts.at}")
    except NothingForUs as nothing:
        return Parsed((), event, "", str(nothing))


def _facts(document: Payload, build: Payload, phase: str) -> Facts:
    job, number, at, word = job_at(document, "url"), build.identifier("number"), _time(build), word_of(build)
    # Before a run has checked anything out this is empty, or what the run before it did.
    checkout = Checkout() if phase in ("QUEUED", "STARTED") else checkout_of(build.obj("scm"))
    return Facts(
        job=job,
        pipeline=pipeline_of(job, checkout, build.raw("full_url"), document.name("display_name")),
        execution=_execution(job, number, build.number("queue_id")),
        number=number,
        at=at,
        word=word,
        checkout=checkout,
    )


def _execution(job: Job, number: int, queue_item: int | None) -> str:
    """Numbers begin anew where a job is deleted and made again; those of the queue never do."""
    return f"{job.path}/{number}@{queue_item}" if queue_item else f"{job.path}/{number}"


def _time(build: Payload) -> int:
    at = build.moment("timestamp")
    if at is None and (build.text("timestamp") or build.integer("timestamp") is not None):
        raise Rejected("A time is needed", build.where("timestamp"))
    if at is None:
        raise NothingForUs("no timestamp: this Notification plugin is too old to say when; update it")
    if at <= 0:
        raise NothingForUs("Jenkins could not tell since when the run was queued")
    return at


def _events(build: Payload, phase: str, facts: Facts) -> tuple[AnyEvent, ...]:
    run = _run(build, phase, facts)
    if facts.word.status is None:
        if not facts.checkout.commit and not facts.checkout.branch:
            raise NothingForUs("sent by hand, and says nothing of what was checked out")
        return (run,)
    stage = StageChanged(
        pipeline=facts.pipeline,
        tells_run=False,
        execution=facts.execution,
        at=facts.at,
        status=facts.word.status,
        raw_status=facts.word.raw,
        finished=facts.word.finished,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        url=run.url,
        stage=facts.job.stage,
        reason=run.reason,
    )
    return (run, stage)


def _run(build: Payload, phase: str, facts: Facts) -> ExecutionChanged:
    word, checkout = facts.word, facts.checkout
    branch, origin, request = ref_of(facts.job, checkout)
    return ExecutionChanged(
        pipeline=facts.pipeline,
        execution=facts.execution,
        at=facts.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=facts.at if phase == "QUEUED" else None,
        started_at=_started(build, phase, facts),
        finished_at=facts.at if word.finished else None,
        url=build.link("full_url"),
        number=build.name("display_name").removeprefix("#") or str(facts.number),
        branch=branch,
        commit=checkout.commit,
        author=checkout.culprits,
        origin=origin,
        change_request=request,
        change_request_url=checkout.pull_request(request),
        reason=_tests(build) if word.status is Status.FAILED else "",
    )


def _started(build: Payload, phase: str, facts: Facts) -> int | None:
    """The end is told as start and duration together, so that it tells the start, too."""
    if phase == "STARTED":
        return facts.at
    took = build.number("duration")
    tells = phase == "COMPLETED" and facts.word.finished and facts.word.status is not Status.SKIPPED
    return max(0, facts.at - took) if tells and took else None


class Ref(NamedTuple):
    branch: str
    origin: Origin | None
    change_request: str


def ref_of(job: Job, checkout: Checkout) -> Ref:
    """Of a job that is no branch, what it checked out does not say what started it."""
    if not job.is_of(checkout):
        return Ref(checkout.branch, None, "")
    if job.request:
        return Ref("", Origin.CHANGE_REQUEST, job.request)
    return Ref(job.branch, Origin.BRANCH, "")


def _tests(build: Payload) -> str:
    failed, total = build.number("test_summary.failed"), build.number("test_summary.total")
    return f"{failed} of {total} tests failed" if failed and total else ""
