"""Buildkite as a token sees it, in the shapes of its documentation: organisations, pipelines, builds and their jobs. It
pages by number, so that a build that comes moves all pages, lists nothing deep, limits by the minute the organisation
and the token's owner, and fails now and then.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

SITE, API = "https://buildkite.com", "https://api.buildkite.com"
TOKEN = "bkua_a-token"
_PIPELINE = re.compile(r"/v2/organizations/(?P<organization>[\w-]+)/pipelines/(?P<pipeline>[\w-]+)(?P<rest>/.*)?")
_BUILD = re.compile(r"/builds(/(?P<number>\d+)(?P<jobs>/jobs)?)?")
_JOB_LOG = re.compile(r"/builds/(?P<number>\d+)/jobs/(?P<job>[\w-]+)/log\.txt")


def time_of(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at % 1000:03d}Z"


def at_of(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


def id_of(*parts: object) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(map(str, parts))))


@dataclass
class FakeBuild:
    """ended: its state, None while it runs. retried: its test failed once and was run again. blocked: it waits at a
    block step before its last one. skipped: it never began."""

    number: int
    pipeline: str
    created_at: int
    ended: str | None = "passed"
    minutes: int = 6
    branch: str = "main"
    retried: bool = False
    blocked: bool = False

    @property
    def id(self) -> str:
        return id_of(self.pipeline, self.number)

    @property
    def ended_at(self) -> int:
        return self.created_at + self.minutes * MINUTE


@dataclass
class FakeBuildkite:
    """limit, user_limit: calls in a minute. hidden: pipelines that the token may not read, gone: that were deleted.
    archived: that were. fails_every: so many calls. deep: how many builds it lists at most. comes: called after each
    list of builds. padding: bytes that each job has beside. logs: by job. live: builds end by the clock."""

    tool: FakeTool
    clock: Clock
    organizations: tuple[str, ...] = ("acme",)
    builds: dict[str, list[FakeBuild]] = field(default_factory=dict)
    limit: int = 200
    user_limit: int = 50
    hidden: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    archived: set[str] = field(default_factory=set)
    fails_every: int = 0
    deep: int = 10_000
    comes: Callable[[], object] = lambda: None
    padding: int = 0
    logs: dict[str, str] = field(default_factory=dict)
    live: bool = False
    calls: int = 0
    used: int = 0
    most_used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, pipelines: int, days: int, builds_a_day: int) -> None:
        """Every tenth build of a pipeline is red, some were retried or skipped, the newest one runs."""
        gap = DAY // builds_a_day
        for number in range(pipelines):
            name, total = f"shop-{number:03d}", days * builds_a_day
            self.builds[name] = [
                FakeBuild(
                    total - place,
                    name,
                    self.clock() - place * gap - 2 * MINUTE - 250,
                    None if place == 0 else {3: "failed", 6: "skipped"}.get(place % 10, "passed"),
                    retried=place % 10 == 5,
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() + MINUTE
        self.used += 1
        if self.used > min(self.limit, self.user_limit):
            self.used -= 1
            return self._said({"message": "You have exceeded your API rate limit."}, 429)
        self.most_used = max(self.most_used, self.used)
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(503, b"<html>Service Unavailable</html>", self._limits())
        return self._answered(asked)

    def _answered(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return self._said({"message": "Authentication required. Please supply a valid API Access Token"}, 401)
        if asked.path == "/v2/organizations":
            return self._page(asked, [{"id": id_of(one), "slug": one} for one in self.organizations])
        for organization in self.organizations:
            mine = [name for name in self.builds if organization == self._owner(name) and name not in self.gone]
            if asked.path == f"/v2/organizations/{organization}/pipelines":
                return self._page(asked, [self.pipeline(name) for name in mine])
            if asked.path == f"/v2/organizations/{organization}/builds":
                builds = sorted((one for name in mine for one in self._begun(name)), key=lambda one: -one.created_at)
                return self._page(asked, [self._told(one, asked) for one in builds[:100]])
        found = _PIPELINE.fullmatch(asked.path)
        if found is None or found["pipeline"] not in self.builds or found["pipeline"] in self.hidden | self.gone:
            return self._nothing()
        return self._of_pipeline(asked, found["pipeline"], found["rest"] or "")

    def _of_pipeline(self, asked: Asked, name: str, rest: str) -> Answer:
        builds = self._begun(name)
        log, found = _JOB_LOG.fullmatch(rest), _BUILD.fullmatch(rest)
        if log is not None:
            text = self.logs.get(log["job"])
            return self._nothing() if text is None else Answer(200, text.encode(), self._limits())
        if found is None:
            return self._nothing()
        if found["number"] is None:
            return self._listed(asked, builds)
        build = next((one for one in builds if str(one.number) == found["number"]), None)
        if build is None:
            return self._nothing()
        return self._jobs_page(asked, build) if found["jobs"] else self._said(self._told(build, asked))

    def _listed(self, asked: Asked, builds: list[FakeBuild]) -> Answer:
        first, last = asked.query.get("created_from", ""), asked.query.get("created_to", "9")
        fitting = [one for one in builds if first[:19] <= time_of(one.created_at)[:23] < last[:19]]
        page, size = int(asked.query["page"]), int(asked.query["per_page"])
        if page * size > self.deep:
            return self._said({"message": "Listing builds this deep is not supported."}, 400)
        answer = self._page(asked, [self._told(one, asked) for one in fitting])
        self.comes()
        return answer

    def _jobs_page(self, asked: Asked, build: FakeBuild) -> Answer:
        jobs, size = list(self.jobs(build)), int(asked.query.get("per_page", 30))
        start = int(asked.query.get("after", 0))
        link = f"{API}{asked.path}?after={start + size}&per_page={size}" if start + size < len(jobs) else None
        return self._said({"items": jobs[start : start + size], "links": {"self": API, "next": link}})

    def _page(self, asked: Asked, found: list[Any]) -> Answer:
        page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 30))
        more = page * size < len(found)
        link = {"Link": f'<{API}{asked.path}?page={page + 1}&per_page={size}>; rel="next"'} if more else {}
        return self._said(found[(page - 1) * size : page * size], headers=link)

    def _limits(self) -> dict[str, str]:
        seconds = str(max(0, self.resets_at - self.clock()) // 1000)
        return {
            **self._limit("RateLimit", "rest", self.limit, seconds),
            **self._limit("RateLimit-User", "rest_user", self.user_limit, seconds),
        }

    def _limit(self, name: str, scope: str, limit: int, seconds: str) -> dict[str, str]:
        left = str(max(0, limit - self.used))
        return {
            f"{name}-Scope": scope,
            f"{name}-Remaining": left,
            f"{name}-Limit": str(limit),
            f"{name}-Reset": seconds,
        }

    def _said(self, found: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
        return Answer(status, json.dumps(found).encode(), {**self._limits(), **(headers or {})})

    def _nothing(self) -> Answer:
        return self._said({"message": "No pipeline found"}, 404)

    def _owner(self, name: str) -> str:
        """A pipeline's name may begin with its organisation's."""
        return next((one for one in self.organizations[1:] if name.startswith(one)), self.organizations[0])

    def _begun(self, name: str) -> list[FakeBuild]:
        builds = [one for one in self.builds[name] if not self.live or one.created_at <= self.clock()]
        return sorted(builds, key=lambda one: (-one.created_at, -one.number))

    def is_over(self, build: FakeBuild) -> bool:
        return build.ended is not None and (not self.live or build.ended_at <= self.clock())

    def pipeline(self, name: str) -> dict[str, Any]:
        owner = self._owner(name)
        return {
            "id": id_of(name),
            "graphql_id": "UGlwZWxpbmU=",
            "url": f"{API}/v2/organizations/{owner}/pipelines/{name}",
            "web_url": f"{SITE}/{owner}/{name}",
            "name": name.title(),
            "slug": name,
            "repository": f"git@github.com:{owner}/{name}.git",
            "default_branch": "main",
            "provider": {"id": "github", "webhook_url": "", "settings": {"repository": f"{owner}/{name}"}},
            "created_at": "2024-09-03 13:24:38 UTC",
            "archived_at": "2026-11-01T00:00:00.000Z" if name in self.archived else None,
            "running_builds_count": 0,
            "steps": [{"type": "script", "name": "Test", "command": "make test"}],
        }

    def _told(self, build: FakeBuild, asked: Asked) -> dict[str, Any]:
        told = self.build(build)
        if asked.query.get("exclude_jobs") != "true":
            again = asked.query.get("include_retried_jobs") == "true"
            told["jobs"] = [one for one in self.jobs(build) if again or not one["retried"]]
        if asked.query.get("exclude_pipeline") != "true":
            told["pipeline"] = self.pipeline(build.pipeline)
        return told

    def build(self, build: FakeBuild) -> dict[str, Any]:
        """As the API and webhooks have it, without jobs and pipeline."""
        over, never = self.is_over(build), build.ended == "skipped"
        owner = self._owner(build.pipeline)
        waits = build.blocked and not never
        return {
            "id": build.id,
            "url": f"{API}/v2/organizations/{owner}/pipelines/{build.pipeline}/builds/{build.number}",
            "web_url": f"{SITE}/{owner}/{build.pipeline}/builds/{build.number}",
            "number": build.number,
            "state": ("passed" if waits else build.ended) if over else "running",
            "blocked": over and waits,
            "cancel_reason": None,
            "message": f"Change {build.number}\n\nAnd why.",
            "commit": f"{build.number:040x}",
            "branch": build.branch,
            "tag": None,
            "env": {"SECRET": "hunter2"},
            "source": "webhook",
            "author": {"username": "ada", "name": "Ada", "email": "ada@example.com"},
            "creator": {"id": id_of("ada"), "name": "Ada", "email": "ada@example.com"},
            "created_at": time_of(build.created_at),
            "scheduled_at": time_of(build.created_at),
            "started_at": None if never else time_of(build.created_at + MINUTE),
            "failing_at": None,
            # A little after its last job.
            "finished_at": time_of(build.ended_at + 150) if over else None,
            "meta_data": {},
            "pull_request": None,
            "merge_queue": None,
            "rebuilt_from": None,
        }

    def jobs(self, build: FakeBuild) -> Iterator[dict[str, Any]]:
        """Two commands, of which the second may have been tried twice, with a wait step between, and a trigger or a
        block step at the end."""
        if build.ended == "skipped":
            return
        half = (build.minutes - 1) * MINUTE // 2
        began, over = build.created_at + MINUTE, self.is_over(build)
        yield self._job(build, "build", began, began + half, "passed")
        yield self._job(build, "waiter", began, began + half, "passed", type="waiter", name=None)
        if build.retried:
            again = {"retried": True, "retried_in_job_id": id_of(build.id, "test")}
            yield self._job(build, "test-1", began + half, began + half + MINUTE, "failed", name="Test", **again)
        ended = "running" if not over else "failed" if build.ended == "failed" else "passed"
        more = {"retries_count": 1, "retry_source": {"job_id": id_of(build.id, "test-1")}} if build.retried else {}
        first = began + half + (MINUTE if build.retried else 0)
        yield self._job(build, "test", first, build.ended_at if over else None, ended, **more)
        if build.blocked:
            yield self._job(build, "release", build.created_at, None, "blocked", type="manual", label="Release")
        elif over and ended == "passed":
            deploy = {"number": 15, "web_url": f"{SITE}/acme/deploy/builds/15"}
            at = build.ended_at
            yield self._job(build, "deploy", at, at, "passed", type="trigger", triggered_build=deploy)

    def _job(
        self, build: FakeBuild, key: str, began: int, ended: int | None, state: str, **changes: Any
    ) -> dict[str, Any]:
        waits, failed = state == "blocked", state == "failed"
        return {
            "id": id_of(build.id, key),
            "type": "script",
            "name": key.title(),
            "step_key": None,
            "agent_query_rules": ["queue=default"],
            "state": state,
            "web_url": f"{self.build(build)['web_url']}#{id_of(build.id, key)}",
            "command": "make " + "x" * self.padding,
            "soft_failed": False,
            "exit_status": None if ended is None else 1 if failed else 0,
            "created_at": time_of(build.created_at),
            "scheduled_at": time_of(build.created_at),
            "runnable_at": None if waits else time_of(began - 20_000),
            "started_at": None if waits else time_of(began),
            "finished_at": None if ended is None else time_of(ended),
            "retried": False,
            "retried_in_job_id": None,
            "retries_count": 0,
            "retry_source": None,
            "parallel_group_index": None,
            "parallel_group_total": None,
            "matrix": None,
            **changes,
        }
