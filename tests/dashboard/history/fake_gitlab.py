"""GitLab as a group's token sees it, in the shapes of its documentation: projects, pipelines, jobs, bridges, merge
requests. It pages, leaves child pipelines out of lists, limits by the minute, fails now and then, and links to an
address that is not its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

HOST = "https://gitlab.example.com"
ROOT = "/api/v4"
MOST_WITH_TOTALS = 10_000
_OF_PROJECT = re.compile(rf"{ROOT}/projects/(?P<project>\d+)/(?P<rest>.+)")
_PIPELINE = re.compile(r"pipelines/(?P<id>\d+)(?:/(?P<part>jobs|bridges))?")


def time_of(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def at_of(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


@dataclass
class FakePipeline:
    """ended: its status then, None while it runs. request: the number of its merge request. child: began by `parent`.
    again: its second job failed, and a newer one of that name ended it. reran: it had ended red, and runs once more."""

    id: int
    project: str
    created_at: int
    ended: str | None = "success"
    minutes: int = 6
    ref: str = "main"
    tag: bool = False
    request: int = 0
    child: bool = False
    again: bool = False
    scheduled: bool = False
    reran: bool = False

    @property
    def ended_at(self) -> int:
        return self.created_at + self.minutes * MINUTE + 175


@dataclass
class FakeGitLab:
    """limit: calls in a minute. hidden: projects that the token may not read. states: what the list says of projects
    beside, by name. live: pipelines end by the clock, and are not there before they begin. schedules: by project, None
    where the token may not read them."""

    tool: FakeTool
    clock: Clock
    live: bool = False
    pipelines: dict[str, list[FakePipeline]] = field(default_factory=dict)
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    schedules: dict[str, list[dict[str, Any]] | None] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    limit: int = 2000
    fails_every: int = 0
    calls: int = 0
    used: int = 0
    most_used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, projects: int, days: int, runs_a_day: int) -> None:
        """Every tenth pipeline of a project is red, the newest one runs."""
        gap = DAY // runs_a_day
        for number in range(projects):
            name, first, total = f"shop-{number:03d}", (number + 1) * 1_000_000, days * runs_a_day
            self.pipelines[name] = [
                FakePipeline(
                    first + total - place,
                    name,
                    self.clock() - place * gap - 2 * MINUTE + 85,
                    None if place == 0 else "failed" if place % 10 == 3 else "success",
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() // MINUTE * MINUTE + MINUTE
        if self.used >= self.limit:
            wait = str((self.resets_at - self.clock()) // 1000)
            return Answer(429, b"Retry later\n", {**self._limits(), "Retry-After": wait})
        self.used += 1
        self.most_used = max(self.most_used, self.used)
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(502, b"<html>GitLab is not responding</html>", self._limits())
        return self._answered(asked)

    def _answered(self, asked: Asked) -> Answer:
        if asked.path == f"{ROOT}/projects":
            return self._projects(asked)
        found = _OF_PROJECT.fullmatch(asked.path)
        name = self._name(int(found["project"])) if found else ""
        if found is None or not name or name in self.hidden:
            return self._said({"message": "404 Project Not Found"}, 404)
        runs = [run for run in self.pipelines[name] if not self.live or run.created_at <= self.clock()]
        if found["rest"] == "pipelines":
            return self._listed(asked, runs)
        if found["rest"] == "pipeline_schedules":
            schedules = self.schedules.get(name, [])
            return self._said({"message": "403 Forbidden"}, 403) if schedules is None else self._page(asked, schedules)
        if found["rest"].startswith("merge_requests/"):
            return self._merge_request(name, int(found["rest"].partition("/")[2]))
        one = _PIPELINE.fullmatch(found["rest"])
        run = next((run for run in runs if one and str(run.id) == one["id"]), None)
        if one is None or run is None:
            return self._said({"message": "404 Not found"}, 404)
        if one["part"] == "jobs":
            retried = asked.query.get("include_retried") == "true"
            jobs = [job for job in self.jobs(run) if retried or not job.pop("retried")]
            return self._page(asked, sorted(jobs, key=lambda job: -int(job["id"])))
        if one["part"] == "bridges":
            return self._page(asked, list(self._bridges(run)))
        return self._said(self.detail(run))

    def _projects(self, asked: Asked) -> Answer:
        assert asked.query["membership"] == "true"
        assert asked.headers["private-token"]
        below = int(asked.query.get("id_before", 2**62))
        known = sorted((self.project(name) for name in self.pipelines), key=lambda one: -int(one["id"]))
        return self._page(asked, [one for one in known if one["id"] < below])

    def _listed(self, asked: Asked, runs: list[FakePipeline]) -> Answer:
        since, child = at_of(asked.query["updated_after"]), asked.query.get("source") == "parent_pipeline"
        fitting = [run for run in runs if run.child == child and self._updated_at(run) >= since]
        return self._page(asked, [self.basic(run) for run in sorted(fitting, key=lambda run: -run.id)])

    def _merge_request(self, name: str, number: int) -> Answer:
        known = self.project(name)
        page = f"{known['web_url']}/-/merge_requests/{number}"
        return self._said(
            {
                "id": 900 + number,
                "iid": number,
                "source_branch": f"topic-{number}",
                "target_branch": "main",
                "source_project_id": known["id"],
                "target_project_id": known["id"],
                "web_url": page,
            }
        )

    def _page(self, asked: Asked, found: list[Any]) -> Answer:
        """Totals are left out of long lists, and links name the address the server takes itself for."""
        page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 20))
        part = found[(page - 1) * size : page * size]
        headers = {"X-Page": str(page), "X-Per-Page": str(size)}
        if len(found) <= MOST_WITH_TOTALS:
            headers["X-Total"] = str(len(found))
        if page * size < len(found):
            headers |= {"X-Next-Page": str(page + 1), "Link": f'<http://internal{asked.path}?page=2>; rel="next"'}
        return self._said(part, headers=headers)

    def _limits(self) -> dict[str, str]:
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(self.used),
            "RateLimit-Remaining": str(max(0, self.limit - self.used)),
            "RateLimit-Reset": str(self.resets_at // 1000),
        }

    def _said(self, found: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(status, json.dumps(found).encode(), {**self._limits(), **(headers or {})})

    def _name(self, number: int) -> str:
        return next((name for name in self.pipelines if self.project(name)["id"] == number), "")

    def is_over(self, run: FakePipeline) -> bool:
        return run.ended is not None and (not self.live or run.ended_at <= self.clock())

    def _updated_at(self, run: FakePipeline) -> int:
        return run.ended_at + 10 if self.is_over(run) else run.created_at + 5000

    def status(self, run: FakePipeline) -> str:
        return str(run.ended) if self.is_over(run) else "running"

    def project(self, name: str) -> dict[str, Any]:
        active = max((run.created_at for run in self.pipelines[name]), default=self.clock() - 400 * DAY)
        return {
            "id": 1000 + list(self.pipelines).index(name),
            "name": name.capitalize(),
            "path": name,
            "path_with_namespace": f"acme/{name}",
            "web_url": f"{HOST}/acme/{name}",
            "default_branch": "main",
            "ci_config_path": "",
            "archived": False,
            "builds_access_level": "enabled",
            "last_activity_at": time_of(active),
            **self.states.get(name, {}),
        }

    def basic(self, run: FakePipeline) -> dict[str, Any]:
        known = self.project(run.project)
        source = "parent_pipeline" if run.child else "merge_request_event" if run.request else "push"
        source = "schedule" if run.scheduled else source
        return {
            "id": run.id,
            "iid": run.id % 100_000,
            "project_id": known["id"],
            "sha": f"{run.id:040x}",
            "ref": f"refs/merge-requests/{run.request}/head" if run.request else run.ref,
            "status": self.status(run),
            "source": source,
            "name": None,
            "created_at": time_of(run.created_at),
            "updated_at": time_of(self._updated_at(run)),
            "web_url": f"{known['web_url']}/-/pipelines/{run.id}",
        }

    def detail(self, run: FakePipeline) -> dict[str, Any]:
        """Of one that runs once more it still tells when it ended before."""
        ended_at = run.ended_at if self.is_over(run) else run.created_at + MINUTE if run.reran else None
        return {
            **self.basic(run),
            "tag": run.tag,
            "yaml_errors": None,
            "user": {"id": 7, "username": "ada", "name": "Ada"},
            "started_at": time_of(run.created_at + 5000),
            "finished_at": time_of(ended_at) if ended_at else None,
            "committed_at": None,
            "duration": 60,
            "queued_duration": 5,
            "detailed_status": {"text": "passed"},
        }

    def jobs(self, run: FakePipeline) -> Iterator[dict[str, Any]]:
        """`retried`: whether a newer one stands for it, which GitLab does not say."""
        half = run.minutes * MINUTE // 2
        yield self._job(run, 1, "build", run.created_at + 5000, "success", half - 5000)
        second = run.created_at + half
        outcome = self.status(run)
        if run.again or run.reran:
            yield {**self._job(run, 2, "test", second, "failed", MINUTE // 2), "retried": True}
            yield self._job(run, 4, "test", second + MINUTE, outcome, run.ended_at - second - MINUTE)
        else:
            yield self._job(run, 2, "test", second, outcome, run.ended_at - second)

    def _job(self, run: FakePipeline, place: int, name: str, starts: int, status: str, lasts: int) -> dict[str, Any]:
        over = status != "running"
        return {
            "id": run.id * 10 + place,
            "status": status,
            "stage": name,
            "name": name,
            "ref": run.ref,
            "tag": run.tag,
            "coverage": None,
            "allow_failure": False,
            "created_at": time_of(run.created_at if place < 4 else starts - 1000),
            "started_at": time_of(starts),
            "finished_at": time_of(starts + lasts) if over else None,
            "queued_duration": 1.5,
            "user": {"id": 7, "username": "ada", "name": "Ada"},
            "commit": {
                "id": f"{run.id:040x}",
                "message": f"Change {run.id}\n",
                "author_name": "Ada",
                "created_at": time_of(run.created_at - MINUTE),
            },
            "pipeline": {"id": run.id, "status": self.status(run)},
            **({"failure_reason": "script_failure"} if status == "failed" else {}),
            "web_url": f"{HOST}/acme/{run.project}/-/jobs/{run.id * 10 + place}",
            "runner": {"id": 3, "description": "shared"},
            "tag_list": ["docker"],
            "artifacts": [],
            "retried": False,
        }

    def _bridges(self, run: FakePipeline) -> Iterator[dict[str, Any]]:
        for child in self.pipelines[run.project]:
            if child.child and child.id == run.id + 1:
                told = self._job(run, 3, "children", child.created_at, "success", MINUTE)
                yield {**told, "stage": "test", "downstream_pipeline": self.basic(child), "queued_duration": None}
