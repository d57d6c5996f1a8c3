"""Past workflows of CircleCI. The API lists pipelines, and the workflows of one at a time: a run costs a request, its
jobs another one. What it calls a workflow and a job is what a webhook calls so: the source reads both."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dashboard.history.circleci_bodies import body_of, jobs_told, run_told
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.history.remembered import Remembered
from dashboard.sources.circleci.workflows import Body
from dashboard.sources.kit.payload import Payload
from dashboard.tool_apis.answers import Found
from dashboard.tool_apis.circleci import CircleCiApi
from dashboard.tool_apis.errors import NotTaken
from dashboard.webhooks.circleci_projects import projects_of
from storage.model.backfill import Project
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
# Pages that tell nothing new are passed over, so many at the most.
MOST_PASSED_OVER = 200
MOST_BODIES = 2000
# A pipeline whose workflows ended so long ago may only be run again: that is asked for every hour.
SETTLED_MS = 30 * MINUTE_MS

_projects: Remembered[Found] = Remembered(5_000, HOUR_MS)
_settled: Remembered[bool] = Remembered(50_000, HOUR_MS)


class CircleCiHistory:
    def __init__(self, api: CircleCiApi) -> None:
        self._api = api
        self._bodies: dict[str, Body] = {}

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        """Of one organisation after the other. The cursor names those that are left."""
        left = cursor.split(" ") if cursor else self._api.organizations()
        if not left:
            return ProjectsPage(())
        projects = tuple(FoundProject(slug, active_at=at) for slug, at in projects_of(self._api, left[0]).items())
        return ProjectsPage(projects, " ".join(left[1:]))

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """The workflows of a page of pipelines. Of a project that is only kept right, those that ended long ago are
        left out for an hour: they were told before."""
        about = self._about(project)
        place = _Place.of(cursor)
        fresh, following = self._fresh(project.id, place)
        begun = [one for one in fresh if _at(one, "created_at", since) >= since]
        kept_right = project.checked_at > 0 and not cursor
        runs = [
            run
            for one in begun
            if not (kept_right and self._is_settled(one))
            for run in self._workflows(about, one, settle=kept_right)
        ]
        if not following or len(begun) < len(fresh):
            return RunsPage(tuple(runs))
        return RunsPage(tuple(runs), f"{min(map(_number, fresh))} {following}")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        body = self._bodies.get(execution)
        if body is None:
            workflow = self._api.workflow(execution)
            if workflow is None:
                return ()
            body = body_of(self._api, self._about(project), workflow, {"number": workflow.get("pipeline_number")})
        return tuple(jobs_told(body, self._api.jobs(execution)))

    def run(self, project: Project, execution: str) -> ToldRun | None:
        workflow = self._api.workflow(execution)
        pipeline = self._api.pipeline(str(workflow.get("pipeline_id"))) if workflow else None
        return self._told(self._about(project), workflow, pipeline) if workflow and pipeline else None

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        """Nothing tells which workflows a project has."""
        return ()

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """They belong to a project, and do not say which of its workflows they run."""
        return ()

    def ref(self, project: Project) -> PipelineRef:
        return PipelineRef(source="circleci", key="", name="")

    def _about(self, project: Project) -> Found:
        """Its id and names, which no list tells."""
        key, now = (self._api.session.address, project.id), self._api.now()
        found = _projects.find(key, now)
        if found is None:
            found = self._api.project(project.id)
            _projects.put(key, found, now)
        return found

    def _fresh(self, slug: str, place: _Place) -> tuple[Sequence[Found], str]:
        """Of the next page those below what was told, and the token of what comes after. Where CircleCI does not know a
        token any more, from the beginning."""
        token, passed = place.token, set[str]()
        while len(passed) < MOST_PASSED_OVER:
            try:
                page = self._api.pipelines(slug, token)
            except NotTaken:
                if not token or "" in passed:
                    raise
                token = ""
                continue
            passed.add(token)
            fresh = [one for one in page.found if _number(one) < place.below]
            if fresh or not page.next or page.next in passed:
                return fresh, page.next if page.next not in passed else ""
            token = page.next
        return [], ""

    def _is_settled(self, pipeline: Found) -> bool:
        return bool(_settled.find((self._api.session.address, str(pipeline.get("id"))), self._api.now()))

    def _workflows(self, about: Found, pipeline: Found, *, settle: bool) -> Iterator[ToldRun]:
        """Of a pipeline, newest first. One may have none: its configuration was wrong, or it has just been made."""
        found = self._api.workflows(str(pipeline.get("id")))
        found.sort(key=lambda one: -_at(one, "created_at", 0))
        now = self._api.now()
        ended = [_at(one, "stopped_at", now) for one in found] or [_at(pipeline, "created_at", now)]
        if settle and max(ended) < now - SETTLED_MS:
            _settled.put((self._api.session.address, str(pipeline.get("id"))), True, now)
        for workflow in found:
            told = self._told(about, workflow, pipeline)
            if told is not None:
                yield told

    def _told(self, about: Found, workflow: Found, pipeline: Found) -> ToldRun | None:
        """One that moves with its jobs, which alone tell when something last happened."""
        body = body_of(self._api, about, workflow, pipeline)
        moves = Payload(workflow).moment("stopped_at") is None
        told = run_told(body, self._api.jobs(str(workflow.get("id"))) if moves else None)
        if told is not None:
            while len(self._bodies) >= MOST_BODIES:
                self._bodies.pop(next(iter(self._bodies)))
            self._bodies[told.execution] = body
        return told


class _Place(NamedTuple):
    """below: pipelines from this number on were told. token: of the page that follows."""

    below: int = 2**63
    token: str = ""

    @classmethod
    def of(cls, cursor: str) -> _Place:
        below, _, token = cursor.partition(" ")
        return cls(int(below), token) if below else cls()


def _number(pipeline: Found) -> int:
    return Payload(pipeline).number("number") or 0


def _at(found: Found, name: str, otherwise: int) -> int:
    at = Payload(found).moment(name)
    return otherwise if at is None else at
