"""Past executions of CodePipeline. The API lists them without their actions, which tell attempts and stages: each costs
a request of its own, so that what has ended is asked for once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from dashboard.history.codepipeline_bodies import (
    MOVES,
    Inbound,
    Place,
    action_runs,
    inbound_of,
    milliseconds,
    run_told,
)
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.history.remembered import Remembered
from dashboard.sources.codepipeline.facts import pipeline_of
from dashboard.sources.kit.payload import Payload
from dashboard.tool_apis.answers import Found
from dashboard.tool_apis.errors import NothingThere, NotPermitted, NotTaken
from storage.model.backfill import Project
from storage.model.entities import ApiQuota
from storage.model.events import AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.tool_state import DELETED

if TYPE_CHECKING:
    from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi

# Of a page each execution is a request; of the newest that are kept right only what is told otherwise than before.
PAGE, KEPT_RIGHT = 10, 50
# Pages that were told before AWS forgot its token: twelve months of eight a day.
MOST_PASSED_OVER = 300
MOST_PAGES = 100
DAY_MS = 86_400_000
UNTOLD = "No region is named, and no event came from one yet: name the regions of the pipelines"

_settled: Remembered[tuple[str, int]] = Remembered(50_000, DAY_MS)


class CodePipelineHistory:
    """in_region: its API, of the account that is read. regions: which."""

    def __init__(
        self, in_region: Callable[[str], CodePipelineHistoryApi], regions: Callable[[], Sequence[str]]
    ) -> None:
        self._in_region, self._regions = in_region, regions
        self._apis: dict[str, CodePipelineHistoryApi] = {}
        self._counted: dict[str, int] = {}
        self._listed: dict[str, set[str]] = {}

    @property
    def calls(self) -> int:
        return sum(api.calls - self._counted[region] for region, api in self._apis.items())

    @property
    def quota(self) -> ApiQuota | None:
        """AWS tells none."""
        return None

    def projects(self, cursor: str) -> ProjectsPage:
        """Of one region after the other; nothing tells when one last ran. The cursor names the regions that are left,
        and the page. Raises NothingThere where no region is known."""
        named, _, token = cursor.partition(" ")
        left = named.split(",") if named else list(self._regions())
        if not left:
            raise NothingThere(UNTOLD)
        api = self._api(left[0])
        page = api.pipelines(token)
        found = [Place(api.account, api.region, str(one["name"])) for one in page.found if one.get("name")]
        rest = ",".join(left) if page.next else ",".join(left[1:])
        return ProjectsPage(tuple(FoundProject(place.key) for place in found), f"{rest} {page.next}" if rest else "")

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """None of a pipeline that is gone. Of a project that is only kept right, what ended and stands as it was told
        is left out."""
        place, begun = _place(project), _Cursor.of(cursor)
        kept_right = project.checked_at > 0 and not cursor
        try:
            found, following = self._found(place, KEPT_RIGHT if kept_right else PAGE, begun)
        except NothingThere:
            return RunsPage(())
        fresh = [one for one in found if _began(one) >= since]
        wanted = [one for one in fresh if not (kept_right and self._is_settled(project, one))]
        runs = tuple(self._told(project, wanted))
        for one in wanted:
            if one.get("status") not in MOVES:
                _settled.put(_key(project, one), _stand(one), self._api(place.region).now())
        older = min(map(_began, found), default=0)
        goes_on = following and len(fresh) == len(found) and older < begun.below
        return RunsPage(runs, f"{older} {following}" if goes_on else "")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        """Executions come with theirs."""
        told = self.run(project, execution)
        return told.events if told else ()

    def run(self, project: Project, execution: str) -> ToldRun | None:
        place = _place(project)
        found = self._api(place.region).execution(place.pipeline, execution)
        return next(self._told(project, [found]), None) if found else None

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        place = _place(project)
        if place.region not in self._listed:
            self._listed[place.region] = set(self._names(place.region))
        state = "" if place.pipeline in self._listed[place.region] else DELETED
        return (ToldPipeline(place.key, state),)

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """Schedules belong to EventBridge, which is not asked."""
        return ()

    def ref(self, project: Project) -> PipelineRef:
        place = _place(project)
        document = Payload({"account": place.account, "region": place.region})
        return pipeline_of(document, Payload({"pipeline": place.pipeline}))

    def _api(self, region: str) -> CodePipelineHistoryApi:
        if region not in self._apis:
            self._apis[region] = self._in_region(region)
            self._counted[region] = self._apis[region].calls
        return self._apis[region]

    def _names(self, region: str) -> Iterator[str]:
        token, seen = "", {""}
        for _ in range(MOST_PAGES):
            page = self._api(region).pipelines(token)
            yield from (str(one.get("name")) for one in page.found)
            token = page.next
            if token in seen:
                break
            seen.add(token)

    def _found(self, place: Place, size: int, cursor: _Cursor) -> tuple[Sequence[Found], str]:
        """Of the next page those below what was told. Where AWS does not know a token any more, from the beginning."""
        api, token, passed = self._api(place.region), cursor.token, set[str]()
        if api.account != place.account:
            raise NotPermitted(f"These credentials are of another account than {place.account}")
        while len(passed) < MOST_PASSED_OVER:
            try:
                page = api.executions(place.pipeline, size, token)
            except NotTaken:
                if not token or "" in passed:
                    raise
                token = ""
                continue
            passed.add(token)
            found = [one for one in page.found if _began(one) <= cursor.below]
            if any(_began(one) < cursor.below for one in found) or not page.next or page.next in passed:
                return found, page.next if page.next not in passed else ""
            token = page.next
        return [], ""

    def _told(self, project: Project, found: Sequence[Found]) -> Iterator[ToldRun]:
        place = _place(project)
        api, stages = self._api(place.region), list[Found]()
        for one in found:
            key = str(one.get("pipelineExecutionId"))
            try:
                runs = action_runs(api.actions(place.pipeline, key))
            except NothingThere:
                # Gone since it was listed.
                continue
            inbound: Inbound | None = None
            if one.get("status") == "InProgress" and not any(run.ended is None for run in runs):
                stages = stages or api.stages(place.pipeline)
                inbound = inbound_of(stages, key)
            if told := run_told(place, one, runs, inbound, api.now()):
                yield told

    def _is_settled(self, project: Project, found: Found) -> bool:
        now = self._api(_place(project).region).now()
        return _settled.find(_key(project, found), now) == _stand(found)


class _Cursor(NamedTuple):
    """below: executions that began after that (milliseconds) were told. token: of the page that follows."""

    below: int = 2**63
    token: str = ""

    @classmethod
    def of(cls, cursor: str) -> _Cursor:
        below, _, token = cursor.partition(" ")
        return cls(int(below), token) if below else cls()


def _place(project: Project) -> Place:
    """A project is a pipeline, by the key that its events give it."""
    account, region, called = (*project.id.split("/", 2), "", "")[:3]
    return Place(account, region, called)


def _key(project: Project, found: Found) -> tuple[str, ...]:
    return (project.id, str(found.get("pipelineExecutionId")))


def _stand(found: Found) -> tuple[str, int]:
    return str(found.get("status")), milliseconds(found.get("lastUpdateTime")) or 0


def _began(found: Found) -> int:
    return milliseconds(found.get("startTime")) or 0
