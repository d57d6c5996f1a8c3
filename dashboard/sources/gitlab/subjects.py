"""What GitLab's hooks say apart from pipelines: pushed commits, merge requests, and issues that are incidents.

https://docs.gitlab.com/user/project/integrations/webhook_events/#push-events, #work-item-events, #merge-request-events
"""

from __future__ import annotations

import re

from dashboard.sources.gitlab.projects import home_of
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.subjects import ChangeRequestChanged, ChangeRequestState, CommitPushed, IncidentChanged

BRANCH = "refs/heads/"
NO_COMMIT = frozenset("0")
# GitLab lists the newest 20 of a push.
MOST_COMMITS = 100
MAX_MESSAGE = 200
# By custom, as of GitHub's; GitLab's own incidents have a type as well.
INCIDENT = "incident"
MAX_LABELS = 100
# How GitLab words merge commits: https://docs.gitlab.com/user/project/merge_requests/commit_templates/
_MERGED = re.compile(r"^See merge request \S*!(?P<number>[0-9]{1,9})$", re.MULTILINE)
_STATES = {"closed": ChangeRequestState.CLOSED, "merged": ChangeRequestState.MERGED}


def push(document: Payload) -> tuple[CommitPushed, ...]:
    """When a push came no hook tells: the newest of its commits' times stands in."""
    ref, head = document.name("ref"), document.name("after")
    if not ref.startswith(BRANCH):
        raise NothingForUs("a push, but not to a branch")
    told = document.items("commits")
    listed, size = told[-MOST_COMMITS:], max(len(told), document.integer("total_commits_count") or 0)
    if not listed or set(head) <= NO_COMMIT:
        raise NothingForUs("a push without commits")
    branch, of = ref.removeprefix(BRANCH), home_of(document)
    of["scope"] = f"{of['scope']}/{branch}"
    at = max(commit.need_moment("timestamp") for commit in listed)
    return tuple(
        CommitPushed(
            **of,
            subject=commit.need("id").lower(),
            at=at,
            url=commit.link("url"),
            branch=branch,
            head=head,
            number=size - len(listed) + place + 1,
            size=size,
            committed_at=commit.moment("timestamp"),
            message=commit.line("message", "title")[:MAX_MESSAGE],
            author=commit.person("author.name"),
            change_request=_request(commit.raw("message")),
        )
        for place, commit in enumerate(listed)
    )


def _request(message: str) -> str:
    found = _MERGED.search(message[-1000:])
    return found["number"] if found else ""


def merge_request(document: Payload) -> ChangeRequestChanged:
    found = document.need_obj("object_attributes")
    at = found.need_moment("updated_at", "created_at")
    state = _STATES.get(found.name("state"), ChangeRequestState.OPEN)
    ended = found.moment("merged_at", "closed_at") or at
    return ChangeRequestChanged(
        **home_of(document),
        subject=str(found.identifier("iid")),
        at=at,
        url=found.link("url"),
        title=found.line("title"),
        state=state,
        opened_at=found.moment("created_at") or at,
        closed_at=None if state is ChangeRequestState.OPEN else ended,
        branch=found.name("source_branch"),
        base_branch=found.name("target_branch"),
        commit=found.name("last_commit.id"),
        merge_commit=found.name("merge_commit_sha") if state is ChangeRequestState.MERGED else "",
        author=_author(document, found),
    )


def issue(document: Payload) -> IncidentChanged:
    """GitLab's own incidents, and issues that have the label, or have just lost it: they then were none."""
    found = document.need_obj("object_attributes")
    if found.is_true("confidential") or document.name("event_type").startswith("confidential"):
        raise NothingForUs("a confidential issue, whose title more people would see here")
    incident = found.name("type").lower() == INCIDENT or INCIDENT in _labels(document, "labels")
    lost = not incident and INCIDENT in _labels(document, "changes.labels.previous")
    if not (incident or lost):
        raise NothingForUs(f"an issue that is no incident and has no label “{INCIDENT}”")
    at = found.need_moment("updated_at", "created_at")
    resolved = lost or found.name("state") == "closed"
    return IncidentChanged(
        **home_of(document),
        subject=str(found.identifier("iid")),
        at=at,
        url=found.link("url"),
        title=found.line("title"),
        resolved=resolved,
        opened_at=found.moment("created_at") or at,
        resolved_at=(found.moment("closed_at") or at) if resolved else None,
        author=_author(document, found),
    )


def _labels(document: Payload, path: str) -> set[str]:
    return {label.name("title", "name").lower() for label in document.items(path)[:MAX_LABELS]}


def _author(document: Payload, found: Payload) -> str:
    """Hooks name who did this; only of what was opened now that is its author."""
    return document.person("user.username", "user.name") if found.name("action") == "open" else ""
