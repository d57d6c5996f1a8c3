"""GitHub as an organisation's token sees it, in the shapes of its documentation: repositories, their runs, jobs. It
pages, tells a thousand runs of one search, limits by the hour, and fails now and then.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

HOUR = 60 * MINUTE
MOST_OF_A_SEARCH = 1000
_RUN = re.compile(
    r"/repos/acme/(?P<repository>[\w-]+)/actions/runs/(?P<run>\d+)(/attempts/(?P<attempt>\d+))?(?P<jobs>/jobs)?"
)
_RUNS = re.compile(r"/repos/acme/(?P<repository>[\w-]+)/actions/runs")


def time_of(at: int) -> str:
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def at_of(time: str) -> int:
    return round(datetime.fromisoformat(time).timestamp() * 1000)


@dataclass
class FakeRun:
    """`ended`: its conclusion, None while it runs."""

    id: int
    repository: str
    created_at: int
    ended: str | None = "success"
    attempt: int = 1
    minutes: int = 6
    workflow: int = 1
    branch: str = "main"
    event: str = "push"

    @property
    def ended_at(self) -> int:
        return self.created_at + self.minutes * MINUTE


@dataclass
class FakeOrganisation:
    """limit: calls in an hour. hidden: repositories whose runs the token may not read. fails_every: so many calls.
    live: runs end by the clock, and are not there before they begin. states: of workflows, by repository. files: what
    stands in its workflow's file, by repository."""

    tool: FakeTool
    clock: Clock
    live: bool = False
    states: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    runs: dict[str, list[FakeRun]] = field(default_factory=dict)
    limit: int = 5000
    hidden: set[str] = field(default_factory=set)
    fails_every: int = 0
    calls: int = 0
    used: int = 0
    most_used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, repositories: int, days: int, runs_a_day: int) -> None:
        """Every tenth run of a repository is red, the newest one runs."""
        gap = DAY // runs_a_day
        for number in range(repositories):
            name, first = f"shop-{number:03d}", (number + 1) * 1_000_000
            total = days * runs_a_day
            self.runs[name] = [
                FakeRun(
                    first + total - place,
                    name,
                    self.clock() - place * gap - 2 * MINUTE,
                    None if place == 0 else "failure" if place % 10 == 3 else "success",
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() + HOUR
        if self.used >= self.limit:
            return self._said({"message": "API rate limit exceeded"}, 403)
        self.used += 1
        self.most_used = max(self.most_used, self.used)
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(502, b"<html>Bad gateway</html>", self._limits())
        return self._answered(asked)

    def _answered(self, asked: Asked) -> Answer:
        if asked.path == "/user/repos":
            return self._page(asked, [self._repository(name) for name in self.runs])
        if asked.path.endswith("/actions/workflows"):
            return self._workflows(asked)
        if "/contents/.github/workflows/" in asked.path:
            return self._file(asked.path.split("/")[3])
        found = _RUN.fullmatch(asked.path) or _RUNS.fullmatch(asked.path)
        runs = self.runs.get(found["repository"]) if found else None
        if found is None or runs is None or found["repository"] in self.hidden:
            return self._said({"message": "Not Found"}, 404)
        if found.re is _RUNS:
            return self._listed(asked, runs)
        run = next((one for one in runs if str(one.id) == found["run"]), None)
        if run is None:
            return self._said({"message": "Not Found"}, 404)
        attempt = int(found["attempt"] or run.attempt)
        if found["jobs"]:
            return self._said({"total_count": 2, "jobs": list(self._jobs(run, attempt))})
        return self._said(self._told(run, attempt))

    def _workflows(self, asked: Asked) -> Answer:
        known = self._repository(asked.path.split("/")[3])
        numbers = sorted({run.workflow for run in self.runs[known["name"]]})
        state = self.states.get(known["name"], "active")
        listed = [{"id": known["id"] * 10 + number, "state": state} for number in numbers if state != "gone"]
        return self._page(asked, listed or [{"id": 1, "state": "active"}], "workflows")

    def _file(self, repository: str) -> Answer:
        if repository not in self.files:
            return self._said({"message": "Not Found"}, 404)
        content = b64encode(self.files[repository].encode()).decode()
        return self._said({"type": "file", "encoding": "base64", "content": "\n".join((content[:60], content[60:]))})

    def _listed(self, asked: Asked, runs: list[FakeRun]) -> Answer:
        since, _, until = asked.query["created"].partition("..")
        last = at_of(until) + 999 if until != "*" else 2**62
        begun = [run for run in runs if not self.live or run.created_at <= self.clock()]
        fitting = [run for run in begun if at_of(since) <= run.created_at <= last][:MOST_OF_A_SEARCH]
        return self._page(asked, [self._told(run, run.attempt) for run in fitting], "workflow_runs")

    def _page(self, asked: Asked, found: list[Any], name: str = "") -> Answer:
        page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 30))
        part = found[(page - 1) * size : page * size]
        return self._said({"total_count": len(found), name: part} if name else part)

    def _limits(self) -> dict[str, str]:
        left = str(max(0, self.limit - self.used))
        reset = str(self.resets_at // 1000)
        return {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": left, "X-RateLimit-Reset": reset}

    def _said(self, found: object, status: int = 200) -> Answer:
        return Answer(status, json.dumps(found).encode(), self._limits())

    def is_over(self, run: FakeRun) -> bool:
        return run.ended is not None and (not self.live or run.ended_at <= self.clock())

    def _repository(self, name: str) -> dict[str, Any]:
        pushed = max((run.created_at for run in self.runs[name]), default=self.clock() - 400 * DAY)
        return {
            "id": 1000 + list(self.runs).index(name),
            "name": name,
            "full_name": f"acme/{name}",
            "owner": {"login": "acme", "id": 9},
            "default_branch": "main",
            "html_url": f"https://github.com/acme/{name}",
            "pushed_at": time_of(pushed),
            "disabled": False,
        }

    def _told(self, run: FakeRun, attempt: int) -> dict[str, Any]:
        """Without the repository's default branch, as runs tell it."""
        known = self._repository(run.repository)
        over = attempt < run.attempt or self.is_over(run)
        began = run.created_at + (attempt - 1) * 10 * MINUTE
        conclusion = ("failure" if attempt < run.attempt else run.ended) if over else None
        # While it runs it stands as it began.
        ended_at = began + run.minutes * MINUTE if over else began
        return {
            "id": run.id,
            "name": "CI",
            "run_number": run.id % 1_000_000,
            "run_attempt": attempt,
            "workflow_id": known["id"] * 10 + run.workflow,
            "path": f".github/workflows/ci-{run.workflow}.yml",
            "status": "completed" if over else "in_progress",
            "conclusion": conclusion,
            "event": run.event,
            "head_branch": run.branch,
            "head_sha": f"{run.id:040x}",
            "display_title": f"Change {run.id}",
            "html_url": f"{known['html_url']}/actions/runs/{run.id}",
            "created_at": time_of(run.created_at),
            "run_started_at": time_of(began),
            "updated_at": time_of(ended_at),
            "actor": {"login": "ada"},
            "triggering_actor": {"login": "ada"},
            "pull_requests": [],
            "head_commit": {
                "id": f"{run.id:040x}",
                "message": f"Change {run.id}",
                "timestamp": time_of(run.created_at - MINUTE),
                "author": {"name": "Ada", "email": "ada@example.com"},
            },
            "repository": {name: known[name] for name in ("id", "name", "full_name", "html_url", "owner")},
            "head_repository": {"id": known["id"], "full_name": known["full_name"]},
        }

    def _jobs(self, run: FakeRun, attempt: int) -> Iterator[dict[str, Any]]:
        told = self._told(run, attempt)
        began = at_of(told["run_started_at"])
        for place, name in enumerate(("build", "test")):
            starts = began + place * (run.minutes * MINUTE // 2)
            ends = starts + run.minutes * MINUTE // 2
            over = told["status"] == "completed" or place == 0
            conclusion = (told["conclusion"] or "success") if place else "success"
            yield {
                "id": run.id * 100 + attempt * 10 + place,
                "run_id": run.id,
                "run_attempt": attempt,
                "name": name,
                "status": "completed" if over else "in_progress",
                "conclusion": conclusion if over else None,
                "head_branch": run.branch,
                "head_sha": told["head_sha"],
                "created_at": time_of(starts),
                "started_at": time_of(starts),
                "completed_at": time_of(ends) if over else None,
                "runner_id": 1,
                "runner_name": "runner",
                "labels": ["ubuntu-latest"],
                "html_url": f"{told['html_url']}/job/{place}",
                "steps": [],
            }
