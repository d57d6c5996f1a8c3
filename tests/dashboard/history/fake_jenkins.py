"""Jenkins as a user's token sees it, in the shapes of its API: jobs in folders, branches of multibranch projects, runs
with what they checked out, and stages of Pipelines where the plugin that tells them is installed. It lists by ranges,
so that a run that comes moves all pages; it tells no limits, and fails now and then.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

USER_TOKEN = "bigtransit:11aa22bb33"
SITE = "https://jenkins.acme.example/ci"
SECOND = 1000
FREESTYLE, PIPELINE = "hudson.model.FreeStyleBuild", "org.jenkinsci.plugins.workflow.job.WorkflowRun"
_RUN = re.compile(r"/(?P<path>job/.+)/(?P<number>\d+)/(?P<what>api/json|wfapi/describe|consoleText)")
_LIST = re.compile(r"/(?:(?P<path>job/.+)/)?api/json")
_RANGE = re.compile(r"\{(\d+),(\d+)\}\Z")


@dataclass
class FakeRun:
    """ended: its result, None while it runs. plain: of a freestyle job. waits: a Pipeline waits at an input step.
    checks_out: the branch; empty for none."""

    number: int
    job: str
    began_at: int
    ended: str | None = "SUCCESS"
    minutes: int = 6
    plain: bool = False
    waits: bool = False
    checks_out: str = "origin/main"
    queue_id: int = 0

    @property
    def ended_at(self) -> int:
        return self.began_at + self.minutes * MINUTE

    @property
    def queue(self) -> int:
        return self.queue_id or 5000 + self.number


@dataclass
class FakeJenkins:
    """runs: by the path of their job. hidden: jobs that the token may not read, or that are no
    more. disabled: jobs that are. staged: the plugin that tells stages is there. fails_every: so many calls. comes:
    called after each list of runs. logs: by job and number."""

    tool: FakeTool
    clock: Clock
    runs: dict[str, list[FakeRun]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    disabled: set[str] = field(default_factory=set)
    staged: bool = True
    fails_every: int = 0
    comes: Callable[[], object] = lambda: None
    logs: dict[tuple[str, int], str] = field(default_factory=dict)
    calls: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, jobs: int, days: int, runs_a_day: int) -> None:
        """Every tenth run is red; the newest one runs."""
        gap, total = DAY // runs_a_day, days * runs_a_day
        for number in range(jobs):
            path = f"job/acme/job/shop-{number:03d}"
            self.runs[path] = [
                FakeRun(
                    total - place,
                    path,
                    self.clock() - place * gap - 2 * MINUTE - 250,
                    None if place == 0 else "FAILURE" if place % 10 == 3 else "SUCCESS",
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(503, b"<html>Jenkins is starting</html>")
        if asked.headers.get("authorization") != f"Basic {b64encode(USER_TOKEN.encode()).decode()}":
            return Answer(401, b"<html>Invalid password/token</html>")
        run, listed = _RUN.fullmatch(asked.path), _LIST.fullmatch(asked.path)
        if run:
            return self._of_run(run["path"], int(run["number"]), run["what"])
        if listed is None or listed["path"] in self.hidden:
            return _nothing()
        return self._listed(asked, listed["path"] or "")

    def _listed(self, asked: Asked, path: str) -> Answer:
        tree = asked.query["tree"]
        if tree == "buildable":
            return _said({"buildable": path not in self.disabled}) if path in self.runs else _nothing()
        start, end = map(int, _RANGE.search(tree).groups())  # type: ignore[union-attr]
        if tree.startswith("jobs["):
            return _said({"_class": "hudson.model.Hudson", "jobs": list(self._jobs(path, 2))[start:end]})
        if path not in self.runs:
            return _nothing()
        found = sorted(self.runs[path], key=lambda run: -run.number)
        self.comes()
        return _said({"allBuilds": [self.build(run) for run in found[start:end]]})

    def _jobs(self, folder: str, depth: int) -> Iterator[dict[str, Any]]:
        """Of a folder, and of those in it as deep as is asked for: at last that there are any."""
        before = f"{folder}/" if folder else ""
        names = [path.removeprefix(before).split("/")[1] for path in self.runs if path.startswith(f"{before}job/")]
        for name in dict.fromkeys(names):
            path = f"{before}job/{name}"
            told = {"_class": "x", "name": name, "displayName": name, "url": f"{SITE}/{path}/"}
            if path in self.runs:
                last = max((run.began_at for run in self.runs[path]), default=None)
                yield {
                    **told,
                    "buildable": path not in self.disabled,
                    "lastBuild": None if last is None else {"timestamp": last},
                }
            else:
                yield {**told, "jobs": list(self._jobs(path, depth - 1)) if depth > 1 else [{"name": "x"}]}

    def _of_run(self, path: str, number: int, what: str) -> Answer:
        run = next((one for one in self.runs.get(path, ()) if one.number == number), None)
        if run is None or path in self.hidden:
            return _nothing()
        if what == "consoleText":
            return Answer(200, self.logs.get((path, number), "").encode(), {"Content-Type": "text/plain"})
        if what == "wfapi/describe":
            return _nothing() if run.plain or not self.staged else _said(self.described(run))
        return _said(self.build(run))

    def build(self, run: FakeRun) -> dict[str, Any]:
        commit = f"{run.number:040x}"
        checked_out = {
            "_class": "hudson.plugins.git.util.BuildData",
            "lastBuiltRevision": {"SHA1": commit, "branch": [{"SHA1": commit, "name": run.checks_out}]},
            "remoteUrls": ["https://github.com/acme/shop.git"],
        }
        library = {
            "_class": "hudson.plugins.git.util.BuildData",
            "lastBuiltRevision": {"SHA1": "f" * 40, "branch": [{"SHA1": "f" * 40, "name": "refs/remotes/origin/v1"}]},
            "remoteUrls": ["https://github.com/acme/library.git"],
        }
        tests = [{"_class": "hudson.tasks.junit.TestResultAction", "failCount": 3, "totalCount": 120}]
        changes = {"items": [{"commitId": commit, "msg": f"Change {run.number}\n\nAnd why."}]}
        return {
            "_class": FREESTYLE if run.plain else PIPELINE,
            "number": run.number,
            "url": f"{SITE}/{run.job}/{run.number}/",
            "displayName": f"#{run.number}",
            "queueId": run.queue,
            "building": run.ended is None,
            "result": run.ended,
            "timestamp": run.began_at,
            "duration": 0 if run.ended is None else run.minutes * MINUTE,
            "culprits": [{"fullName": "maya"}],
            "actions": [
                {"_class": "hudson.model.CauseAction", "causes": [{"_class": "x", "userName": "Ada Lovelace"}]},
                {},
                *([checked_out] if run.checks_out else []),
                *([library] if not run.plain else []),
                *(tests if run.ended == "UNSTABLE" else []),
            ],
            **({"changeSet": changes} if run.plain else {"changeSets": [changes]}),
        }

    def described(self, run: FakeRun) -> dict[str, Any]:
        """Two stages, and a third one where it is green or waits."""
        half = run.began_at + run.minutes * MINUTE // 2
        stages = [_stage(6, "Build", "SUCCESS", run.began_at + SECOND, half)]
        if run.waits:
            since = half + MINUTE
            stages += [
                _stage(11, "Test", "SUCCESS", half, half + MINUTE // 2),
                {
                    **_stage(16, "Deploy", "PAUSED_PENDING_INPUT", half + MINUTE // 2, self.clock()),
                    "pauseDurationMillis": self.clock() - since,
                },
            ]
        elif run.ended is None:
            stages.append(_stage(11, "Test", "IN_PROGRESS", half, max(half, self.clock())))
        else:
            word = {"FAILURE": "FAILED"}.get(run.ended, run.ended)
            stages.append(_stage(11, "Test", word, half, run.ended_at - SECOND))
            if word == "FAILED":
                stages[-1]["error"] = {"message": "script returned exit code 2", "type": "hudson.AbortException"}
        return {"id": str(run.number), "name": f"#{run.number}", "status": "x", "stages": stages}


def _stage(node: int, name: str, status: str, began: int, ended: int) -> dict[str, Any]:
    times = {"startTimeMillis": began, "durationMillis": max(0, ended - began), "pauseDurationMillis": 0}
    return {"id": str(node), "name": name, "execNode": "", "status": status, **times}


def _said(found: object) -> Answer:
    return Answer(200, json.dumps(found).encode())


def _nothing() -> Answer:
    return Answer(404, b"<html>Not Found</html>")
