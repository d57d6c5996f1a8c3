"""What Azure DevOps would have sent by service hooks of its fake's builds, each some seconds after what it tells."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_azuredevops import (
    COLLECTION,
    SECOND,
    SITE,
    FakeAzureDevOps,
    FakeBuild,
    project_id,
    time_of,
)
from tests.dashboard.history.fake_buildkite import at_of
from tests.dashboard.history.hooks import Hook

PIPELINES, CHECKS = "ms.vss-pipelines.{}-state-changed-event", "ms.vss-pipelinechecks-events.approval-{}"
MADE_LATER = 4 * SECOND
STATES = {"pending": "notStarted", "inProgress": "running"}


class Hooks:
    """Of one build. author: of the commit, place: what an approval guards; the API tells neither."""

    def __init__(self, azure: FakeAzureDevOps, build: FakeBuild, author: str = "", place: str = "") -> None:
        self.azure, self.build, self.author, self.place = azure, build, author, place
        self.whole = azure.build(build)
        self.page = self.whole["_links"]

    def all(self) -> Iterator[Hook]:
        if self.build.waits:
            return
        yield self._run(self.build.queued_at, stages=list(self._to_come()))
        first = list(self.azure.records(self.build, again=False))
        yield from self._ran(first)
        if self.build.again:
            yield self._run(self.build.first_end, "failed")
            yield self._run(self.build.first_end + 20 * 60 * SECOND)
            second = list(self.azure.records(self.build, again=True))
            yield from self._ran([one for one in second if one["id"] not in {old["id"] for old in first}])
        if self.build.holds:
            yield self._approval()
        if self.build.ended is not None:
            yield self._run(self.build.ended_at, self.build.ended)
            yield self._sent("build.complete", self.build.ended_at, self.whole)

    def _to_come(self) -> Iterator[dict[str, Any]]:
        for one in self.azure.records(self.build, again=False):
            if one["type"] == "Stage":
                yield {**self._stage(one), "state": "notStarted", "result": None, "startTime": None, "finishTime": None}

    def _ran(self, records: list[dict[str, Any]]) -> Iterator[Hook]:
        stage: dict[str, Any] = {}
        for one in records:
            if one["type"] == "Stage":
                stage = self._stage(one)
                yield from self._told("stage", one, {"stage": stage})
            if one["type"] == "Job":
                job = {**one, "state": STATES.get(one["state"], one["state"]), "_links": self.page}
                yield from self._told("job", one, {"stage": stage, "job": job})

    def _told(self, level: str, record: dict[str, Any], said: dict[str, Any]) -> Iterator[Hook]:
        """When it began, and when it ended."""
        run = {**self._of_run(), "state": "inProgress"}
        if record["startTime"]:
            begun = {"state": "running", "result": None, "finishTime": None}
            going = {**said, level: {**said[level], **begun}}
            yield self._sent(
                PIPELINES.format(level), at_of(record["startTime"]), {**self._around(), "run": run, **going}
            )
        if record["finishTime"]:
            yield self._sent(
                PIPELINES.format(level), at_of(record["finishTime"]), {**self._around(), "run": run, **said}
            )

    def _stage(self, record: dict[str, Any]) -> dict[str, Any]:
        names = {"name": record["identifier"], "displayName": record["name"]}
        return {**record, **names, "state": STATES.get(record["state"], record["state"]), "_links": self.page}

    def _run(self, at: int, result: str = "", stages: list[dict[str, Any]] | None = None) -> Hook:
        over = {"state": "completed", "result": result, "finishedDate": time_of(at)}
        run = {**self._of_run(), **(over if result else {"state": "inProgress"})}
        people = {"requestedFor": self.whole["requestedFor"], "requestedBy": self.whole["requestedBy"]}
        return self._sent(PIPELINES.format("run"), at, {**self._around(), **people, "run": run, "stages": stages or []})

    def _approval(self) -> Hook:
        asked = self.azure.approval(self.build)
        place = {"resource": {"name": self.place, "resourceType": "environment"}} if self.place else {}
        said = {"approval": asked, "approvalId": asked["id"], "stageName": "Deploy", "run": self._of_run(), **place}
        over = asked["status"] != "pending"
        at = at_of(asked["lastModifiedOn" if over else "createdOn"])
        return self._sent(CHECKS.format("completed" if over else "pending"), at, {**self._around(), **said})

    def _of_run(self) -> dict[str, Any]:
        ref = {
            "refName": self.build.branch,
            "version": self.whole["sourceVersion"],
            "repository": {"type": "azureReposGit"},
        }
        return {
            "_links": self.page,
            "id": self.build.number,
            "name": self.whole["buildNumber"],
            "createdDate": self.whole["queueTime"],
            "resources": {"repositories": {"self": ref}},
        }

    def _around(self) -> dict[str, Any]:
        change = {"author": {"name": self.author}} if self.author else {}
        return {
            "projectId": project_id(self.build.project),
            "pipeline": {"id": self.build.definition, "name": self.whole["definition"]["name"], "folder": "\\"},
            "repositories": [{"alias": "self", "url": self.whole["repository"]["url"], "change": change}],
        }

    def _sent(self, event: str, at: int, resource: dict[str, Any]) -> Hook:
        base = {"baseUrl": f"{SITE}/"}
        body = {
            "id": f"{event} {at} {resource.get('id', '')}",
            "eventType": event,
            "resource": resource,
            "resourceContainers": {
                "collection": {"id": COLLECTION, **base},
                "account": {"id": "f86eb464-2125-4b4a-a04c-7d60258377e9", **base},
                "project": {"id": project_id(self.build.project), **base},
            },
            "createdDate": time_of(at + MADE_LATER),
        }
        return Hook(at + MADE_LATER, self.build.number, _parsed(body))


def hooks_of(azure: FakeAzureDevOps, build: FakeBuild, author: str = "", place: str = "") -> Iterator[Hook]:
    return Hooks(azure, build, author, place).all()


def _parsed(body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    return SOURCES["azuredevops"].parse({"content-type": "application/json"}, json.dumps(body).encode()).events
