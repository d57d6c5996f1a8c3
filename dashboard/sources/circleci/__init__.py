"""CircleCI: workflow-completed and job-completed webhooks, which tell ends alone.

A workflow of a project is a pipeline, a run of it an execution, a job a stage. Nothing that ended goes on under its id:
an end absorbs.
https://circleci.com/docs/guides/integration/outbound-webhooks/
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.sources.circleci.jobs import job_changed
from dashboard.sources.circleci.sample import sample
from dashboard.sources.circleci.workflows import body_of, workflow_changed, workflow_told
from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Rejected, Source
from dashboard.sources.kit.verifiers import VersionedHmac
from storage.model.events import AnyEvent

EVENT = "circleci-event-type"


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(body))
    event = document.name("type") or Payload({EVENT: headers.get(EVENT, "")}).name(EVENT)
    if not event:
        raise Rejected("The kind of event is needed", "type")
    key = document.name("id")
    try:
        return Parsed(_read(event, document), event, key)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _read(event: str, document: Payload) -> tuple[AnyEvent, ...]:
    reader = READERS.get(event)
    if reader is None:
        ping = "a ping: the connection works" if event == "ping" else ""
        raise NothingForUs(ping or f"{event} events carry nothing for us")
    return reader(document)


def _workflow(document: Payload) -> tuple[AnyEvent, ...]:
    return (workflow_changed(body_of(document)),)


def _job(document: Payload) -> tuple[AnyEvent, ...]:
    """A job's event may be the first that is heard of its workflow."""
    job = document.need_obj("job")
    if not document.obj("workflow"):
        raise NothingForUs("the job does not say of which workflow it is")
    body = body_of(document)
    changed = job_changed(body, job)
    return changed, workflow_told(body, changed.at)


READERS: dict[str, Callable[[Payload], tuple[AnyEvent, ...]]] = {"workflow-completed": _workflow, "job-completed": _job}

SOURCE = Source(
    name="circleci",
    label="CircleCI",
    verifier=VersionedHmac("circleci-signature"),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    event_header=EVENT,
    # Of approvals nothing is sent.
    lifts_waits=True,
    setup=(
        "In CircleCI, open the project's Project Settings, then Webhooks, then Add Webhook. Each project needs one of "
        "its own, and has five at most.",
        "URL: the webhook URL of this connection. Leave certificate verification on.",
        "Secret token: the secret of this connection.",
        "Events: tick Workflow Completed and Job Completed.",
        "Press Test Ping Event, which appears among this connection's deliveries, and save.",
        "CircleCI tells of a workflow once it, or one of its jobs, has ended: what runs or waits for approval is not "
        "shown before.",
    ),
    signature="HMAC-SHA256 of the body with the connection's secret, as v1 in the header circleci-signature",
    needs=(
        Need(
            event="workflow-completed",
            beside="job-completed",
            words="Jobs arrive, and no workflow has ended for an hour. Unless one still runs, tick “Workflow "
            "Completed” in CircleCI: without it no run ends",
            patience_seconds=3600,
        ),
    ),
)
