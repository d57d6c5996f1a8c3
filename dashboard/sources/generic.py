"""A JSON body of our own, for any tool and for shell scripts. Its members are those of docs/sources/generic.md.

One post says one thing of a run, or of one of its stages: a stage is an action of its own, as a job is elsewhere.
Beside a stage the run's status says how it stands for now; without one an end of it is final within its attempt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun
from dashboard.sources.kit.source import Headers, Parsed, Rejected, Source
from dashboard.sources.kit.verifiers import AnyOf, HmacHeader, SharedSecret
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, ExecutionChanged, PipelineRef
from storage.model.subjects import EnvironmentChanged

STATUSES = {str(status): status for status in Status}
SIGNATURE = "X-Signature-256"
# What ended so put nothing anywhere.
_NOT_DEPLOYED = frozenset({Status.SKIPPED, Status.SUPERSEDED})


class _Word(NamedTuple):
    status: Status
    raw: str

    @property
    def ended(self) -> bool:
        return self.status.finished


class _Told(NamedTuple):
    """What a post is about, whatever it says of it."""

    pipeline: PipelineRef
    run: str
    attempt: int
    at: int

    @property
    def execution(self) -> str:
        """Most tools count the runs of each pipeline from 1. Neither name holds a line's end."""
        return f"{self.pipeline.key}\n{self.run}"


def parse(_: Headers, body: bytes) -> Parsed:
    value = load(body)
    document = Payload(value)
    run, attempt = _need_text(document, "run"), document.attempt("attempt")
    told = _Told(_pipeline(document), run, attempt, document.need_moment("at"))
    word = _word(document)
    if value.get("stage") is None:
        events: tuple[AnyEvent, ...] = (_run(document, told, word), *_deployment(document, told, word))
        return Parsed(events, f"run.{word.raw}", "", subjects=_environment(document, told, word))
    stage = document.need_obj("stage")
    name, own = stage.need("name"), _word(stage)
    run_for_now = replace(_run(document, told, word), absorbing=False)
    if word.status is Status.RUNNING:
        run_for_now = replace(run_for_now, started_at=stage.moment("startedAt") or told.at)
    events = (_stage(document, told, stage, name, own), run_for_now, *_deployment(document, told, own, name))
    return Parsed(events, f"stage.{own.raw}", "", subjects=_environment(document, told, own, name))


def _pipeline(document: Payload) -> PipelineRef:
    return PipelineRef(
        source="generic",
        key=document.need("pipeline"),
        name=document.name("name"),
        repository=document.name("repository"),
        default_branch=document.name("defaultBranch"),
    )


def _text(document: Payload, path: str) -> str:
    """Text, or a whole number: shells write both."""
    number = document.integer(path)
    return document.name(path) or ("" if number is None else str(number))


def _need_text(document: Payload, path: str) -> str:
    found = _text(document, path)
    if not found:
        raise Rejected("Text or a whole number is needed", document.where(path))
    return found


def _word(subject: Payload) -> _Word:
    raw = subject.need("status")
    return _Word(STATUSES.get(re.sub(r"[ -]", "_", raw.lower()), Status.UNKNOWN), raw)


def _run(document: Payload, told: _Told, word: _Word) -> ExecutionChanged:
    return ExecutionChanged(
        pipeline=told.pipeline,
        execution=told.execution,
        attempt=told.attempt,
        at=told.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.ended,
        queued_at=told.at if word.status is Status.QUEUED else None,
        started_at=told.at if word.status is Status.RUNNING else None,
        finished_at=told.at if word.ended else None,
        url=document.link("url"),
        number=_text(document, "number") or told.run[:8],
        branch=document.name("branch"),
        commit=document.name("commit"),
        message=document.line("message"),
        author=document.person("author"),
        scheduled_at=document.moment("scheduledAt"),
    )


def _stage(document: Payload, told: _Told, stage: Payload, name: str, word: _Word) -> ActionChanged:
    started, finished = stage.moment("startedAt"), stage.moment("finishedAt")
    return ActionChanged(
        pipeline=told.pipeline,
        execution=told.execution,
        attempt=told.attempt,
        at=told.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.ended,
        queued_at=told.at if word.status is Status.QUEUED else None,
        started_at=told.at if started is None and word.status is Status.RUNNING else started,
        finished_at=(told.at if finished is None else finished) if word.ended else None,
        url=stage.link("url"),
        stage=name,
        action=name,
        name=name,
        environment=document.name("environment"),
        branch=document.name("branch"),
        commit=document.name("commit"),
    )


def _deployment(document: Payload, told: _Told, word: _Word, stage: str = "") -> Iterator[DeploymentChanged]:
    """Of what puts a version into an environment: the stage, or the run as a whole."""
    environment = document.name("environment")
    if environment and word.status not in _NOT_DEPLOYED:
        yield DeploymentChanged(
            pipeline=told.pipeline,
            execution=told.execution,
            attempt=told.attempt,
            at=told.at,
            status=word.status,
            raw_status=word.raw,
            finished=word.ended,
            queued_at=told.at if word.status is Status.QUEUED else None,
            started_at=told.at if word.status is Status.RUNNING else None,
            finished_at=told.at if word.ended else None,
            url=document.link("stage.url", "url"),
            deployment=f"{stage}/{environment}" if stage else environment,
            environment=environment,
        )


def _environment(document: Payload, told: _Told, word: _Word, stage: str = "") -> tuple[EnvironmentChanged, ...]:
    """What became of it in the environment, once it has ended there."""
    called = document.name("environment")
    if not called or not word.ended or word.status in _NOT_DEPLOYED:
        return ()
    changed = EnvironmentChanged(
        source="generic",
        scope=told.pipeline.key,
        subject=called,
        at=told.at,
        repository=told.pipeline.repository,
        deployment="/".join(part for part in (told.run, str(told.attempt), stage) if part),
        asked_at=told.at,
        status=word.status,
        raw_status=word.raw,
        finished=True,
        pipeline=told.pipeline.key,
        execution=told.execution,
        commit=document.name("commit"),
        ref=document.name("branch"),
        by=document.person("author"),
        link=document.link("stage.url", "url"),
    )
    return (changed,)


def sample(run: SampleRun) -> tuple[Post, ...]:
    """A test run, told stage by stage."""
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _post(run, "running", BEGAN_SECONDS)
    for name, began, ended in STAGES:
        times = {"startedAt": run.time(began), "finishedAt": run.time(ended)}
        yield _post(run, "running", ended, stage={"name": name, "status": "succeeded", **times})
    yield _post(run, "succeeded", ENDED_SECONDS)


def _post(run: SampleRun, status: str, seconds_ago: int, **more: object) -> Post:
    body = {
        "pipeline": NAME,
        "run": str(run.run_number),
        "status": status,
        "at": run.time(seconds_ago),
        "branch": "main",
        "defaultBranch": "main",
        "commit": run.commit,
        "message": MESSAGE,
        "author": "Big Transit",
        **more,
    }
    return Post({"content-type": "application/json"}, json.dumps(body).encode())


SOURCE = Source(
    name="generic",
    label="Any tool or script",
    verifier=AnyOf(HmacHeader(SIGNATURE, "sha256="), (HmacHeader(SIGNATURE), SharedSecret())),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    setup=(
        "Let the tool or script post JSON to the webhook URL of this connection when a run begins and when it ends, "
        "and, to show its stages, when each of those begins and ends.",
        'The least there is to say: {"pipeline": "shop/deploy", "run": "812", "status": "running", '
        '"at": "2026-11-20T10:00:00Z"}. The status is one of queued, waiting, running, succeeded, failed, errored, '
        "timed_out, cancelled, skipped and superseded.",
        'Of a stage: the same with "stage": {"name": "build", "status": "succeeded"}, the status of the run beside it.',
        "Sign the body: HMAC-SHA256 with the secret of this connection, as lower-case hex in the header "
        f"{SIGNATURE}. Or send the secret itself in the header X-Api-Key.",
        "Run the line below in a shell: it posts the end of a test run, and shows how to sign by openssl.",
    ),
    signature=f"HMAC-SHA256 of the body with the connection's secret in the header {SIGNATURE}, with or without "
    "sha256= before it; or the secret in X-Api-Key, as bearer token or as basic password",
)
