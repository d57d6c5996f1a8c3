"""A test run as GitLab would tell of it. Of a project that has no page, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _pipeline(run, "running")
    for place, (_, began, ended) in enumerate(STAGES):
        yield _job(run, place, began, ended)
    yield _pipeline(run, "success")


def _pipeline(run: SampleRun, status: str) -> Post:
    ended = status == "success"
    said = {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": run.run_number,
            "iid": run.run_number % 100_000,
            "ref": "main",
            "tag": False,
            "sha": run.commit,
            "source": "push",
            "status": status,
            "stages": [name for name, _, _ in STAGES],
            "created_at": run.time(BEGAN_SECONDS),
            "finished_at": run.time(ENDED_SECONDS) if ended else None,
        },
        "user": {"username": "big-transit"},
        "project": {
            "id": run.pipeline_number,
            "name": NAME,
            "path_with_namespace": "big-transit/test-run",
            "default_branch": "main",
        },
        "commit": {"id": run.commit, "message": MESSAGE, "author": {"name": "Big Transit"}},
        "builds": [_listed(run, place, ended=ended) for place in range(len(STAGES))],
    }
    return _post(run, "Pipeline Hook", said)


def _listed(run: SampleRun, place: int, *, ended: bool) -> dict[str, Any]:
    name, began, until = STAGES[place]
    return {
        "id": run.run_number * 10 + place,
        "stage": name,
        "name": name,
        "status": "success" if ended else "created",
        "created_at": run.time(BEGAN_SECONDS),
        "started_at": run.time(began) if ended else None,
        "finished_at": run.time(until) if ended else None,
        "queued_duration": 1 if ended else None,
    }


def _job(run: SampleRun, place: int, began: int, ended: int) -> Post:
    name = STAGES[place][0]
    said = {
        "object_kind": "build",
        "ref": "main",
        "sha": run.commit,
        "build_id": run.run_number * 10 + place,
        "build_name": name,
        "build_stage": name,
        "build_status": "success",
        "build_created_at": run.time(BEGAN_SECONDS),
        "build_started_at": run.time(began),
        "build_finished_at": run.time(ended),
        "build_queued_duration": 1,
        "pipeline_id": run.run_number,
        "project_id": run.pipeline_number,
    }
    return _post(run, "Job Hook", said)


def _post(run: SampleRun, event: str, said: dict[str, Any]) -> Post:
    body = json.dumps(said)
    headers = {"content-type": "application/json", "x-gitlab-event": event, "idempotency-key": run.key(event, body)}
    return Post(headers, body.encode())
