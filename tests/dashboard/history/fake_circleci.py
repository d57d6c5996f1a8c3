"""CircleCI as a person's token sees it, in the shapes of its documentation: organisations, projects, pipelines with
their workflows, which are run again under another id, and jobs. It pages by tokens, which it may repeat or forget. It
tells no quota, limits by the minute, and fails now and then.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.history.fake_buildkite import at_of, id_of, time_of
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

TOKEN = "CCIPAT_a-token"
PAGE = 20
_PROJECT = re.compile(r"/api/v2/project/(?P<slug>[a-z]+/[\w-]+/[\w-]+)(?P<rest>/pipeline)?")
_OF = re.compile(r"/api/v2/(?P<kind>pipeline|workflow)/(?P<id>[0-9a-f-]+)(?P<rest>/workflow|/job)?")
_STEPS = re.compile(r"/api/v1\.1/project/(?P<slug>[a-z]+/[\w-]+/[\w-]+)/(?P<number>\d+)")


@dataclass
class FakePipeline:
    """ended: how its workflow did, None while it runs. again: it failed once and was run again, ten minutes later.
    holds: it waits for an approval before its last job. errored: it has no workflows."""

    number: int
    slug: str
    created_at: int
    ended: str | None = "success"
    minutes: int = 6
    branch: str = "main"
    again: bool = False
    holds: bool = False
    errored: bool = False

    @property
    def id(self) -> str:
        return id_of(self.slug, self.number)


@dataclass
class FakeWorkflow:
    pipeline: FakePipeline
    id: str
    created_at: int
    ended: str | None

    @property
    def ended_at(self) -> int:
        return self.created_at + self.pipeline.minutes * MINUTE


@dataclass
class FakeCircleCi:
    """limit: calls in a minute. hidden: projects that the token may not read. fails_every: so many calls. comes: called
    after each list of pipelines. repeats: the last page leads to the first. forgotten: so often tokens were forgotten.
    steps: what a job of this number did, as the API before this one tells it. live: runs end by the clock."""

    tool: FakeTool
    clock: Clock
    pipelines: dict[str, list[FakePipeline]] = field(default_factory=dict)
    limit: int = 100_000
    hidden: set[str] = field(default_factory=set)
    fails_every: int = 0
    comes: Callable[[], object] = lambda: None
    repeats: bool = False
    forgotten: int = 0
    steps: dict[int, list[Any]] = field(default_factory=dict)
    live: bool = False
    calls: int = 0
    used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, projects: int, days: int, pipelines_a_day: int, organization: str = "gh/acme") -> None:
        """Every tenth pipeline is red, some were run again, held or never had workflows; the newest one runs."""
        gap = DAY // pipelines_a_day
        for number in range(projects):
            slug, total = f"{organization}/shop-{number:03d}", days * pipelines_a_day
            self.pipelines[slug] = [
                FakePipeline(
                    total - place,
                    slug,
                    self.clock() - place * gap - 2 * MINUTE - 250,
                    None if place == 0 else "failed" if place % 10 == 3 else "success",
                    again=place % 10 == 5,
                    errored=place % 10 == 7,
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() + MINUTE
        self.used += 1
        if self.used > self.limit:
            seconds = str((self.resets_at - self.clock()) // 1000)
            return Answer(429, b'{"message": "Rate limit exceeded"}', {"Retry-After": seconds})
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(500, b'{"message": "Internal server error"}')
        return self._answered(asked)

    def _answered(self, asked: Asked) -> Answer:
        if asked.headers.get("circle-token") != TOKEN:
            return _said({"message": "You must log in first."}, 401)
        if asked.path == "/api/v2/me/collaborations":
            slugs = dict.fromkeys(slug.rpartition("/")[0] for slug in self.pipelines)
            return _said([{"id": id_of(one), "slug": one, "name": one.partition("/")[2]} for one in slugs])
        if asked.path == "/api/v2/pipeline":
            mine = [slug for slug in self.pipelines if slug.startswith(f"{asked.query['org-slug']}/")]
            every = sorted((one for slug in mine for one in self._begun(slug)), key=lambda one: -one.created_at)
            return self._paged(asked, [self._told(one) for one in every])
        if asked.path.startswith("/api/v2/insights/"):
            return self._summary(asked.path.removeprefix("/api/v2/insights/").removesuffix("/summary"))
        project, of, steps = (form.fullmatch(asked.path) for form in (_PROJECT, _OF, _STEPS))
        if project and project["slug"] in self.pipelines and project["slug"] not in self.hidden:
            return self._of_project(asked, project["slug"], lists=bool(project["rest"]))
        if of:
            return self._of_id(asked, of["kind"], of["id"], of["rest"] or "")
        if steps and int(steps["number"]) in self.steps:
            return _said({"build_num": int(steps["number"]), "steps": self.steps[int(steps["number"])]})
        return _nothing()

    def _summary(self, organization: str) -> Answer:
        names = [slug.rpartition("/")[2] for slug in self.pipelines if slug.startswith(f"{organization}/")]
        week = self.clock() - 7 * DAY
        ran = [name for name in names if any(p.created_at > week for p in self.pipelines[f"{organization}/{name}"])]
        data = [{"project_name": name, "metrics": {"total_runs": 3}} for name in ran]
        return _said({"org_data": {}, "all_projects": names, "org_project_data": data})

    def _of_project(self, asked: Asked, slug: str, *, lists: bool) -> Answer:
        if not lists:
            return _said(self.project(slug))
        answer = self._paged(asked, [self._told(one) for one in self._begun(slug)])
        self.comes()
        return answer

    def _of_id(self, asked: Asked, kind: str, key: str, rest: str) -> Answer:
        """Of a pipeline, or of a workflow."""
        pipelines = [one for slug in self.pipelines for one in self._begun(slug) if slug not in self.hidden]
        if kind == "pipeline":
            pipeline = next((one for one in pipelines if one.id == key), None)
            if pipeline is None:
                return _nothing()
            if not rest:
                return _said(self._told(pipeline))
            return self._paged(asked, [self.workflow(one) for one in self.workflows(pipeline)])
        workflow = next((flow for one in pipelines for flow in self.workflows(one) if flow.id == key), None)
        if workflow is None:
            return _nothing()
        return self._paged(asked, list(self.jobs(workflow))) if rest else _said(self.workflow(workflow))

    def _paged(self, asked: Asked, found: list[Any]) -> Answer:
        """A token names the first that follows, so that what comes moves no page."""
        made, _, token = asked.query.get("page-token", "").partition(":")
        if token and made != str(self.forgotten):
            return _said({"message": "Invalid page-token"}, 400)
        start = next((place for place, one in enumerate(found) if one["id"] == token), len(found) if token else 0)
        following = found[start + PAGE]["id"] if start + PAGE < len(found) else None
        if self.repeats and following is None:
            following = found[0]["id"] if found else None
        following = following and f"{self.forgotten}:{following}"
        return _said({"items": found[start : start + PAGE], "next_page_token": following})

    def _begun(self, slug: str) -> list[FakePipeline]:
        begun = [one for one in self.pipelines[slug] if not self.live or one.created_at <= self.clock()]
        return sorted(begun, key=lambda one: -one.number)

    def project(self, slug: str) -> dict[str, Any]:
        provider, organization, name = slug.split("/")
        return {
            "slug": slug,
            "name": name,
            "id": id_of(slug),
            "organization_name": organization,
            "organization_slug": f"{provider}/{organization}",
            "organization_id": id_of(provider, organization),
            "vcs_info": {"vcs_url": f"https://github.com/{organization}/{name}", "default_branch": "main"},
        }

    def pipeline(self, pipeline: FakePipeline) -> dict[str, Any]:
        """As the API and webhooks have it."""
        _, organization, name = pipeline.slug.split("/")
        repository = f"https://github.com/{organization}/{name}"
        return {
            "id": pipeline.id,
            "number": pipeline.number,
            "created_at": time_of(pipeline.created_at),
            "trigger": {"type": "webhook"},
            "vcs": {
                "provider_name": "GitHub",
                "origin_repository_url": repository,
                "target_repository_url": repository,
                "revision": f"{pipeline.number:040x}",
                "commit": {"subject": f"Change {pipeline.number}", "body": "And why."},
                "branch": pipeline.branch,
            },
        }

    def _told(self, pipeline: FakePipeline) -> dict[str, Any]:
        trigger = {"type": "webhook", "received_at": time_of(pipeline.created_at), "actor": {"login": "ada"}}
        return {
            **self.pipeline(pipeline),
            "errors": [{"type": "config", "message": "nonsense"}] if pipeline.errored else [],
            "project_slug": pipeline.slug,
            "updated_at": time_of(pipeline.created_at),
            "state": "errored" if pipeline.errored else "created",
            "trigger": trigger,
        }

    def workflows(self, pipeline: FakePipeline) -> list[FakeWorkflow]:
        """Newest first."""
        if pipeline.errored:
            return []
        first = FakeWorkflow(pipeline, id_of(pipeline.id, 1), pipeline.created_at + 80, pipeline.ended)
        if not pipeline.again:
            return [first]
        first.ended, later = "failed", pipeline.created_at + (pipeline.minutes + 10) * MINUTE
        found = [FakeWorkflow(pipeline, id_of(pipeline.id, 2), later, pipeline.ended), first]
        return [one for one in found if not self.live or one.created_at <= self.clock()]

    def is_over(self, workflow: FakeWorkflow) -> bool:
        return workflow.ended is not None and (not self.live or workflow.ended_at <= self.clock())

    def workflow(self, workflow: FakeWorkflow) -> dict[str, Any]:
        pipeline, over = workflow.pipeline, self.is_over(workflow)
        return {
            "id": workflow.id,
            "name": "build",
            "pipeline_id": pipeline.id,
            "pipeline_number": pipeline.number,
            "project_slug": pipeline.slug,
            "status": workflow.ended if over else "on_hold" if pipeline.holds else "running",
            "started_by": id_of("ada"),
            "created_at": time_of(workflow.created_at),
            "stopped_at": time_of(workflow.ended_at) if over else None,
        }

    def jobs(self, workflow: FakeWorkflow) -> Iterator[dict[str, Any]]:
        """Two of which the second decides, or an approval in place of it."""
        began, half = workflow.created_at + MINUTE, workflow.pipeline.minutes * MINUTE // 2
        yield self._job(workflow, 1, "compile", began, workflow.created_at + half, "success")
        over = self.is_over(workflow)
        if workflow.pipeline.holds and not over:
            hold = self._job(workflow, 2, "ship-it", workflow.created_at + half, None, "on_hold")
            yield {**hold, "type": "approval", "approval_request_id": hold["id"], "job_number": None}
            return
        ended_at = workflow.ended_at - 150 if over else None
        yield self._job(
            workflow, 2, "test", workflow.created_at + half, ended_at, (over and workflow.ended) or "running"
        )

    def _job(
        self, workflow: FakeWorkflow, number: int, name: str, began: int, ended: int | None, status: str
    ) -> dict[str, Any]:
        return {
            "id": id_of(workflow.id, name),
            "job_number": workflow.pipeline.number * 10 + number,
            "name": name,
            "type": "build",
            "status": status,
            "project_slug": workflow.pipeline.slug,
            "dependencies": [],
            "started_at": time_of(began),
            "stopped_at": None if ended is None else time_of(ended),
        }


def _said(found: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(found).encode())


def _nothing() -> Answer:
    return _said({"message": "Not found"}, 404)


__all__ = ["TOKEN", "FakeCircleCi", "FakePipeline", "FakeWorkflow", "at_of"]
