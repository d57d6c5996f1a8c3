"""A test run as Buildkite's webhooks would tell of it. Without an organisation, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _post(run, "build.running", _build(run, "running"))
    for place, (name, began, ended) in enumerate(STAGES):
        yield _post(run, "job.finished", _build(run, "running"), _job(run, place, name, began, ended))
    yield _post(run, "build.finished", {**_build(run, "passed"), "finished_at": run.time(ENDED_SECONDS)})


def _build(run: SampleRun, state: str) -> dict[str, Any]:
    return {
        "id": run.key("build"),
        "number": run.run_number,
        "state": state,
        "blocked": False,
        "message": MESSAGE,
        "commit": run.commit,
        "branch": "main",
        "source": "webhook",
        "creator": {"name": "Big Transit"},
        "created_at": run.time(BEGAN_SECONDS),
        "started_at": run.time(BEGAN_SECONDS),
        "finished_at": None,
        "pull_request": None,
    }


def _job(run: SampleRun, place: int, name: str, began: int, ended: int) -> dict[str, Any]:
    return {
        "id": run.key("job", place),
        "type": "script",
        "name": name,
        "state": "passed",
        "exit_status": 0,
        "agent_query_rules": [],
        "created_at": run.time(BEGAN_SECONDS),
        "runnable_at": run.time(began + 1),
        "started_at": run.time(began),
        "finished_at": run.time(ended),
    }


def _post(run: SampleRun, event: str, build: dict[str, Any], job: dict[str, Any] | None = None) -> Post:
    pipeline = {"id": run.connection, "name": NAME, "default_branch": "main"}
    said = {"event": event, "build": build, "pipeline": pipeline, "sender": {"name": "Big Transit"}}
    headers = {"content-type": "application/json", "x-buildkite-event": event}
    return Post(headers, json.dumps({**said, "job": job} if job else said).encode())
