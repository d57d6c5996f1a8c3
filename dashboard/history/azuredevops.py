"""Past runs of Azure Pipelines. The API lists a project's builds without what ran in them, which is another request;
what has not ended comes with that, as it alone tells what waits for whom."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dashboard.history.azuredevops_bodies import Timeline, asked, run_changed, twice
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.history.remembered import Remembered
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found
from dashboard.tool_apis.azuredevops import PER_PAGE, AzureDevOpsApi
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, ExecutionChanged, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.tool_state import DISABLED

DAY_MS = 86_400_000
MOST_KNOWN = 2000

_collections: Remembered[str] = Remembered(500, DAY_MS)


class AzureDevOpsHistory:
    def __init__(self, api: AzureDevOpsApi) -> None:
        self._api = api
        self._known: dict[str, ExecutionChanged] = {}

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        """By name. Which of them are active is told by nothing."""
        skip = int(cursor or 0)
        page = self._api.projects(skip)
        found = [one for one in page if isinstance(one.get("id"), str) and isinstance(one.get("name"), str)]
        if not found:
            return ProjectsPage(())
        collection = self._collection(found[0]["id"])
        projects = tuple(
            FoundProject(one["name"], json.dumps({"id": one["id"], "name": one["name"], "collection": collection}))
            for one in found
        )
        return ProjectsPage(projects, str(skip + len(page)) if len(page) >= PER_PAGE else "")

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        told, place = _told(project), _Place.of(cursor)
        page = self._api.builds(told["id"], _time(since), _time(place.until, "9999") if cursor else "")
        runs = [
            run
            for one in page
            if str(one.get("id")) not in place.seen and (run := self._run(told, one)) and run.asked_at >= since
        ]
        return RunsPage(tuple(runs), place.after(page) if len(page) >= PER_PAGE else "")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        told = _told(project)
        changed = self._known.get(execution)
        if changed is None:
            build = self._api.build(told["id"], execution)
            changed = self._changed(told, build) if build else None
        return self._ran(told, changed)[0] if changed else ()

    def run(self, project: Project, execution: str) -> ToldRun | None:
        told = _told(project)
        found = self._api.build(told["id"], execution)
        return self._run(told, found) if found else None

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        told = _told(project)
        return tuple(
            ToldPipeline(f"{told['id'].lower()}/{one['id']}", DISABLED if one.get("queueStatus") == "disabled" else "")
            for one in self._api.definitions(told["id"])
            if isinstance(one.get("id"), int)
        )

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """A definition tells its schedules only on its own, a request each: the runs that came tell enough."""
        return ()

    def ref(self, project: Project) -> PipelineRef:
        return PipelineRef(source="azuredevops", key="", name="", host=_told(project)["collection"])

    def _collection(self, project: str) -> str:
        """Events name it; only a project on its own tells it."""
        key, now = (self._api.session.address,), self._api.now()
        found = _collections.find(key, now)
        if found is None:
            found = self._api.collection(project)
            _collections.put(key, found, now)
        return found

    def _run(self, told: dict[str, Any], build: Found) -> ToldRun | None:
        """None of what makes no sense: it would not as an event either."""
        changed = self._changed(told, build)
        if changed is None:
            return None
        ran: tuple[AnyEvent, ...] = ()
        if not changed.finished:
            ran, latest_at = self._ran(told, changed)
            changed = replace(changed, at=max(changed.at, latest_at))
        return ToldRun(
            execution=changed.execution,
            attempt=changed.attempt,
            pipeline=changed.pipeline.key,
            asked_at=changed.queued_at or changed.at,
            moves=not changed.finished,
            events=(*ran, *twice(changed)),
            has_jobs=not changed.finished,
        )

    def _changed(self, told: dict[str, Any], build: Found) -> ExecutionChanged | None:
        try:
            changed = run_changed(told, build)
        except Rejected:
            return None
        while len(self._known) >= MOST_KNOWN:
            self._known.pop(next(iter(self._known)))
        self._known[changed.execution] = changed
        return changed

    def _ran(self, told: dict[str, Any], changed: ExecutionChanged) -> tuple[tuple[AnyEvent, ...], int]:
        """What ran of it, and when something last happened there."""
        timelines = self._api.timelines(told["id"], changed.execution)
        wanted = [str(one.get("id")) for one in self._approvals(changed, timelines)]
        approvals = self._api.approvals(told["id"], wanted) if wanted else []
        return asked(changed, timelines, approvals)

    @staticmethod
    def _approvals(changed: ExecutionChanged, timelines: Sequence[Sequence[Found]]) -> Iterator[Found]:
        for place, records in enumerate(timelines):
            yield from Timeline(changed, records, newest=place == 0).approvals


class _Place(NamedTuple):
    """until: builds of that millisecond and before. seen: of that millisecond those that were told."""

    until: int = 0
    seen: frozenset[str] = frozenset()

    @classmethod
    def of(cls, cursor: str) -> _Place:
        until, _, seen = cursor.partition("|")
        return cls(int(until), frozenset(seen.split(","))) if until else cls()

    def after(self, page: Sequence[Found]) -> str:
        """The cursor of what comes after a full page; empty where no time is told, or it is not gone by."""
        times = {str(one.get("id")): at for one in page if (at := Payload(one).moment("queueTime")) is not None}
        oldest = min(times.values(), default=0)
        if not times or 0 < self.until < oldest:
            return ""
        told = [one for one, at in times.items() if at == oldest]
        if oldest == self.until and self.seen.issuperset(told):
            # A page of one millisecond: there is no more to be had of it.
            return f"{oldest - 1}|"
        return f"{oldest}|{','.join(sorted({*told, *(self.seen if oldest == self.until else ())}))}"


def _told(project: Project) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(project.told)
    return told


def _time(at: int, digits: str = "") -> str:
    """ISO 8601, UTC. `at` in milliseconds, of which Azure DevOps tells four more digits."""
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}{digits}Z"
