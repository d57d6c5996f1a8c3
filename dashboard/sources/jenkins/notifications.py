"""Bodies of Jenkins' Notification plugin: one a phase of a run.

https://github.com/jenkinsci/notification-plugin
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.jenkins.checkouts import Checkout, checkout_of
from dashboard.sources.jenkins.jobs import Job, job_at, pipeline_of
from dashboard.sources.jenkins.statuses import Word, word_of
from dashboard.sources.kit.payload import Payload, link
from dashboard.sources.kit.source import NothingForUs, Parsed, Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, Origin, PipelineRef, StageChanged

# What a run wrote, as an action: by it the log of one that failed is asked for.
# How a run ended whose console says something of it.
LOGGED = frozenset({Status.SUCCEEDED, Status.FAILED})
CONSOLE, CONSOLE_NAME = "console", "Console"


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


def place_of(execution: str) -> tuple[str, str]:
    """The path of a run's job and its number, by its id; empty where that is of CDEvents, or none."""
    path, _, rest = execution.rpartition("/")
    number = rest.partition("@")[0]
    return (path, number) if number.isdigit() else ("", "")


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
    return (run, stage_for(run, facts.job.stage), *console_of(run, facts.job.stage))


def stage_for(run: ExecutionChanged, stage: str) -> StageChanged:
    """The one that stands for a run, named for its job."""
    return StageChanged(
        pipeline=run.pipeline,
        tells_run=False,
        execution=run.execution,
        at=run.at,
        status=run.status,
        raw_status=run.raw_status,
        finished=run.finished,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        url=run.url,
        stage=stage,
        reason=run.reason,
        stands_for_run=True,
    )


def console_of(run: ExecutionChanged, stage: str) -> tuple[ActionChanged, ...]:
    """What it wrote, once it has ended green or red."""
    if not run.finished or run.status is None or run.status not in LOGGED:
        return ()
    changed = ActionChanged(
        pipeline=run.pipeline,
        tells_run=False,
        execution=run.execution,
        at=run.at,
        status=run.status,
        raw_status=run.raw_status,
        finished=True,
        started_at=run.started_at,
        finished_at=run.finished_at,
        url=link(f"{run.url}console") if run.url.endswith("/") else "",
        stage=stage,
        action=CONSOLE,
        name=CONSOLE_NAME,
    )
    return (changed,)


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
