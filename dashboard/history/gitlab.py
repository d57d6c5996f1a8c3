"""Past pipelines of GitLab. What its API tells is put into the shape of a pipeline hook, which the source reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from dashboard.history.by_time import second_of
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.sources.gitlab.jobs import Listing, told_of
from dashboard.sources.gitlab.pipelines import listing_of, pipeline
from dashboard.sources.gitlab.projects import home_of, unnamed
from dashboard.sources.gitlab.statuses import ENDED, pipeline_word
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs, Rejected
from dashboard.tool_apis.errors import NothingThere, NotPermitted
from dashboard.tool_apis.gitlab import CHILDREN, Found, GitLabApi, Listed
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, ExecutionChanged, Origin, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.told_schedule import Cron
from storage.model.tool_state import DELETED, DISABLED

_KEPT = ("id", "name", "path_with_namespace", "web_url", "default_branch", "ci_config_path")
MERGE_REQUEST = "refs/merge-requests/"


class GitLabHistory:
    """A page of runs is two lists: that of a project leaves child pipelines out, which have one of their own."""

    def __init__(self, api: GitLabApi) -> None:
        self._api = api

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        page = self._api.projects(int(cursor or 0))
        found = tuple(project for one in page.found if (project := _project(one)))
        ids = [one["id"] for one in page.found if isinstance(one.get("id"), int)]
        return ProjectsPage(found, str(min(ids)) if page.full and ids else "")

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """Pages are by number: new pipelines move them, so that some are told twice and none is left out."""
        told, place = _told(project), _place(cursor)
        if not told["builds"]:
            return RunsPage(())
        runs: list[ToldRun] = []
        after = []
        for number, source in zip(place, ("", CHILDREN), strict=True):
            page = (
                self._api.pipelines(told["id"], second_of(since), number, source) if number else Listed((), full=False)
            )
            found = [run for one in page.found if (run := _run(project, one, source))]
            runs += [run for run in found if run.asked_at >= since]
            older = page.full and all(run.asked_at >= since for run in found)
            after.append(number + 1 if older else 0)
        return RunsPage(tuple(runs), f"{after[0]}|{after[1]}" if any(after) else "")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        """As a hook of this moment would tell the pipeline, with the jobs that were run again, and those that begin
        other pipelines, which no hook tells: they have no page of their own, but what they began has."""
        number = _told(project)["id"]
        found = self._api.pipeline(number, execution)
        if found is None:
            return ()
        jobs, bridges = self._api.jobs(number, execution), self._api.bridges(number, execution)
        body = Payload(self._hook(project, found, jobs, bridges))
        try:
            events, listing = list(pipeline(body).events), listing_of(body)
        except (NothingForUs, Rejected):
            return ()
        latest = {one.get("id") for one in _latest(jobs)}
        events += _apart([one for one in jobs if one.get("id") not in latest], listing._replace(clock=None))
        for one in bridges:
            page = Payload(one).link("downstream_pipeline.web_url")
            events += [replace(event, url=page or event.url) for event in _apart([one], listing)]
        return tuple(events)

    def run(self, project: Project, execution: str) -> ToldRun | None:
        found = self._api.pipeline(_told(project)["id"], execution)
        return _run(project, found) if found else None

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        """A project's own and that of its children stand and fall with it, as the list of projects told last."""
        told = _told(project)
        key = home_of(_document(project))["scope"]
        return tuple(ToldPipeline(one, told["state"]) for one in (key, f"{key}/child"))

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """Of a project's own pipeline: its children are begun by others."""
        key = home_of(_document(project))["scope"]
        if all(one.key != key for one in records):
            return ()
        try:
            found = self._api.schedules(_told(project)["id"])
        except (NothingThere, NotPermitted):
            return (ToldCrons(key, None),)
        # An older server tells of those that are not active, too.
        active = [one for one in found if one.get("active") is not False]
        return (ToldCrons(key, tuple(_cron(one) for one in active)),)

    def ref(self, project: Project) -> PipelineRef:
        return unnamed(home_of(_document(project)))

    def _hook(
        self, project: Project, found: Found, jobs: Sequence[Found], bridges: Sequence[Found]
    ) -> dict[str, object]:
        """https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events"""
        commit: Found = next((one["commit"] for one in (*jobs, *bridges) if isinstance(one.get("commit"), dict)), {})
        request = self._merge_request(project, str(found.get("ref", "")))
        attributes = {**found, "url": found.get("web_url"), "stages": _stages((*jobs, *bridges))}
        if str(found.get("ref", "")).startswith(MERGE_REQUEST) and request is None:
            attributes["ref"] = ""
        return {
            "object_attributes": attributes,
            "project": _told(project),
            "user": found.get("user"),
            "merge_request": request,
            "commit": {
                "message": commit.get("message"),
                "timestamp": commit.get("committed_date") or commit.get("created_at"),
                "author": {"name": commit.get("author_name")},
            },
            "builds": [_build(one) for one in _latest(jobs)],
        }

    def _merge_request(self, project: Project, ref: str) -> dict[str, object] | None:
        if not ref.startswith(MERGE_REQUEST):
            return None
        try:
            number = ref.removeprefix(MERGE_REQUEST).partition("/")[0]
            found = self._api.merge_request(_told(project)["id"], number)
        except (NothingThere, NotPermitted):
            return None
        return {**found, "url": found.get("web_url")}


class _Place(NamedTuple):
    """Numbers of pages, of pipelines and of child pipelines; 0 where all were told."""

    own: int
    children: int


def _place(cursor: str) -> _Place:
    own, children = (cursor or "1|1").split("|")
    return _Place(int(own), int(children))


def _project(found: Found) -> FoundProject | None:
    """None of one that no pipelines can be asked of."""
    name = found.get("path_with_namespace")
    if not isinstance(name, str) or not isinstance(found.get("id"), int):
        return None
    builds = found.get("builds_access_level") != "disabled" and found.get("jobs_enabled") is not False
    gone = found.get("marked_for_deletion_on") or found.get("marked_for_deletion_at")
    state = DELETED if gone else DISABLED if found.get("archived") is True or not builds else ""
    kept = {**{key: found.get(key) for key in _KEPT}, "builds": builds, "state": state}
    return FoundProject(name, json.dumps(kept), Payload(found).moment("last_activity_at"))


def _cron(found: Found) -> Cron:
    """A zone by a name that is not in the time zone database leaves open when it runs."""
    return Cron(str(found.get("cron", "")), str(found.get("cron_timezone") or "UTC"))


def _told(project: Project) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(project.told)
    return told


def _document(project: Project) -> Payload:
    return Payload({"project": _told(project)})


def _run(project: Project, found: Found, source: str = "") -> ToldRun | None:
    """None of one that makes no sense, or that an older server lists though it was not asked for."""
    if source and found.get("source") != source:
        return None
    try:
        events = _listed(project, found)
    except (NothingForUs, Rejected):
        return None
    event = events[0]
    asked_at = event.queued_at or event.at
    return ToldRun(event.execution, event.attempt, event.pipeline.key, asked_at, not event.finished, events)


def _listed(project: Project, found: Found) -> tuple[ExecutionChanged, ...]:
    """The list tells when a pipeline last changed: then it came to stand as it does. When it ended is told to the
    second, so that it is not later than what a hook tells of it; whether it is of a tag is not told."""
    ref = str(found.get("ref", ""))
    word, changed = pipeline_word(str(found.get("status", ""))), Payload(found).moment("updated_at", "created_at") or 0
    body = {**found, "url": found.get("web_url"), "finished_at": found.get("finished_at")}
    (told,) = pipeline(Payload({"object_attributes": body, "project": _told(project)})).events
    if not isinstance(told, ExecutionChanged):
        raise NothingForUs("no pipeline")
    ended_at = Payload(found).moment("finished_at") or max(changed // 1000 * 1000, told.queued_at or 0)
    event = replace(
        told,
        at=word.at(max(changed, ended_at) if word.finished else changed),
        finished_at=ended_at if word.finished else None,
        origin=told.origin if "tag" in found else None,
    )
    if not ref.startswith(MERGE_REQUEST):
        return (event,)
    # Of a merge request it is for certain; whether of a fork, and which branch, others tell: they hold, being later.
    weak = ExecutionChanged(
        pipeline=PipelineRef(source=told.pipeline.source, key="", name="", host=told.pipeline.host),
        execution=told.execution,
        order=told.order,
        at=max(0, (told.queued_at or 0) // 1000 * 1000 - 1),
        origin=Origin.CHANGE_REQUEST,
        queued_at=told.queued_at,
    )
    return (replace(event, origin=None, branch=""), weak)


def _latest(jobs: Iterable[Found]) -> list[Found]:
    """Of each name the newest, as hooks list them."""
    found: dict[object, Found] = {}
    for one in jobs:
        known = found.get(one.get("name"))
        if known is None or _number(one) > _number(known):
            found[one.get("name")] = one
    return list(found.values())


def _stages(jobs: Iterable[Found]) -> list[str]:
    """In their order: jobs are made stage by stage, so the first of each has a lower id than those after."""
    first: dict[str, int] = {}
    for one in jobs:
        if isinstance(stage := one.get("stage"), str):
            first[stage] = min(_number(one), first.get(stage, _number(one)))
    return sorted(first, key=lambda stage: first[stage])


def _build(job: Found) -> dict[str, object]:
    """Hooks tell what its runner has; what a job that waits for one needs, the API alone tells."""
    begun = job.get("started_at") or job.get("status") in ENDED
    return {**job, "runner": None if begun else {"tags": job.get("tag_list")}}


def _apart(jobs: Sequence[Found], listing: Listing) -> Iterator[AnyEvent]:
    for job in jobs:
        try:
            yield from told_of(Payload(_build(job)), listing).events
        except (NothingForUs, Rejected):
            continue


def _number(found: Mapping[str, Any]) -> int:
    number = found.get("id")
    return number if isinstance(number, int) else 0
