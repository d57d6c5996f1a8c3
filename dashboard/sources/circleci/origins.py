"""Of what a CircleCI pipeline is, as its parts tell: `vcs` for GitHub's OAuth app and Bitbucket Cloud, and
`trigger_parameters` for GitHub's app, GitLab and Bitbucket Data Center.

https://circleci.com/docs/reference/outbound-webhooks-reference/#pipeline
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.kit.git_remotes import remote, same_repository
from dashboard.sources.kit.payload import Payload
from storage.model.events import Origin

PROVIDERS = ("gitlab", "github_app", "bitbucket_dc")
# Where nothing tells the default branch, one of these is taken for it.
USUAL_BRANCHES = ("main", "master")
# The webhook's word and the API's: https://circleci.com/docs/reference/variables/#pipeline-values
SCHEDULES = frozenset({"schedule", "scheduled_pipeline"})
_PULL = re.compile(r"\A(?:refs/)?(?:pull|merge-requests|pull-requests)/(?P<number>[0-9]+)(?:/(?:head|merge|from))?\Z")


class Change(NamedTuple):
    """The commit. A tag stands in for the branch."""

    branch: str
    commit: str
    message: str
    author: str
    committed_at: int | None


class StartedBy(NamedTuple):
    origin: Origin | None
    actor: str
    trigger: str
    head: str = ""
    change_request: str = ""
    change_request_url: str = ""
    scheduled_at: int | None = None


def change_of(pipeline: Payload) -> Change:
    vcs, told = pipeline.obj("vcs"), pipeline.obj("trigger_parameters")
    return Change(
        branch=_branch(vcs, told) or vcs.name("tag") or told.name("git.tag"),
        commit=vcs.name("revision") or told.name("git.checkout_sha", *_each("checkout_sha", "commit_sha")),
        message=vcs.line("commit.subject") or told.line("git.commit_message", *_each("commit_title", "commit_message")),
        author=_author(vcs, told),
        committed_at=_first(
            vcs.moment("commit.committed_at", "commit.authored_at"), told.moment(*_each("commit_timestamp"))
        ),
    )


def repository_of(pipeline: Payload) -> str:
    told = pipeline.obj("trigger_parameters")
    address = pipeline.obj("vcs").text("target_repository_url", "origin_repository_url")
    return remote(address or told.text("git.checkout_url", "git.repo_url", *_each("repo_url", "web_url"))).path


def default_branch_of(pipeline: Payload) -> str:
    """Only GitHub's app tells it. Elsewhere what is usual is assumed: else each branch would speak for the pipeline."""
    vcs, told = pipeline.obj("vcs"), pipeline.obj("trigger_parameters")
    branch = _branch(vcs, told)
    usual = branch if branch in USUAL_BRANCHES else USUAL_BRANCHES[0]
    return told.name("git.default_branch") or (usual if branch else "")


def started_by(pipeline: Payload) -> StartedBy:
    vcs, told = pipeline.obj("vcs"), pipeline.obj("trigger_parameters")
    number = _request_number(vcs, told)
    origin, head = _origin(vcs, told, number)
    return StartedBy(
        origin=origin,
        actor=told.person(*_each("user_username", "user_name"), "git.author_login") or _author(vcs, told),
        trigger=pipeline.name("trigger.type"),
        head=head,
        change_request=number,
        change_request_url=vcs.link("review_url") or _request_page(vcs, told, number),
        # A workflow that is run again is of the same pipeline.
        scheduled_at=pipeline.moment("created_at") if pipeline.name("trigger.type") in SCHEDULES else None,
    )


def _origin(vcs: Payload, told: Payload, number: str) -> tuple[Origin | None, str]:
    """And of a fork, whose it is."""
    home, other = vcs.text("target_repository_url"), vcs.text("origin_repository_url")
    if remote(home).path and remote(other).path and not same_repository(home, other):
        return Origin.FORK, remote(other).path
    if number or told.name("circleci.event_type").startswith(("pull_request", "merge_request")):
        return Origin.CHANGE_REQUEST, ""
    if vcs.name("tag") or told.name("git.tag"):
        return Origin.TAG, ""
    return (Origin.BRANCH if _branch(vcs, told) else None), ""


def _branch(vcs: Payload, told: Payload) -> str:
    """Empty for a tag: what a provider calls a branch may then be one."""
    tagged = vcs.name("tag") or told.name("git.tag")
    return "" if tagged else vcs.name("branch") or told.name("git.branch", *_each("branch"))


def _request_number(vcs: Payload, told: Payload) -> str:
    """A fork's pull request is built under its number in the place of a branch."""
    for path in (vcs.name("branch"), told.name("git.ref"), told.name("git.branch")):
        if found := _PULL.fullmatch(path):
            return found["number"]
    return vcs.name("review_id") or str(vcs.number("review_id") or "")


def _request_page(vcs: Payload, told: Payload, number: str) -> str:
    """Of GitHub's, where no body holds it."""
    home = remote(vcs.text("target_repository_url") or told.text("git.repo_url", "git.checkout_url"))
    by_github = "github" in (vcs.name("provider_name").lower(), told.name("circleci.trigger_type").partition("_")[0])
    page = f"https://{home.host}/{home.path}/pull/{number}"
    return Payload({"page": page}).link("page") if by_github and home.path and number.isdigit() else ""


def _author(vcs: Payload, told: Payload) -> str:
    return vcs.person("commit.author.name") or told.person("git.commit_author_name", *_each("commit_author_name"))


def _each(*names: str) -> tuple[str, ...]:
    """A member of each provider's part; only one of those is there."""
    return tuple(f"{provider}.{name}" for name in names for provider in PROVIDERS)


def _first(*moments: int | None) -> int | None:
    return next((moment for moment in moments if moment is not None), None)
