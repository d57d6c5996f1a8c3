"""Past runs of Jenkins. Jobs lie in folders, and branches of a multibranch project are jobs; each lists its own runs.
The stages of a Pipeline are told by a plugin, where it is installed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from dashboard.history.jenkins_bodies import Told, plain_told, run_told, stages_told
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.history.remembered import Remembered
from dashboard.sources.jenkins.checkouts import Checkout
from dashboard.sources.jenkins.jobs import address_of, job_of, pipeline_of
from dashboard.sources.jenkins.notifications import place_of
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found, listed_in
from dashboard.tool_apis.errors import NothingThere
from dashboard.tool_apis.jenkins import JOBS_PER_PAGE, PER_PAGE, JenkinsApi
from storage.model.backfill import Project
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.tool_state import DELETED, DISABLED

HOUR_MS = 3_600_000
MOST_KNOWN, MOST_FOLDERS = 2000, 1000
TOP = "."

_without_stages: Remembered[bool] = Remembered(10_000, HOUR_MS)


class JenkinsHistory:
    def __init__(self, api: JenkinsApi) -> None:
        self._api = api
        self._known: dict[str, Told] = {}
        self._looked_up: dict[str, ToldRun | None] = {}

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        """A page of a folder's jobs, with those of folders in it. The cursor names the folders that are left."""
        (start, folder), *left = _folders(cursor) or [(0, "")]
        page = self._api.jobs(folder, start)
        jobs, folders = list[Found](), list[str]()
        for one in page:
            inside = listed_in(one, "jobs") if "jobs" in one else [one]
            jobs += [job for job in inside if "jobs" not in job]
            folders += [path for job in inside if "jobs" in job and (path := _path(job))]
        more = [(start + JOBS_PER_PAGE, folder)] if len(page) >= JOBS_PER_PAGE else []
        after = [*more, *((0, path) for path in folders), *left][:MOST_FOLDERS]
        found = tuple(project for job in jobs if (project := _project(job)))
        return ProjectsPage(found, " ".join(f"{start}:{path or TOP}" for start, path in after))

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """None of a job that Jenkins knows no more. Runs that come move all pages: what was told is known by number."""
        told, (start, below) = _told(project), _place(cursor)
        try:
            page = self._api.builds(told["path"], start)
        except NothingThere:
            if self._api.job(told["path"]) is None:
                return RunsPage(())
            raise
        fresh = [one for one in page if _number(one) < below]
        found = [run for one in fresh if (run := self._run(told, one))]
        runs = tuple(run for run in found if run.asked_at >= since)
        if len(page) < PER_PAGE or len(runs) < len(found):
            return RunsPage(runs)
        return RunsPage(runs, f"{start + PER_PAGE}|{min([below, *map(_number, fresh)])}")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        known = self._known.get(execution)
        if known is None and (found := self._build(project, execution)):
            known = self._read(*found)
        return self._stages(known) if known else ()

    def run(self, project: Project, execution: str) -> ToldRun | None:
        """A number that another run has by now, as its job was made again, is none of it. Once: branches are asked for
        each other's, as they are of one pipeline."""
        if execution not in self._looked_up:
            found = self._build(project, execution)
            run = self._run(*found) if found else None
            self._looked_up[execution] = run if run and run.execution == execution else None
        return self._looked_up[execution]

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        """Nothing of a branch, as its project has others: it goes as branches do."""
        told, job = _told(project), job_of(_told(project)["path"])
        if job.is_branch:
            return ()
        found = self._api.job(told["path"])
        state = DELETED if found is None else DISABLED if found.get("buildable") is False else ""
        return (ToldPipeline(self._pipeline(told).key, state),)

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """Its API tells no trigger of a job but in the whole of its configuration, which holds secrets."""
        return ()

    def ref(self, project: Project) -> PipelineRef:
        return PipelineRef(source="jenkins", key="", name="", host=self._pipeline(_told(project)).host)

    @staticmethod
    def _pipeline(told: dict[str, Any]) -> PipelineRef:
        return pipeline_of(job_of(told["path"]), Checkout(), told["url"])

    def _build(self, project: Project, execution: str) -> tuple[dict[str, Any], Found] | None:
        """With what is told of its job, which may be another branch of the project's."""
        told, (path, number) = _told(project), place_of(execution)
        build = self._api.build(path, number) if path else None
        return (told if told["path"] == path else {**told, "path": path, "shown": ""}, build) if build else None

    def _run(self, told: dict[str, Any], build: Found) -> ToldRun | None:
        """None of what makes no sense. One that runs comes with its stages, and one that can have none with what stands
        for them."""
        found = self._read(told, build)
        if found is None:
            return None
        changed, moves = found.changed, not found.changed.finished
        with_jobs = moves or found.plain
        return ToldRun(
            execution=changed.execution,
            attempt=changed.attempt,
            pipeline=changed.pipeline.key,
            asked_at=Payload(build).moment("timestamp") or changed.at,
            moves=moves,
            events=(changed, *(self._stages(found) if with_jobs else ())),
            has_jobs=with_jobs,
        )

    def _read(self, told: dict[str, Any], build: Found) -> Told | None:
        try:
            found = run_told(told["path"], told["shown"], build)
        except Rejected:
            return None
        while len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[found.changed.execution] = found
        return found

    def _stages(self, told: Told) -> tuple[AnyEvent, ...]:
        """Whether the plugin is there is asked for once an hour and job."""
        path, number = place_of(told.changed.execution)
        key, now = (self._api.session.address, path), self._api.now()
        if told.plain or _without_stages.find(key, now):
            return plain_told(told)
        described = self._api.described(path, number)
        if described is None:
            _without_stages.put(key, True, now)
        return stages_told(told, described)


def _project(job: Found) -> FoundProject | None:
    """None of what is no job of this server. One that never ran is still."""
    path = _path(job)
    if not path:
        return None
    kept = {"path": path, "url": str(job.get("url")), "shown": str(job.get("displayName") or "")[:200]}
    last = job.get("lastBuild")
    ran_at = Payload(last).moment("timestamp") if isinstance(last, dict) else 0
    return FoundProject("/".join(job_of(path).names), json.dumps(kept), ran_at)


def _path(job: Found) -> str:
    """Within its server, as notifications have it."""
    path = address_of(str(job.get("url") or ""))
    return path if path.startswith("job/") else ""


def _folders(cursor: str) -> list[tuple[int, str]]:
    return list(_split(cursor))


def _split(cursor: str) -> Iterator[tuple[int, str]]:
    for one in cursor.split():
        start, _, path = one.partition(":")
        yield int(start), "" if path == TOP else path


def _place(cursor: str) -> tuple[int, int]:
    """From which run on to ask, and below which number none was told."""
    start, _, below = cursor.partition("|")
    return (int(start), int(below)) if cursor else (0, 2**63)


def _number(build: Found) -> int:
    number = build.get("number")
    return number if isinstance(number, int) else 0


def _told(project: Project) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(project.told)
    return told
