"""Past builds of Buildkite. What the API calls a build and a job is what a webhook calls so: the source reads both. A
build is listed with its jobs, unless that is too much."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from dashboard.history.by_time import Place, second_after, second_of
from dashboard.history.reader import FoundProject, ProjectsPage, RunsPage, ToldCrons, ToldPipeline, ToldRun
from dashboard.sources.buildkite.bodies import Body
from dashboard.sources.buildkite.builds import build_changed
from dashboard.sources.buildkite.jobs import job_changed
from dashboard.sources.buildkite.pipelines import pipeline_of
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found
from dashboard.tool_apis.buildkite import PER_PAGE, BuildkiteApi, Listed, Slugs, is_slug
from dashboard.tool_apis.errors import NothingThere, TooMuch
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import ApiQuota
from storage.model.events import ActionChanged, AnyEvent, PipelineRef
from storage.model.pipeline_record import PipelineRecord
from storage.model.tool_state import DELETED, DISABLED

# So many builds with their jobs at once; where those are too much fewer, and then all without.
SIZES = (50, 10)
_KEPT = ("id", "name", "slug", "web_url", "repository", "default_branch")


class BuildkiteHistory:
    """number_of: the number of a build that is known here, by its id, or "": the API knows builds by number alone."""

    def __init__(self, api: BuildkiteApi, number_of: Callable[[str], str]) -> None:
        self._api, self._number_of = api, number_of
        self._tried: dict[str, int] = {}
        self._listed: dict[str, dict[str, str]] = {}
        self._built: dict[str, dict[str, int]] = {}

    @property
    def calls(self) -> int:
        return self._api.session.calls

    @property
    def quota(self) -> ApiQuota | None:
        return self._api.session.quota

    def projects(self, cursor: str) -> ProjectsPage:
        """A page of an organisation's pipelines; when one was last built tells the list of its builds. The cursor names
        the organisations that are left, and the page."""
        left, number = _organizations_left(cursor) if cursor else (self._api.organizations(), 1)
        if not left:
            return ProjectsPage(())
        page = self._api.pipelines(left[0], number)
        built = self._built_at(left[0]) if page.found else {}
        found = tuple(project for one in page.found if (project := _project(left[0], one, built)))
        after = f"{number + 1} {' '.join(left)}" if page.more else f"1 {' '.join(left[1:])}" if left[1:] else ""
        return ProjectsPage(found, after)

    def runs(self, project: Project, since: int, cursor: str) -> RunsPage:
        """None of a pipeline that its organisation lists no more."""
        place = Place.of(cursor)
        until = {"created_to": second_after(place.until)} if place.until else {}
        try:
            page, size, jobs = self._builds(project, {"created_from": second_of(since), **until}, place)
        except NothingThere:
            if self._state(project) == DELETED:
                return RunsPage(())
            raise
        _, told = place.page(size)
        runs = tuple(self._told(project, page.found[told:], jobs=jobs))
        return RunsPage(runs, place.after([_second(one) for one in page.found], size) if page.more else "")

    def jobs(self, project: Project, execution: str, attempt: int) -> tuple[AnyEvent, ...]:
        number = self._number_of(execution)
        found = self._api.jobs(_slugs(project), number) if number else []
        build = {"id": execution, "number": int(number or 0)}
        return tuple(_jobs_told(_body(project, build), found))

    def run(self, project: Project, execution: str) -> ToldRun | None:
        """A number that another build has by now is none of it."""
        number = self._number_of(execution)
        found = self._build(project, number) if number else None
        if found is None or found.get("id") != execution:
            return None
        return next(self._told(project, [found], jobs="jobs" in found), None)

    def pipelines(self, project: Project) -> tuple[ToldPipeline, ...]:
        return (ToldPipeline(self.ref(project).key, self._state(project)),)

    def schedules(self, project: Project, records: Sequence[PipelineRecord]) -> tuple[ToldCrons, ...]:
        """They are told by GraphQL alone."""
        return ()

    def ref(self, project: Project) -> PipelineRef:
        return pipeline_of(_body(project, {}))

    def _builds(self, project: Project, span: Mapping[str, str], place: Place) -> tuple[Listed, int, bool]:
        """The page, of which size it is, and whether it has jobs. What was too much once is not asked for again."""
        slugs = _slugs(project)
        for number in range(self._tried.get(project.id, 0), len(SIZES)):
            try:
                return self._api.builds(slugs, span, size := SIZES[number], place.page(size)[0], jobs=True), size, True
            except TooMuch:
                self._tried[project.id] = number + 1
        return self._api.builds(slugs, span, PER_PAGE, place.page(PER_PAGE)[0], jobs=False), PER_PAGE, False

    def _build(self, project: Project, number: str) -> Found | None:
        try:
            return self._api.build(_slugs(project), number, jobs=True)
        except TooMuch:
            return self._api.build(_slugs(project), number, jobs=False)

    def _built_at(self, organization: str) -> dict[str, int]:
        """By pipeline, of the newest builds of all; asked for once."""
        if organization not in self._built:
            found: dict[str, int] = {}
            for build in map(Payload, self._api.newest_builds(organization)):
                slug, at = build.name("pipeline.slug"), build.moment("created_at")
                found[slug] = max(at or 0, found.get(slug, 0))
            self._built[organization] = found
        return self._built[organization]

    def _state(self, project: Project) -> str:
        """As its organisation lists it, under whatever name."""
        organization, _ = _slugs(project)
        if organization not in self._listed:
            found = self._api.all_pipelines(organization)
            self._listed[organization] = {str(one.get("id")): _state(one) for one in found}
        return self._listed[organization].get(self.ref(project).key, DELETED)

    def _told(self, project: Project, found: Sequence[Found], *, jobs: bool) -> Iterator[ToldRun]:
        """One that makes no sense is left out: it would not as a webhook either."""
        for build in found:
            body = _body(project, build)
            try:
                changed = build_changed(body)
            except Rejected:
                continue
            done = list(_jobs_told(body, build.get("jobs"))) if jobs else []
            # As a job's webhook shows its build: so far it was by then.
            changed = replace(changed, at=max([changed.at, *(job.at for job in done)]))
            yield ToldRun(
                execution=changed.execution,
                attempt=changed.attempt,
                pipeline=changed.pipeline.key,
                asked_at=changed.queued_at or changed.at,
                moves=not changed.finished,
                events=(*done, changed),
                has_jobs=jobs,
            )


def _state(pipeline: Found) -> str:
    return DISABLED if pipeline.get("archived_at") else ""


def _body(project: Project, build: Found) -> Body:
    """As a webhook has it."""
    told = json.loads(project.told)
    return Body("", "", None, Payload(build), Payload({}), Payload(told["pipeline"]), told["organization"])


def _jobs_told(body: Body, found: object) -> Iterator[ActionChanged]:
    for job in found if isinstance(found, list) else []:
        try:
            changed = job_changed(body._replace(job=Payload(job if isinstance(job, dict) else {})))
        except Rejected:
            continue
        if changed is not None:
            yield changed


def _project(organization: str, found: Found, built: Mapping[str, int]) -> FoundProject | None:
    """None of one that no runs can be asked of. One that was not built lately was at least made once."""
    slug, told = found.get("slug"), Payload(found)
    if not is_slug(slug) or not isinstance(found.get("id"), str):
        return None
    provider = {"id": told.name("provider.id")}
    kept = {**{key: found.get(key) for key in _KEPT}, "provider": provider}
    active_at = built.get(slug, told.moment("created_at"))
    return FoundProject(
        f"{organization}/{slug}", json.dumps({"organization": organization, "pipeline": kept}), active_at
    )


def _slugs(project: Project) -> Slugs:
    told = json.loads(project.told)
    return Slugs(told["organization"], told["pipeline"]["slug"])


def _organizations_left(cursor: str) -> tuple[list[str], int]:
    number, *left = cursor.split(" ")
    return left, int(number)


def _second(build: Found) -> str:
    at = Payload(build).moment("created_at")
    return "" if at is None else second_of(at)
