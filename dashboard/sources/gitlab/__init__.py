"""GitLab CI/CD: pipeline, job, deployment, push, merge request and issue hooks of projects, groups and whole servers.

A project's pipelines are executions of one pipeline, a job an action in the stage that its file names.
https://docs.gitlab.com/user/project/integrations/webhook_events/
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from dashboard.sources.gitlab.environments import deployment
from dashboard.sources.gitlab.jobs import Told, job
from dashboard.sources.gitlab.pipelines import pipeline
from dashboard.sources.gitlab.sample import sample
from dashboard.sources.gitlab.subjects import issue, merge_request, push
from dashboard.sources.kit.payload import Payload, load, name
from dashboard.sources.kit.source import Headers, Need, NothingForUs, Parsed, Rejected, Source
from dashboard.sources.kit.verifiers import STANDARD_PREFIX, AnyOf, SecretHeader, StandardWebhook
from storage.model.entities import Status

# By `object_kind`: the header says the same in other words, and only “System Hook” where a whole server has one hook.
READERS: dict[str, Callable[[Payload], Told]] = {
    "pipeline": pipeline,
    "build": job,
    "deployment": lambda document: Told((), (deployment(document),)),
    "push": lambda document: Told((), push(document)),
    "merge_request": lambda document: Told((), (merge_request(document),)),
    "issue": lambda document: Told((), (issue(document),)),
    "work_item": lambda document: Told((), (issue(document),)),
}
IGNORED = {
    "tag_push": "a tag, and no commits on a branch",
    "job": "no hook of GitLab's: those of jobs say “build”",
}
EVENT, DELIVERY = "x-gitlab-event", "idempotency-key"
_STATUSES = ("object_attributes.status", "build_status", "status", "object_attributes.action")
_IDS = ("project_id", "project.id", "object_attributes.id", "build_id", "deployment_id", "deployable_id")
_TIMES = (
    *("object_attributes.created_at", "object_attributes.finished_at", "object_attributes.updated_at"),
    *("build_created_at", "build_started_at", "build_finished_at", "status_changed_at", "after"),
)


def parse(headers: Headers, body: bytes) -> Parsed:
    document = Payload(load(body))
    kind = document.name("object_kind", "event_name")
    if not kind:
        raise Rejected("Text is needed", "object_kind")
    status = document.name(*_STATUSES)
    event = f"{kind}.{status}" if status else kind
    key = name(headers.get(DELIVERY, "")) or _composite_key(document, kind)
    try:
        events, subjects = _read(kind, document)
        return Parsed(events, event, key, subjects=subjects)
    except NothingForUs as nothing:
        return Parsed((), event, key, str(nothing))


def _read(kind: str, document: Payload) -> Told:
    reader = READERS.get(kind)
    if reader is None:
        raise NothingForUs(IGNORED.get(kind, f"{kind} events carry nothing for us"))
    return reader(document)


def _composite_key(document: Payload, kind: str) -> str:
    """Before 17.4 no header tells a repeat, so what a body says is its id; of a pipeline its jobs belong to that."""
    said = [str(document.integer(path) or "") for path in _IDS]
    said += [document.name(path) for path in (*_STATUSES, *_TIMES)]
    for each in document.items("builds"):
        said += [str(each.integer("id") or ""), *map(each.name, ("status", "started_at", "finished_at"))]
    return f"{kind}|{hashlib.sha256('|'.join(said).encode(errors='replace')).hexdigest()}"


SOURCE = Source(
    name="gitlab",
    label="GitLab CI/CD",
    verifier=AnyOf(SecretHeader("X-Gitlab-Token"), (StandardWebhook(),)),
    parse=parse,
    sample=sample,
    content_types=frozenset({"application/json"}),
    event_header=EVENT,
    delivery_header=DELIVERY,
    never=frozenset({Status.SUPERSEDED}),
    # https://docs.gitlab.com/user/project/integrations/webhooks/#auto-disabled-webhooks
    ignores_unusable=True,
    secret_prefix=STANDARD_PREFIX,
    setup=(
        "In GitLab, open the Settings of the project or, for all its projects at once, of the group, then Webhooks,"
        " then Add new webhook.",
        "URL: the webhook URL of this connection. Secret token: the secret of this connection.",
        "Trigger: tick Pipeline events, Job events, Deployment events, Push events (so that every commit of a push is"
        " found, not only the last), Merge request events and Work item events, earlier Issues events (incidents, and"
        " issues labelled “incident”).",
        "Leave the custom webhook template empty and SSL verification on. Save, then choose Test and Pipeline events:"
        " what is sent appears among this connection's deliveries.",
        "Instead of the secret token GitLab may have a signing token, so that bodies are signed: by GitLab's API it may"
        " be the secret of this connection; one that GitLab made can be given as the secret where a connection is made"
        " by the API.",
    ),
    signature="the secret in X-Gitlab-Token, or a signature by it in webhook-signature (Standard Webhooks)",
    needs=(
        Need(
            event="pipeline",
            beside="build",
            words="“Pipeline events” is not ticked in GitLab: jobs arrive, but pipelines will not show up until it is",
        ),
    ),
)
