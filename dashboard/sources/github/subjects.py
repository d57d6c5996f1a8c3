"""What GitHub's events say apart from runs: environments, pull requests, and issues that are incidents.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request, #issues, #deployment_status
"""

from __future__ import annotations

from typing import TypedDict

from dashboard.sources.github.pipelines import repository_pipeline, workflow_pipeline
from dashboard.sources.github.statuses import Word
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.subjects import ChangeRequestChanged, ChangeRequestState, EnvironmentChanged, IncidentChanged

# GitHub knows no incidents. By custom they are issues with this label, as DORA's own tools take it:
# https://github.com/dora-team/fourkeys/blob/main/METRICS.md
INCIDENT = "incident"
MAX_LABELS = 100


class Home(TypedDict):
    source: str
    host: str
    scope: str
    repository: str


def home(document: Payload) -> Home:
    """Whose it is. Names of environments and numbers are unique within a repository."""
    known = repository_pipeline(document)
    number = document.obj("repository").identifier("id")
    return {
        "source": known.source,
        "host": known.host,
        "scope": f"{known.place}/{number}",
        "repository": known.repository,
    }


def environment(document: Payload, word: Word, at: int, link: str) -> EnvironmentChanged:
    """Of a deployment or one of its statuses; who made it, a run or somebody else, does not matter."""
    made, run = document.need_obj("deployment"), document.obj("workflow_run")
    called = document.name("deployment_status.environment", "deployment.environment")
    if not called:
        raise NothingForUs("the deployment does not say where to")
    return EnvironmentChanged(
        **home(document),
        subject=called,
        at=at,
        url=document.link("deployment_status.environment_url"),
        deployment=str(made.identifier("id")),
        asked_at=made.moment("created_at") or at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        inactive=word.raw == "inactive",
        tier="production" if made.is_true("production_environment") else "",
        pipeline=workflow_pipeline(document, run).key if run else "",
        execution=str(run.identifier("id")) if run else "",
        commit=made.name("sha"),
        ref=made.name("ref"),
        by=made.person("creator.login") or document.person("sender.login"),
        link=link,
    )


def pull_request(document: Payload) -> ChangeRequestChanged:
    found = document.need_obj("pull_request")
    at = found.need_moment("updated_at", "created_at")
    merged_at, closed_at = found.moment("merged_at"), found.moment("closed_at")
    state = ChangeRequestState.CLOSED if found.name("state") == "closed" else ChangeRequestState.OPEN
    if found.is_true("merged") or merged_at is not None:
        state = ChangeRequestState.MERGED
    return ChangeRequestChanged(
        **home(document),
        subject=str(found.identifier("number")),
        at=at,
        url=found.link("html_url"),
        title=found.line("title"),
        state=state,
        opened_at=found.moment("created_at") or at,
        closed_at=None if state is ChangeRequestState.OPEN else merged_at or closed_at or at,
        branch=found.name("head.ref"),
        base_branch=found.name("base.ref"),
        commit=found.name("head.sha"),
        # While it is open this is a trial merge, which nobody will ever see on a branch.
        merge_commit=found.name("merge_commit_sha") if state is ChangeRequestState.MERGED else "",
        author=found.person("user.login"),
    )


def issues(document: Payload) -> IncidentChanged:
    """An issue that has the label, or has just lost it: it then was none."""
    found = document.need_obj("issue")
    labels = {label.name("name").lower() for label in found.items("labels")[:MAX_LABELS]}
    unlabeled = document.name("action") == "unlabeled" and document.name("label.name").lower() == INCIDENT
    if INCIDENT not in labels and not unlabeled:
        raise NothingForUs(f"an issue without the label “{INCIDENT}”")
    at = found.need_moment("updated_at", "created_at")
    resolved = unlabeled or found.name("state") == "closed"
    return IncidentChanged(
        **home(document),
        subject=str(found.identifier("number")),
        at=at,
        url=found.link("html_url"),
        title=found.line("title"),
        resolved=resolved,
        opened_at=found.moment("created_at") or at,
        resolved_at=(found.moment("closed_at") or at) if resolved else None,
        author=found.person("user.login"),
    )
