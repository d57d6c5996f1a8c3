"""GitLab's jobs, as job hooks and the lists of pipeline hooks tell them: actions in the stages that the project names.

A job that is run again is a new one with a greater id.
https://docs.gitlab.com/user/project/integrations/webhook_events/#job-events
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.gitlab.environments import deployment_of_job
from dashboard.sources.gitlab.projects import Home, home_of_job, unnamed
from dashboard.sources.gitlab.statuses import ENDED, WORKING, Word, job_word, pipeline_word
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, DeploymentChanged, PipelineRef
from storage.model.subjects import AnySubjectEvent

MAX_LABELS = 10
# GitLab's own for a job of a file that names no stages.
DEFAULT_STAGE = "test"
# Of one job that runs several times: `rspec 2/5`, `build: [linux, amd64]`, as GitLab itself groups them.
_LEG = re.compile(r"(?<![\s:])[\s:]++(?:\[(?P<values>[^\[\]]*+)\]|(?P<number>[0-9]++[\s:/\\]++[0-9]++))\s*+$")
MOST_LEGS = 3
# Jobs whose turn comes of itself: only of these the list tells about when they began to wait for a runner.
_BY_ITSELF = frozenset({"on_success", "on_failure", "always"})


class Told(NamedTuple):
    events: tuple[AnyEvent, ...]
    subjects: tuple[AnySubjectEvent, ...] = ()


class Listing(NamedTuple):
    """What a job's hook tells of its run. clock: the newest time of a list of jobs, milliseconds; None where one job
    speaks for itself. page: the project's. prefix: what its members' names begin with."""

    home: Home
    pipeline: PipelineRef
    run: int
    clock: int | None
    commit: str
    branch: str
    page: str
    prefix: str = ""


def job(document: Payload) -> Told:
    home, ref = home_of_job(document), document.name("ref")
    number = document.number("pipeline_id") or document.number("commit.id")
    if number is None:
        raise NothingForUs("the job does not say which pipeline it is of")
    listing = Listing(
        home=home,
        pipeline=unnamed(home),
        run=number,
        clock=None,
        commit=document.name("sha"),
        # Of a merge request the pipeline tells the branch.
        branch="" if ref.startswith("refs/") else ref,
        page=document.link("repository.homepage", "project.web_url"),
        prefix="build_",
    )
    return told_of(document, listing)


def told_of(found: Payload, of: Listing) -> Told:
    changed = _action(found, of)
    deployed = deployment_of_job(found, of.home, of.pipeline.key, changed)
    events: list[AnyEvent] = [changed]
    if (let := _let_begin(found, changed)) is not None:
        events.append(let)
    if deployed is None:
        return Told(tuple(events))
    return Told((*events, _deployment(changed, deployed.tier)), (deployed,))


def _action(found: Payload, of: Listing) -> ActionChanged:
    word, number = _word(found, of.prefix), found.identifier(f"{of.prefix}id")
    created_at = found.moment(f"{of.prefix}created_at")
    started_at, finished_at = _started_at(found, of, word), _finished_at(found, of, word)
    called = found.name(f"{of.prefix}name") or "job"
    own = next((at for at in (finished_at, started_at, created_at) if at is not None), of.clock)
    timed = started_at is not None or (finished_at is not None and word.raw in ENDED)
    clock = own if timed or of.clock is None else of.clock
    if clock is None:
        raise NothingForUs("the job has not begun, and no time is told")
    return ActionChanged(
        pipeline=of.pipeline,
        tells_run=False,
        execution=str(of.run),
        order=of.run,
        at=word.at(clock),
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=word.raw in ENDED,
        told_to_wait=word.told_to_wait,
        queued_at=_queued_at(found, of, word, started_at),
        started_at=started_at,
        finished_at=(finished_at or own) if word.finished else None,
        url=f"{of.page}/-/jobs/{number}" if of.page else "",
        commit=of.commit,
        branch=of.branch,
        stage=found.name(f"{of.prefix}stage") or DEFAULT_STAGE,
        action=str(number),
        name=called,
        leg=leg_of(called),
        own_attempt=number,
        note=_reason(found, of.prefix) if word.raw == "failed" else "",
        by=found.person("user.username") if found.is_true("manual") and started_at is not None else "",
        allowed_to_fail=found.boolean(f"{of.prefix}allow_failure"),
        runner_labels=found.names("runner.tags", MAX_LABELS),
        environment=found.name("environment.name") if found.name("environment.action") in ("start", "") else "",
    )


def _word(found: Payload, prefix: str) -> Word:
    """The reason is filled for jobs that did not fail, too."""
    reason, may_fail = found.name(f"{prefix}failure_reason"), found.is_true(f"{prefix}allow_failure")
    return job_word(found.need(f"{prefix}status"), reason, may_fail=may_fail)


def _started_at(found: Payload, of: Listing, word: Word) -> int | None:
    """A start after the end is a slip."""
    if word.raw not in WORKING | ENDED:
        return None
    started, ended = found.moment(f"{of.prefix}started_at"), _finished_at(found, of, word)
    return started if started is None or ended is None or started <= ended else None


def _finished_at(found: Payload, of: Listing, word: Word) -> int | None:
    return found.moment(f"{of.prefix}finished_at") if word.raw in ENDED else None


def _queued_at(found: Payload, of: Listing, word: Word, started_at: int | None) -> int | None:
    """From when it could have begun, had there been a runner: most jobs are made long before their turn comes."""
    waited, created_at = found.span(f"{of.prefix}queued_duration"), found.moment(f"{of.prefix}created_at")
    if started_at is not None:
        return min(started_at, max(started_at - waited, created_at or 0)) if waited is not None else None
    return of.clock if word.raw == "pending" and found.name("when") in _BY_ITSELF else None


def _let_begin(found: Payload, changed: ActionChanged) -> ActionChanged | None:
    """Of a job that a person has let begin, the moment they did: no list of jobs was of it."""
    if not found.is_true("manual") or changed.queued_at is None or changed.started_at is None:
        return None
    word = pipeline_word("pending")
    return replace(
        changed,
        at=word.at(changed.queued_at),
        status=Status.QUEUED,
        raw_status=word.raw,
        finished=False,
        started_at=None,
        finished_at=None,
        note="",
    )


def _deployment(changed: ActionChanged, tier: str) -> DeploymentChanged:
    return DeploymentChanged(
        pipeline=changed.pipeline,
        tells_run=False,
        execution=changed.execution,
        order=changed.order,
        at=changed.at,
        status=changed.status,
        raw_status=changed.raw_status,
        finished=changed.finished,
        absorbing=changed.absorbing,
        queued_at=changed.queued_at,
        started_at=changed.started_at,
        finished_at=changed.finished_at,
        url=changed.url,
        deployment=changed.action,
        environment=changed.environment,
        tier=tier,
    )


def _reason(found: Payload, prefix: str) -> str:
    reason = found.name(f"{prefix}failure_reason")
    return "" if reason == "unknown_failure" else reason.replace("_", " ")


def leg_of(called: str) -> str:
    """What tells a job from others of its name: `2/5`, `linux, amd64`; empty where it is alone."""
    legs: list[str] = []
    while len(legs) < MOST_LEGS and (found := _LEG.search(called)) is not None and found.start() > 0:
        legs.insert(0, (found["values"] or found["number"] or "").strip())
        called = called[: found.start()]
    return " ".join(filter(None, legs))
