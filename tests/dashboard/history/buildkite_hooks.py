"""What Buildkite would have sent by webhook of its fake's builds, each with its time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_buildkite import FakeBuild, FakeBuildkite, at_of
from tests.dashboard.history.hooks import Hook


def hooks_of(buildkite: FakeBuildkite, build: FakeBuild) -> Iterator[Hook]:
    """From its beginning to its end. A build that never ends tells none; a wait step tells of itself, too."""
    pipeline, whole = buildkite.pipeline(build.pipeline), buildkite.build(build)
    begun = {**whole, "state": "scheduled", "blocked": False, "started_at": None, "finished_at": None}
    runs = {**begun, "state": "running", "started_at": whole["started_at"]}

    def sent(at: str, event: str, told: dict[str, Any], **more: Any) -> Hook:
        body = {"event": event, "build": told, "pipeline": pipeline, "sender": {"name": "Ada"}, **more}
        return Hook(at_of(at), build.number, _parsed(event, body))

    yield sent(whole["created_at"], "build.scheduled", begun)
    if whole["started_at"]:
        yield sent(whole["started_at"], "build.running", runs)
    for job in buildkite.jobs(build):
        first = {**job, "retried": False, "retried_in_job_id": None}
        if job["type"] != "manual":
            started = {**first, "state": "running", "finished_at": None, "exit_status": None}
            yield sent(job["started_at"], "job.started", runs, job=started)
        if job["finished_at"]:
            yield sent(job["finished_at"], "job.finished", runs, job=first)
    if whole["finished_at"]:
        yield sent(whole["finished_at"], "build.finished", whole)


def _parsed(event: str, body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    headers = {"content-type": "application/json", "x-buildkite-event": event}
    return SOURCES["buildkite"].parse(headers, json.dumps(body).encode()).events
