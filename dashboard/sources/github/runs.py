"""GitHub's workflow_run events: executions, and what started them."""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.github.pipelines import workflow_pipeline
from dashboard.sources.github.statuses import word_of
from dashboard.sources.kit.payload import Payload
from storage.model.events import ExecutionChanged, Origin

# The branches that a merge queue makes, and the refs of pull requests.
_QUEUE = re.compile(r"gh-readonly-queue/(?P<base>.+)/pr-(?P<number>[0-9]+)-[0-9a-f]+")
_PULL = re.compile(r"refs/pull/(?P<number>[0-9]+)/(?:merge|head)")
# GitHub tells branch and tag alike as head_branch. What is pushed under a name like these is taken for a tag.
_VERSION = re.compile(r"v?[0-9]{1,9}(\.[0-9]{1,9}){1,3}([-+.].*)?")


def workflow_run(document: Payload) -> ExecutionChanged:
    run = document.need_obj("workflow_run")
    word, number = word_of(run), run.identifier("id")
    attempt, started = run.attempt("run_attempt"), _started_by(document, run)
    at = run.need_moment("updated_at", "run_started_at", "created_at")
    trigger = run.name("event")
    return ExecutionChanged(
        pipeline=workflow_pipeline(document, run, page="actions"),
        execution=str(number),
        order=number,
        attempt=attempt,
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        told_to_wait=word.told_to_wait,
        # A re-run keeps the created_at of its first attempt.
        queued_at=run.moment("created_at", "run_started_at")
        if attempt == 1
        else run.moment("run_started_at", "created_at"),
        # run_started_at only repeats created_at: when work began, the first job tells.
        started_at=None,
        finished_at=at if word.finished else None,
        url=run.link("html_url"),
        number=str(run.integer("run_number") or ""),
        branch=run.name("head_branch"),
        commit=run.name("head_sha"),
        message=run.line("head_commit.message", "display_title"),
        author=run.person("head_commit.author.name"),
        committed_at=run.moment("head_commit.timestamp"),
        actor=run.person("triggering_actor.login", "actor.login") or document.person("sender.login"),
        trigger=trigger,
        scheduled_at=run.moment("created_at") if trigger == "schedule" else None,
        upstream=trigger if trigger == "workflow_run" else "",
        **started._asdict(),
    )


class StartedBy(NamedTuple):
    origin: Origin
    head: str = ""
    change_request: str = ""
    change_request_url: str = ""
    base_branch: str = ""


def _started_by(document: Payload, run: Payload) -> StartedBy:
    """A run lists the open pull requests of its branch whatever started it, so they count only where one did."""
    origin = _origin(document, run)
    if origin not in (Origin.CHANGE_REQUEST, Origin.FORK):
        return StartedBy(origin)
    branch, request = run.name("head_branch"), _pull_request(document, run)
    queued, pull = _QUEUE.fullmatch(branch), _PULL.fullmatch(branch)
    named = queued or pull
    number = named["number"] if named else str(request.number("number") or "")
    home = document.link("repository.html_url")
    return StartedBy(
        origin,
        head=run.name("head_repository.full_name") if origin is Origin.FORK else "",
        change_request=number,
        change_request_url=f"{home}/pull/{number}" if home and number else "",
        base_branch=queued["base"] if queued else request.name("base.ref"),
    )


def _origin(document: Payload, run: Payload) -> Origin:
    trigger, branch = run.name("event"), run.name("head_branch")
    asked = trigger.startswith("pull_request")
    if _is_elsewhere(document, run) or (asked and run.is_null("head_repository")):
        return Origin.FORK
    if asked or trigger == "merge_group" or _QUEUE.fullmatch(branch) or _PULL.fullmatch(branch):
        return Origin.CHANGE_REQUEST
    looks_like_a_tag = _VERSION.fullmatch(branch) and branch != document.name("repository.default_branch")
    if trigger == "release" or (trigger == "push" and looks_like_a_tag):
        return Origin.TAG
    return Origin.BRANCH


def _is_elsewhere(document: Payload, run: Payload) -> bool:
    """Whether the commit is in another repository than the workflow. A fork that was deleted is null."""
    head = run.number("head_repository.id")
    return head is not None and head != document.number("repository.id")


def _pull_request(document: Payload, run: Payload) -> Payload:
    """The first that is asked of this repository: those that its own branches ask of others are listed too."""
    own = (None, document.number("repository.id"))
    asked = (request for request in run.items("pull_requests") if request.number("base.repo.id") in own)
    return next(asked, Payload({}))
