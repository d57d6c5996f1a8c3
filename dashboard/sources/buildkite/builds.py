"""Buildkite's builds: executions, and what started them."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.buildkite.bodies import Body, identity
from dashboard.sources.buildkite.pipelines import build_page, pipeline_of
from dashboard.sources.buildkite.states import build_word
from dashboard.sources.kit.git_remotes import remote, same_repository
from dashboard.sources.kit.payload import Payload
from storage.model.entities import Status
from storage.model.events import ExecutionChanged, Origin

# The branches that GitHub's merge queue makes.
_QUEUE = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-(?P<number>[0-9]+)-[0-9a-f]+")
# A build of a fork has its owner before the branch, unless that is switched off. No branch has a colon.
_FORK = re.compile(r"\A(?P<owner>[^:\s]++):(?P<branch>\S+)")
# `HEAD` until an agent has checked out.
_COMMIT = re.compile(r"[0-9a-f]{7,64}")
_REQUESTS = {"github": "pull", "gitlab": "-/merge_requests", "bitbucket": "pull-requests"}


def build_changed(body: Body) -> ExecutionChanged:
    """A build that has ended runs again, under its id, once one of its jobs is retried or unblocked."""
    build = body.build
    word, at, by = build_word(build), body.at, _started_by(body)
    return ExecutionChanged(
        pipeline=pipeline_of(body),
        execution=identity(build),
        order=build.number("number"),
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=False,
        queued_at=build.moment("created_at"),
        started_at=None if word.status in (Status.QUEUED, Status.SUPERSEDED) else build.moment("started_at"),
        finished_at=(build.moment("finished_at") or at) if word.finished else None,
        url=build_page(body),
        number=str(build.number("number") or ""),
        commit=_commit(build),
        message=build.line("message"),
        author=build.person("author.name", "author.username"),
        actor=build.person("creator.name"),
        trigger=_trigger(build),
        scheduled_at=build.moment("created_at") if _trigger(build) == "schedule" else None,
        upstream=_upstream(build),
        reason=build.line("cancel_reason") if word.status is Status.CANCELLED else "",
        **by._asdict(),
    )


class StartedBy(NamedTuple):
    branch: str
    origin: Origin | None
    head: str = ""
    change_request: str = ""
    change_request_url: str = ""
    base_branch: str = ""


def _started_by(body: Body) -> StartedBy:
    """EventBridge tells the branch and neither tags nor pull requests, so that what a build is of stays open there,
    unless the branch tells."""
    build, told = body.build, body.build.name("branch", "tag")
    queued, forked = _QUEUE.fullmatch(told), _FORK.fullmatch(told)
    request, number = build.obj("pull_request"), _request_number(build)
    base = request.name("base") or build.name("merge_queue.base_branch")
    if queued or build.obj("merge_queue"):
        number = queued["number"] if queued else number
        base = queued["base"] if queued else base
        return StartedBy(told, Origin.CHANGE_REQUEST, "", number, _request_page(body, number), base)
    if forked or (number and _is_elsewhere(body, request)):
        head = remote(request.text("repository")).path or (forked["owner"] if forked else "")
        branch = forked["branch"] if forked else told
        return StartedBy(branch, Origin.FORK, head, number, _request_page(body, number), base)
    if number:
        return StartedBy(told, Origin.CHANGE_REQUEST, "", number, _request_page(body, number), base)
    if build.name("tag"):
        return StartedBy(told, Origin.TAG)
    return StartedBy(told, None if body.told_at is not None else Origin.BRANCH)


def _request_number(build: Payload) -> str:
    return build.name("pull_request.id") or str(build.number("pull_request.id") or "")


def _is_elsewhere(body: Body, request: Payload) -> bool:
    home, other = body.pipeline.text("repository", "repo"), request.text("repository")
    return bool(remote(home).path and remote(other).path) and not same_repository(home, other)


def _request_page(body: Body, number: str) -> str:
    """No body holds it."""
    home, provider = remote(body.pipeline.text("repository", "repo")), body.pipeline.name("provider.id")
    kind = next((path for word, path in _REQUESTS.items() if provider.startswith(word)), "")
    address = f"https://{home.host}/{home.path}/{kind}/{number}"
    return Payload({"page": address}).link("page") if kind and home.path and number.isdigit() else ""


def _commit(build: Payload) -> str:
    told = build.name("commit")
    return told if _COMMIT.fullmatch(told) else ""


def _trigger(build: Payload) -> str:
    """A rebuild is a build of its own that names the one before it."""
    source, rebuilt = build.name("source"), build.number("rebuilt_from.number")
    return ", ".join(part for part in (source, f"rebuild of #{rebuilt}" if rebuilt else "") if part)


def _upstream(build: Payload) -> str:
    """The build whose trigger step made this one, where that is told."""
    if build.name("source") != "trigger_job" and not build.obj("triggered_from"):
        return ""
    number, slug = build.number("triggered_from.build_number"), build.name("triggered_from.build_pipeline_slug")
    return " ".join(part for part in (slug, f"#{number}" if number else "") if part) or "trigger_job"
