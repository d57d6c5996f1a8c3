"""Foundry, a CI tool that does not exist. {"line", "run", "state", "at", "stage"?} says one thing of a run."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.kit.payload import Payload, load, name
from dashboard.sources.kit.sample import NAME, Post, SampleRun
from dashboard.sources.kit.source import Headers, NothingForUs, Option, Parsed, Source
from dashboard.sources.kit.verifiers import AnyOf, SharedSecret, SignedTime
from storage.model.entities import Status
from storage.model.events import AnyEvent, ExecutionChanged, PipelineRef, StageChanged

STATES = {
    "cast": Status.RUNNING,
    "asks": Status.WAITING,
    "good": Status.SUCCEEDED,
    "cracked": Status.FAILED,
    "dropped": Status.CANCELLED,
    "in line": Status.QUEUED,
}


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(body))
    event, key = name(headers.get("x-foundry-event", "")), name(headers.get("x-foundry-id", ""))
    try:
        return Parsed((_event(document),), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _event(document: Payload) -> AnyEvent:
    raw, at = document.need("state"), document.need_moment("at")
    if raw == "hello":
        raise NothingForUs("a greeting")
    status, line = STATES.get(raw, Status.UNKNOWN), document.need("line")
    said: dict[str, Any] = {
        "pipeline": PipelineRef(source="foundry", key=line, name=line),
        "execution": document.need("run"),
        "attempt": 1,
        "at": at,
        "status": status,
        "raw_status": raw,
        "finished": status.finished,
        "finished_at": at if status.finished else None,
    }
    stage = document.name("stage")
    return StageChanged(**said, stage=stage) if stage else ExecutionChanged(**said)


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_post(run, state, ago) for state, ago in (("cast", 9), ("good", 1)))


def _post(run: SampleRun, state: str, ago: int) -> Post:
    said = {"line": NAME, "run": str(run.run_number), "state": state, "at": run.time(ago)}
    headers = {"content-type": "application/json", "x-foundry-event": "run", "x-foundry-id": run.key(state)}
    return Post(headers, json.dumps(said).encode())


SOURCE = Source(
    name="foundry",
    label="Foundry",
    verifier=AnyOf(SignedTime("X-Foundry-Signature"), (SharedSecret(),)),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    event_header="x-foundry-event",
    delivery_header="x-foundry-id",
    never=frozenset({Status.ERRORED, Status.TIMED_OUT, Status.SKIPPED, Status.SUPERSEDED}),
    options=(Option("yard", "Yard", "Which of your yards.", "[a-z]+", "A yard has small letters only."),),
    setup=("Open Foundry's bellows.", "Enter the URL of this connection.", "Strike."),
    signature="HMAC-SHA256 of time and body in X-Foundry-Signature",
)
