"""A test run as GitHub would tell of it. Of a repository that does not exist, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun

PATH = ".github/workflows/test-run.yml"


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _run(run, "in_progress", None, BEGAN_SECONDS)
    for place, (name, began, ended) in enumerate(STAGES):
        yield _job(run, place, name, began, ended)
    yield _run(run, "completed", "success", ENDED_SECONDS)


def _run(run: SampleRun, status: str, conclusion: str | None, seconds_ago: int) -> Post:
    told = {
        "id": run.run_number,
        "name": NAME,
        "run_number": run.run_number % 100_000,
        "run_attempt": 1,
        "status": status,
        "conclusion": conclusion,
        "event": "push",
        "head_branch": "main",
        "head_sha": run.commit,
        "workflow_id": run.pipeline_number,
        "path": PATH,
        "display_title": MESSAGE,
        "created_at": run.time(BEGAN_SECONDS),
        "updated_at": run.time(seconds_ago),
        "head_commit": {"message": MESSAGE, "author": {"name": "Big Transit"}},
    }
    workflow = {"id": run.pipeline_number, "name": NAME, "path": PATH}
    return _post(run, "workflow_run", {"action": status, "workflow": workflow, "workflow_run": told})


def _job(run: SampleRun, place: int, name: str, began: int, ended: int) -> Post:
    told = {
        "id": run.run_number * 10 + place,
        "run_id": run.run_number,
        "run_attempt": 1,
        "name": name,
        "status": "completed",
        "conclusion": "success",
        "head_branch": "main",
        "head_sha": run.commit,
        "created_at": run.time(began + 1),
        "started_at": run.time(began),
        "completed_at": run.time(ended),
        "runner_id": 1,
        "runner_name": "test run",
    }
    return _post(run, "workflow_job", {"action": "completed", "workflow_job": told})


def _post(run: SampleRun, event: str, said: dict[str, Any]) -> Post:
    repository = {
        "id": run.pipeline_number,
        "name": NAME,
        "full_name": "big-transit/test-run",
        "owner": {"login": "big-transit"},
        "default_branch": "main",
    }
    body = json.dumps({**said, "repository": repository, "sender": {"login": "big-transit"}})
    headers = {"content-type": "application/json", "x-github-event": event, "x-github-delivery": run.key(event, body)}
    return Post(headers, body.encode())
