"""GitLab's pipeline hooks: an execution, and all its jobs as they then are.

https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dashboard.sources.gitlab.jobs import Listing, Told, told_of
from dashboard.sources.gitlab.projects import home_of, pipeline_of, unnamed
from dashboard.sources.gitlab.statuses import ENDED, WORKING, Word, pipeline_word
from dashboard.sources.kit.payload import Payload
from storage.model.events import ExecutionChanged, Origin

MAX_STAGES = 200
_MERGE_REQUESTS = frozenset({"merge_request_event", "external_pull_request_event"})
_MERGE_REQUEST = re.compile(r"refs/merge-requests/(?P<number>[0-9]{1,18})/(?:head|merge|train)")
_STILL = ENDED | {"skipped", "manual"}


def pipeline(document: Payload) -> Told:
    run, jobs = document.need_obj("object_attributes"), document.items("builds")
    word, listing = pipeline_word(run.need("status")), listing_of(document)
    found = [told_of(job, listing) for job in jobs]
    return Told(
        (
            _execution(document, run, word, _clock(run, jobs), jobs),
            *(event for told in found for event in told.events),
        ),
        tuple(subject for told in found for subject in told.subjects),
    )


def listing_of(document: Payload) -> Listing:
    """What its jobs are told as, those that the body lists and others of the same pipeline."""
    run, home = document.need_obj("object_attributes"), home_of(document)
    return Listing(
        home=home,
        pipeline=unnamed(home, pipeline_of(document).key),
        run=run.identifier("id"),
        clock=_clock(run, document.items("builds")),
        commit=run.name("sha"),
        branch=_branch(document, run),
        page=document.link("project.web_url"),
    )


def _clock(run: Payload, jobs: tuple[Payload, ...]) -> int:
    """The newest time of the body: a hook does not say when it was made, and what is run again only has newer jobs."""
    times = [run.moment("finished_at"), run.need_moment("created_at", "finished_at")]
    times += (job.moment(name) for job in jobs for name in ("created_at", "started_at"))
    times += (job.moment("finished_at") for job in jobs if job.name("status") in ENDED)
    return max(time for time in times if time is not None)


def _execution(document: Payload, run: Payload, word: Word, clock: int, jobs: tuple[Payload, ...]) -> ExecutionChanged:
    number, finished_at = run.identifier("id"), run.moment("finished_at")
    again = not word.finished and finished_at is not None and any(job.name("status") not in _STILL for job in jobs)
    page = document.link("project.web_url")
    return ExecutionChanged(
        pipeline=pipeline_of(document),
        execution=str(number),
        order=number,
        at=word.at(clock, again=again),
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        # What is run again stays the same pipeline, without any number of the attempt.
        absorbing=False,
        told_to_wait=word.told_to_wait,
        queued_at=run.moment("created_at"),
        started_at=min((at for job in jobs if (at := _began_at(job)) is not None), default=None),
        # Until it ends again this is when it ended before.
        finished_at=(finished_at or clock) if word.finished else None,
        url=run.link("url") or (f"{page}/-/pipelines/{number}" if page else ""),
        number=str(run.number("iid") or ""),
        branch=_branch(document, run),
        commit=run.name("sha"),
        message=document.line("commit.message", "commit.title"),
        author=document.person("commit.author.name"),
        committed_at=document.moment("commit.timestamp"),
        actor=document.person("user.username", "user.name"),
        trigger=run.name("source"),
        scheduled_at=run.moment("created_at") if run.name("source") == "schedule" else None,
        upstream=_upstream(document),
        stages=run.names("stages", MAX_STAGES),
        **_started_by(document, run)._asdict(),
    )


def _began_at(job: Payload) -> int | None:
    return job.moment("started_at") if job.name("status") in WORKING | ENDED else None


def _branch(document: Payload, run: Payload) -> str:
    ref = run.name("ref")
    return (document.name("merge_request.source_branch") or ref) if _MERGE_REQUEST.fullmatch(ref) else ref


def _upstream(document: Payload) -> str:
    """The pipeline that began this one, of the same project or another."""
    upstream = document.obj("source_pipeline")
    number = upstream.number("pipeline_id")
    return f"{upstream.name('project.path_with_namespace')} #{number}".strip() if number else ""


class StartedBy(NamedTuple):
    origin: Origin
    change_request: str = ""
    change_request_url: str = ""
    base_branch: str = ""


def _started_by(document: Payload, run: Payload) -> StartedBy:
    request, ref = document.obj("merge_request"), _MERGE_REQUEST.fullmatch(run.name("ref"))
    if not (request or ref or run.name("source") in _MERGE_REQUESTS):
        return StartedBy(Origin.TAG if run.is_true("tag") else Origin.BRANCH)
    source, target = request.number("source_project_id"), request.number("target_project_id")
    number = request.number("iid")
    return StartedBy(
        Origin.FORK if source is not None and target is not None and source != target else Origin.CHANGE_REQUEST,
        str(number) if number else ref["number"] if ref else "",
        request.link("url"),
        request.name("target_branch"),
    )
