"""Azure DevOps as a person's token sees it, in the shapes of its documentation: projects, builds, their timelines as
they stand and as they stood before something was run again, approvals, pipelines, logs. It lists builds by time; the
token of its next page leads to the first. It tells its limit once that is near, and fails now and then.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.dashboard.history.fake_buildkite import at_of, id_of
from tests.dashboard.history.fake_buildkite import time_of as exact
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

TOKEN = "a-personal-access-token"
SITE = "https://dev.azure.com/acme"
COLLECTION = "543d3920-89fa-4357-bd7d-82429a368899"
SECOND = 1000
CHANGED_LATER = 5 * SECOND
_PROJECT = re.compile(r"/_apis/projects/(?P<project>[0-9a-f-]{36})")
_OF = re.compile(r"/(?P<project>[0-9a-f-]{36})/_apis/(?P<area>build|pipelines)/(?P<what>\w+)(?P<rest>/.*)?")
_BUILD = re.compile(r"/(?P<number>\d+)(?:/(?P<what>timeline|logs)(?:/(?P<id>[\w-]+))?)?")


def time_of(at: int) -> str:
    """With seven digits, as Azure DevOps writes times."""
    return exact(at).replace("Z", "0000Z")


@dataclass
class FakeBuild:
    """ended: its result, None while it runs. again: its test failed once and was run again, twenty minutes later.
    holds: it waits for an approval before its last stage. waits: it has not begun."""

    number: int
    project: str
    queued_at: int
    ended: str | None = "succeeded"
    minutes: int = 6
    branch: str = "refs/heads/main"
    again: bool = False
    holds: bool = False
    waits: bool = False
    definition: int = 7

    @property
    def began_at(self) -> int:
        return self.queued_at + 20 * SECOND

    @property
    def first_end(self) -> int:
        return self.began_at + max(self.minutes * MINUTE, 6 * SECOND)

    @property
    def ended_at(self) -> int:
        return self.first_end + 25 * MINUTE if self.again else self.first_end


@dataclass
class FakeAzureDevOps:
    """limit: calls in five minutes. hidden: projects that the token may not read. fails_every: so many calls. comes:
    called after each list of builds. disabled: of its pipelines, definitions, those that are. signs_in: a token that is
    refused gets a page. decider: who may approve. silent: approvals are not told. logs: of builds, by their numbers and
    the logs' own."""

    tool: FakeTool
    clock: Clock
    builds: dict[str, list[FakeBuild]] = field(default_factory=dict)
    limit: int = 100_000
    hidden: set[str] = field(default_factory=set)
    fails_every: int = 0
    comes: Callable[[], object] = lambda: None
    disabled: set[int] = field(default_factory=set)
    definitions: tuple[int, ...] = (7,)
    signs_in: bool = False
    decider: str = "Ada"
    silent: bool = False
    logs: dict[tuple[int, int], str] = field(default_factory=dict)
    calls: int = 0
    used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, projects: int, days: int, builds_a_day: int) -> None:
        """Every tenth build is red, some were run again; the newest one runs."""
        gap, total = DAY // builds_a_day, days * builds_a_day
        for number in range(projects):
            name = f"shop {number:03d}"
            self.builds[name] = [
                FakeBuild(
                    1000 * number + total - place,
                    name,
                    self.clock() - place * gap - 2 * MINUTE - 250,
                    None if place == 0 else "failed" if place % 10 == 3 else "succeeded",
                    again=place % 10 == 5,
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() + 5 * MINUTE
        self.used += 1
        if self.used > self.limit:
            seconds = str((self.resets_at - self.clock()) // SECOND)
            return Answer(429, b"TF400733: The request has been canceled", {"Retry-After": seconds})
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(503, b"<html>Azure DevOps Services Unavailable</html>")
        told = self._answered(asked)
        if self.used * 2 < self.limit:
            return told
        limits = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.limit - self.used),
            "X-RateLimit-Reset": str(self.resets_at // SECOND),
        }
        return Answer(told.status, told.body, {**told.headers, **limits})

    def _answered(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Basic {b64encode(f':{TOKEN}'.encode()).decode()}":
            return Answer(203, b"<html>Sign in</html>") if self.signs_in else Answer(401, b"")
        if asked.path == "/_apis/projects":
            found = [self._project(name) for name in sorted(self.builds)]
            skip, top = int(asked.query["$skip"]), int(asked.query["$top"])
            return _said({"count": len(found), "value": found[skip : skip + top]})
        if project := _PROJECT.fullmatch(asked.path):
            link = {"href": f"https://dev.azure.com/acme/_apis/projectCollections/{COLLECTION}"}
            return _said({"id": project["project"], "_links": {"collection": link}})
        of = _OF.fullmatch(asked.path)
        name = next((name for name in self.builds if of and project_id(name) == of["project"]), None)
        if of is None or name is None or name in self.hidden:
            return _said({"message": "TF200016: The following project does not exist"}, 404)
        return self._of_project(asked, name, f"{of['area']}/{of['what']}", of["rest"] or "")

    def _of_project(self, asked: Asked, name: str, what: str, rest: str) -> Answer:
        if what == "pipelines/approvals":
            return self._approvals(asked, name)
        if what == "build/definitions":
            return self._definitions(asked)
        if not rest:
            return self._listed(asked, name)
        found = _BUILD.fullmatch(rest)
        build = next((one for one in self.builds[name] if found and one.number == int(found["number"])), None)
        if build is None or found is None:
            return _said({"message": "The requested build could not be found."}, 404)
        if found["what"] == "logs":
            return self._log(asked, build, int(found["id"]))
        if found["what"] == "timeline":
            return self._timeline(build, found["id"] or "")
        return _said(self.build(build))

    def _log(self, asked: Asked, build: FakeBuild, log: int) -> Answer:
        text = self.logs.get((build.number, log))
        if text is None:
            return _said({"message": "The requested log could not be found"}, 404)
        if asked.headers.get("accept") != "text/plain":
            return _said({"value": text.split("\n")})
        return Answer(200, text.encode(), {"Content-Type": "text/plain"})

    def _definitions(self, asked: Asked) -> Answer:
        """One on each page: the token names the next."""
        place = int(asked.query.get("continuationToken", 0))
        one = self.definitions[place]
        status = "disabled" if one in self.disabled else "enabled"
        told = _said({"value": [{"id": one, "name": f"deploy {one}", "path": "\\", "queueStatus": status}]})
        following = {"x-ms-continuationtoken": str(place + 1)} if place + 1 < len(self.definitions) else {}
        return Answer(told.status, told.body, following)

    def _listed(self, asked: Asked, name: str) -> Answer:
        assert asked.query["queryOrder"] == "queueTimeDescending"
        since = at_of(asked.query["minTime"])
        until = asked.query.get("maxTime", time_of(self.clock()))
        every = sorted(self.builds[name], key=lambda one: (-one.queued_at, -one.number))
        found = [self.build(one) for one in every if since <= one.queued_at and time_of(one.queued_at) <= until]
        page = found[: int(asked.query["$top"])]
        following = {"x-ms-continuationtoken": page[-1]["queueTime"]} if len(page) < len(found) else {}
        self.comes()
        told = _said({"count": len(page), "value": page})
        return Answer(told.status, told.body, following)

    def _project(self, name: str) -> dict[str, Any]:
        return {"id": project_id(name), "name": name, "state": "wellFormed", "visibility": "private"}

    def build(self, build: FakeBuild) -> dict[str, Any]:
        """As the list has it, and `build.complete` once it has ended."""
        project, over = project_id(build.project), build.ended is not None
        times = {"startTime": time_of(build.began_at)} if not build.waits else {}
        ends = {"finishTime": time_of(build.ended_at), "result": build.ended} if over else {}
        return {
            "_links": {"web": {"href": f"{SITE}/{project}/_build/results?buildId={build.number}"}},
            "id": build.number,
            "buildNumber": f"20261123.{build.number}",
            "status": "completed" if over else "notStarted" if build.waits else "inProgress",
            "queueTime": time_of(build.queued_at),
            **times,
            **ends,
            "definition": {"id": build.definition, "name": f"deploy {build.definition}", "path": "\\", "type": "build"},
            "project": self._project(build.project),
            "sourceBranch": build.branch,
            "sourceVersion": f"{build.number:040x}",
            "reason": "individualCI",
            "triggerInfo": {"ci.sourceBranch": build.branch, "ci.message": f"Change {build.number}\n\nAnd why."},
            "requestedFor": {"displayName": "Ada Lovelace", "uniqueName": "ada@example.com"},
            "requestedBy": {"displayName": "Microsoft.VisualStudio.Services.TFS"},
            "lastChangedDate": time_of(self._changed_at(build) + CHANGED_LATER),
            "repository": {
                "id": id_of(build.project, "git"),
                "type": "TfsGit",
                "name": build.project,
                "url": f"{SITE}/{build.project.replace(' ', '%20')}/_git/{build.project.replace(' ', '%20')}",
            },
        }

    def _changed_at(self, build: FakeBuild) -> int:
        if build.ended is not None:
            return build.ended_at
        return build.queued_at if build.waits else build.began_at + build.minutes * MINUTE // 2

    def _timeline(self, build: FakeBuild, timeline: str) -> Answer:
        if build.waits:
            return Answer(204)
        if timeline and not (build.again and timeline == id_of(build.number, "earlier")):
            return _said({"message": "No such timeline"}, 404)
        found = list(self.records(build, again=build.again and not timeline))
        return _said({"records": found, "id": timeline or id_of(build.number, "timeline"), "changeId": 12})

    def records(self, build: FakeBuild, *, again: bool) -> Iterator[dict[str, Any]]:
        """Two stages of a job each, and where it is held back one more. again: as it stands since it was run again."""
        half = (build.began_at + build.first_end) // 2
        yield from self._stage(build, "Build", "Compile", 1, build.began_at + SECOND, half, "succeeded")
        tried = build.ended if not build.again else "failed"
        ends = None if tried is None or build.holds else build.first_end - SECOND
        if again:
            began = build.first_end + 20 * MINUTE
            yield from self._stage(build, "Test", "Unit tests", 2, began, build.ended_at - SECOND, str(build.ended))
        elif build.holds:
            yield from self._stage(build, "Test", "Unit tests", 1, half, half + MINUTE, "succeeded")
            yield from self._held(build, half + MINUTE)
        else:
            yield from self._stage(build, "Test", "Unit tests", 1, half, ends, tried)

    def _stage(
        self, build: FakeBuild, name: str, job: str, attempt: int, began: int, ended: int | None, result: str | None
    ) -> Iterator[dict[str, Any]]:
        own = id_of(build.number, name, attempt)
        state = {"state": "completed", "result": result} if ended else {"state": "inProgress", "result": None}
        times = {"startTime": time_of(began), "finishTime": time_of(ended) if ended else None, **state}
        before = {"attempt": 1, "timelineId": id_of(build.number, "earlier"), "recordId": id_of(build.number, name, 1)}
        yield _record(
            own,
            None,
            "Stage",
            f"{name} it",
            identifier=name,
            attempt=attempt,
            previousAttempts=[before] if attempt > 1 else [],
            **times,
        )
        phase = id_of(own, "phase")
        yield _record(phase, own, "Phase", job, attempt=attempt, **times)
        yield _record(id_of(own, job), phase, "Job", job, attempt=attempt, **times)
        yield _record(
            id_of(own, job, 1), id_of(own, job), "Task", "Checkout", log={"id": 5}, **{**times, "result": "succeeded"}
        )
        yield _record(id_of(own, job, 2), id_of(own, job), "Task", f"make {name.lower()}", log={"id": 6}, **times)

    def _held(self, build: FakeBuild, since: int) -> Iterator[dict[str, Any]]:
        own = id_of(build.number, "Deploy", 1)
        over = build.ended is not None
        state = {"state": "completed", "result": "skipped"} if over else {"state": "pending", "result": None}
        checks = {"state": "completed", "result": "failed"} if over else {"state": "inProgress", "result": None}
        times = {"startTime": time_of(since), "finishTime": time_of(build.ended_at - SECOND) if over else None}
        yield _record(
            own, None, "Stage", "Deploy it", identifier="Deploy", attempt=1, **{**times, "startTime": None, **state}
        )
        yield _record(id_of(own, "check"), own, "Checkpoint", "Checkpoint", **{**times, **checks})
        yield _record(
            self.approval_id(build),
            id_of(own, "check"),
            "Checkpoint.Approval",
            "Checkpoint.Approval",
            **{**times, **checks},
        )
        waiting = {"state": "pending", "result": None, "startTime": None, "finishTime": None}
        yield _record(id_of(own, "phase"), own, "Phase", "Roll out", **waiting)
        yield _record(id_of(own, "job"), id_of(own, "phase"), "Job", "Roll out", **waiting)

    def approval_id(self, build: FakeBuild) -> str:
        return id_of(build.number, "approval")

    def approval(self, build: FakeBuild) -> dict[str, Any]:
        """As the API and service hooks have it."""
        since = build.began_at + build.minutes * MINUTE // 2 + MINUTE
        over = build.ended is not None
        decided = {"actualApprover": {"displayName": self.decider}, "comment": "Not on a Friday"} if over else {}
        step = {
            "assignedApprover": {"displayName": self.decider},
            "status": "rejected" if over else "pending",
            **decided,
        }
        return {
            "id": self.approval_id(build),
            "status": "rejected" if over else "pending",
            "createdOn": time_of(since),
            "lastModifiedOn": time_of(build.ended_at - SECOND if over else since),
            "steps": [step],
        }

    def _approvals(self, asked: Asked, name: str) -> Answer:
        if self.silent:
            return _said({"message": "VssPropertyValidation"}, 400)
        assert asked.query["$expand"] == "steps"
        wanted = asked.query["approvalIds"].split(",")
        found = [self.approval(one) for one in self.builds[name] if self.approval_id(one) in wanted]
        return _said({"count": len(found), "value": found})


def _record(own: str, parent: str | None, kind: str, name: str, **said: Any) -> dict[str, Any]:
    return {"id": own, "parentId": parent, "type": kind, "name": name, "attempt": 1, "previousAttempts": [], **said}


def project_id(name: str) -> str:
    return id_of("azuredevops", name)


def _said(found: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(found).encode())


__all__ = ["TOKEN", "FakeAzureDevOps", "FakeBuild", "at_of"]
