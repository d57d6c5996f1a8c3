"""CDEvents of Jenkins' CDEvents plugin: runs, and the blocks of a Pipeline that begin.

A run's address within its server is the source of its events; the number in it is the id of every one, also of blocks.
Of a block only its beginning is told by its name: the event of its end has neither that nor how it ended.
https://github.com/jenkinsci/cdevents-plugin
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.jenkins.checkouts import Checkout, checkout_of
from dashboard.sources.jenkins.jobs import Job, address_of, job_of, pipeline_of
from dashboard.sources.jenkins.notifications import ref_of
from dashboard.sources.jenkins.statuses import Word, word_of_result
from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.source import NothingForUs, Parsed, Rejected
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, PipelineRef, StageChanged

PREFIX = "dev.cdevents."
# How Jenkins calls a block without a label: by its step (`Allocate node : Body : Start`).
_NO_LABEL = (" : Start", " : End")


class Run(NamedTuple):
    """path: its address within its server."""

    path: str
    job: Job
    number: str
    at: int


def cdevent(document: Payload) -> Parsed:
    told = document.need("context.type")
    subject, predicate = (*told.removeprefix(PREFIX).split("."), "", "")[:2]
    event, key = f"{subject}.{predicate}", document.name("context.id")
    try:
        reader = READERS.get((subject, predicate)) if told.startswith(PREFIX) else None
        if reader is None:
            raise NothingForUs(IGNORED.get((subject, predicate), f"{told} events carry nothing for us"))
        return Parsed(reader(document), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _run_of(document: Payload) -> Run:
    """`job/shop/job/main/42/`, of which everything but the number is the job's."""
    member = "context.source" if document.raw("context.source") else "subject.source"
    path = address_of(document.raw(member))
    above, _, number = path.rpartition("/")
    if not above or not number.isdigit():
        raise Rejected("The address of a run is needed", document.where(member))
    return Run(path, job_of(above), number, document.need_moment("context.timestamp"))


def _custom(document: Payload) -> Payload:
    """What the plugin adds, which may be JSON in text."""
    if text := document.raw("customData"):
        try:
            return Payload(load(text.encode(errors="replace")), document.where("customData"))
        except Rejected:
            return Payload({})
    return document.obj("customData")


def _began(document: Payload) -> tuple[AnyEvent, ...]:
    return _run_changed(document, Word(Status.RUNNING, "started", False))


def _ended(document: Payload) -> tuple[AnyEvent, ...]:
    result, outcome = _custom(document).name("build.status"), document.name("subject.content.outcome").lower()
    return _run_changed(document, word_of_result(result, outcome))


def _run_changed(document: Payload, word: Word) -> tuple[AnyEvent, ...]:
    run, custom = _run_of(document), _custom(document)
    build = custom.obj("build")
    # At its start the run has checked nothing out.
    checkout = checkout_of(build.obj("scmState")) if word.finished else Checkout()
    branch, origin, request = ref_of(run.job, checkout)
    pipeline = pipeline_of(run.job, checkout, build.raw("fullUrl"), custom.name("displayName"))
    changed = ExecutionChanged(
        # Blocks do not tell the server of their run: by it they would not find it.
        pipeline=replace(pipeline, host=""),
        execution=run.path,
        at=run.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        started_at=None if word.finished else run.at,
        finished_at=run.at if word.finished else None,
        url=build.link("fullUrl"),
        number=build.name("displayName").removeprefix("#") or run.number,
        branch=branch,
        commit=checkout.commit,
        actor=custom.person("userName"),
        origin=origin,
        change_request=request,
        change_request_url=checkout.pull_request(request),
    )
    stage = StageChanged(
        pipeline=changed.pipeline,
        tells_run=False,
        execution=run.path,
        at=run.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        started_at=changed.started_at,
        finished_at=changed.finished_at,
        url=changed.url,
        stage=run.job.stage,
        stands_for_run=True,
    )
    return (changed, stage)


def _block_began(document: Payload) -> tuple[AnyEvent, ...]:
    run, custom = _run_of(document), _custom(document)
    label = custom.name("stageName")
    if not label or label.endswith(_NO_LABEL):
        raise NothingForUs("the start of a block that has no name")
    changed = ActionChanged(
        pipeline=PipelineRef(source="jenkins", key="", name=""),
        tells_run=False,
        execution=run.path,
        at=run.at,
        status=Status.RUNNING,
        raw_status="started",
        started_at=run.at,
        stage=run.job.stage,
        action=custom.name("stageNodeUrl") or label,
        name=label,
    )
    return (changed,)


READERS = {
    ("pipelinerun", "started"): _began,
    ("pipelinerun", "finished"): _ended,
    ("taskrun", "started"): _block_began,
}
IGNORED = {
    ("pipelinerun", "queued"): "what is queued has no number yet, by which its run would be known",
    ("taskrun", "finished"): "the end of a block tells neither its name nor how it ended",
}
