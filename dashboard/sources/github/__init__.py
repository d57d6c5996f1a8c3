"""GitHub Actions: workflow_run, workflow_job, deployment, deployment_status, deployment_review, push, pull_request and
issues webhooks.

A workflow is a pipeline, its run an execution, a job an action; jobs of one matrix or called workflow share a stage.
https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

from collections.abc import Callable

from dashboard.sources.github.deployments import deployment, deployment_status
from dashboard.sources.github.jobs import workflow_job
from dashboard.sources.github.own_events import (
    ENDINGS,
    LABELS,
    about_installation,
    about_ping,
    about_repositories,
)
from dashboard.sources.github.pushes import push
from dashboard.sources.github.reviews import deployment_review
from dashboard.sources.github.runs import workflow_run
from dashboard.sources.github.sample import sample
from dashboard.sources.github.subjects import issues, pull_request
from dashboard.sources.kit.form_field import field_of
from dashboard.sources.kit.payload import Payload, load, name
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Rejected, Source
from dashboard.sources.kit.verifiers import HmacHeader
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.subjects import AnySubjectEvent

Said = tuple[tuple[AnyEvent, ...], tuple[AnySubjectEvent, ...]]
READERS: dict[str, Callable[[Payload], Said]] = {
    "workflow_run": lambda document: ((workflow_run(document),), ()),
    "workflow_job": lambda document: ((workflow_job(document),), ()),
    "deployment": deployment,
    "deployment_status": deployment_status,
    "pull_request": lambda document: ((), (pull_request(document),)),
    "push": lambda document: ((), push(document)),
    "issues": lambda document: ((), (issues(document),)),
    "deployment_review": lambda document: ((deployment_review(document),), ()),
}
# Of hooks and Apps themselves: why there is nothing in them for us.
OWN: dict[str, Callable[[Payload], str]] = {
    "ping": about_ping,
    "installation": about_installation,
    "installation_repositories": about_repositories,
}
IGNORED = {
    "check_run": "every job is told as workflow_job too; counting both would double them",
    "check_suite": "every run is told as workflow_run too",
}
_FORM = "application/x-www-form-urlencoded"
EVENT, DELIVERY = "x-github-event", "x-github-delivery"


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(_json(headers, body)))
    kind = name(headers.get(EVENT, ""))
    if not kind:
        raise Rejected("The header is needed", "X-GitHub-Event")
    action = document.name("action")
    event = f"{kind}.{action}" if action else kind
    key = name(headers.get(DELIVERY, ""))
    installation = str(document.number("installation.id") or "")
    try:
        events, subjects = _read(kind, document)
        return Parsed(events, event, key, subjects=subjects, installation=installation)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing), installation=installation)


def _read(kind: str, document: Payload) -> Said:
    reader = READERS.get(kind)
    if kind in OWN:
        raise NothingForUs(OWN[kind](document))
    if reader is None:
        raise NothingForUs(IGNORED.get(kind, f"{kind} events carry nothing for us"))
    return reader(document)


def _json(headers: Headers, body: bytes) -> bytes:
    """A hook may be set to send a form with the JSON in its field `payload`."""
    if not headers.get("content-type", "").lower().startswith(_FORM):
        return body
    return field_of(body, "payload")


SOURCE = Source(
    name="github",
    label="GitHub Actions",
    verifier=HmacHeader("X-Hub-Signature-256", "sha256="),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json", _FORM}),
    event_header=EVENT,
    delivery_header=DELIVERY,
    never=frozenset({Status.SUPERSEDED}),
    setup=(
        "In GitHub, open the repository's or the organisation's Settings, then Webhooks, then Add webhook.",
        "Payload URL: the webhook URL of this connection.",
        "Content type: application/json. Secret: the secret of this connection.",
        "Choose “Let me select individual events” and tick Workflow runs, Workflow jobs, Deployments, Deployment"
        " statuses, Deployment reviews, Pushes (so that every commit of a push is found, not only the last), Pull"
        " requests and Issues (those labelled “incident” count as incidents).",
        "Save. GitHub sends a ping at once, which appears among this connection's deliveries.",
    ),
    signature="HMAC-SHA256 of the body with the connection's secret, in the header X-Hub-Signature-256",
    needs=(
        Need(
            event="workflow_run",
            beside="workflow_job",
            words="“Workflow runs” is not ticked in GitHub: jobs arrive, but runs will not show up until it is",
            told=LABELS["workflow_run"],
        ),
        Need(
            event="workflow_job",
            beside="",
            words="“Workflow jobs” is not ticked in GitHub: runs will show up without their stages until it is",
            told=LABELS["workflow_job"],
        ),
    ),
    # https://docs.github.com/en/actions/reference/runners/github-hosted-runners
    hosted_labels=r"(ubuntu|windows|macos)-[\w.-]+",
    lifts_waits=True,
    # https://docs.github.com/en/actions/managing-workflow-runs/reviewing-deployments
    longest_wait_days=30,
    kinds=tuple(LABELS),
    endings=ENDINGS,
)
