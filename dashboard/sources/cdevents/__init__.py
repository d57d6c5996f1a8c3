"""CDEvents, spec 0.3 to 0.5 (0.1 to 0.6 are read, too), by CloudEvents over HTTP.

A pipelineRun is an execution, a taskRun an action; services fill environments, incidents and changes are what they are
called here too. What a subject is known by is its source and its id together.
https://github.com/cdevents/spec
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.sources.cdevents.deliveries import change, incident, service
from dashboard.sources.cdevents.runs import approval, pipeline_run, task_run
from dashboard.sources.cdevents.sample import sample
from dashboard.sources.cdevents.told import SOURCE_NAME, Told, key_of, told_of, type_of
from dashboard.sources.kit.cloudevents import CONTENT_TYPES, CloudEvent, read
from dashboard.sources.kit.source import Headers, NothingForUs, Parsed, Source
from dashboard.sources.kit.verifiers import AnyOf, HmacHeader, SharedSecret
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.subjects import AnySubjectEvent

Said = tuple[tuple[AnyEvent, ...], tuple[AnySubjectEvent, ...]]
READERS: dict[str, Callable[[Told], Said]] = {
    "pipelinerun": lambda told: (pipeline_run(told), ()),
    "taskrun": lambda told: (task_run(told), ()),
    "approval": lambda told: (approval(told), ()),
    "service": service,
    "incident": lambda told: ((), (incident(told),)),
    "change": lambda told: ((), (change(told),)),
}
IGNORED = {
    "build": "builds are told by the taskRuns that make them; showing both would double them",
    "artifact": "artifacts are known by the services that run them",
    "environment": "an environment is known by the services that run in it",
    "ticket": "a ticket is no incident: those are told by events of their own",
}
SIGNATURE = "X-Signature-256"


def parse(headers: Headers, body: bytes) -> Parsed:
    found = read(headers, body)
    if not found:
        return Parsed((), "batch", "", "a batch without events")
    parts = [_parsed(event) for event in found]
    if len(parts) == 1:
        return parts[0]
    events = tuple(event for part in parts for event in part.events)
    subjects = tuple(subject for part in parts for subject in part.subjects)
    nothing = "" if events or subjects else f"{parts[0].ignored}; and {len(parts) - 1} more"
    # The hash of a batch is what tells a repeat of it.
    return Parsed(events, f"batch of {len(parts)}", "", nothing, subjects)


def _parsed(event: CloudEvent) -> Parsed:
    key = key_of(event)
    try:
        told = told_of(event)
        events, subjects = _read(told)
    except NothingForUs as nothing:
        return Parsed((), _short(type_of(event)), key, str(nothing))
    return Parsed(events, f"{told.subject}.{told.predicate}", key, subjects=subjects)


def _short(kind: str) -> str:
    """Without what all have in common."""
    return ".".join(kind.removeprefix("dev.cdevents.").split(".")[:2]) if kind.startswith("dev.cdevents.") else kind


def _read(told: Told) -> Said:
    reader = READERS.get(told.subject)
    if reader is None:
        raise NothingForUs(IGNORED.get(told.subject, f"{told.subject} events carry nothing for us"))
    return reader(told)


SOURCE = Source(
    name=SOURCE_NAME,
    label="CDEvents",
    # Neither specification has a signature: the secret itself travels, unless a sender can sign.
    verifier=AnyOf(SharedSecret(), (HmacHeader(SIGNATURE, "sha256="), HmacHeader(SIGNATURE))),
    parse=parse,
    sample=sample,
    content_types=CONTENT_TYPES | {"application/cdevents+json"},
    handshake=True,
    never=frozenset({Status.SKIPPED, Status.SUPERSEDED}),
    setup=(
        "In the tool that sends CDEvents (Tekton, Jenkins, Spinnaker, an event router), add a sink or subscription "
        "over HTTP: endpoint the webhook URL of this connection, method POST.",
        "Authorization: the secret of this connection as bearer token, as header X-Api-Key, or as password of basic "
        f"authentication. A sender that signs puts HMAC-SHA256 of the body in {SIGNATURE} instead.",
        "Binary, structured and batched CloudEvents are taken, and bare CDEvents as JSON.",
        "Send pipelineRun and taskRun events, so that runs are shown; service events, so that environments are; "
        "incident and change events, so that failures and changes are counted.",
        "Commit and branch are no part of CDEvents: put commit, branch and defaultBranch into customData.",
    ),
    signature="the secret in X-Api-Key, as bearer token or as basic password; or HMAC-SHA256 of the body in the header "
    f"{SIGNATURE}",
)
