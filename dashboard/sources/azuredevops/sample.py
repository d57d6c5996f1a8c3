"""A test run as Azure DevOps would tell of it. Of an organisation that does not exist, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun

DONE = {"state": "completed", "result": "succeeded"}


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    going = _run(run, state="inProgress")
    yield _post(run, "run", BEGAN_SECONDS, {"run": going})
    for name, began, ended in STAGES:
        yield _post(run, "stage", began, {"run": going, "stage": _stage(run, name, began)})
        yield _post(run, "stage", ended, {"run": going, "stage": _stage(run, name, began, ended)})
    over = _run(run, **DONE, finishedDate=run.time(ENDED_SECONDS))
    yield _post(run, "run", ENDED_SECONDS, {"run": over, "stages": [_stage(run, *stage) for stage in STAGES]})


def _run(run: SampleRun, **said: str) -> dict[str, Any]:
    ref = {"refName": "refs/heads/main", "version": run.commit, "repository": {"id": run.key("repository")}}
    return {
        "id": run.run_number,
        "name": str(run.run_number % 100_000),
        "createdDate": run.time(BEGAN_SECONDS),
        "resources": {"repositories": {"self": ref}},
        **said,
    }


def _stage(run: SampleRun, name: str, began: int, ended: int | None = None) -> dict[str, Any]:
    told = {"id": run.key("stage", name), "name": name, "attempt": 1, "startTime": run.time(began)}
    return {**told, "state": "running"} if ended is None else {**told, **DONE, "finishTime": run.time(ended)}


def _post(run: SampleRun, level: str, seconds_ago: int, said: dict[str, Any]) -> Post:
    change = {"message": MESSAGE, "author": {"name": "Big Transit"}, "version": run.commit}
    body = {
        "subscriptionId": run.connection,
        "id": run.key(level, str(said)),
        "eventType": f"ms.vss-pipelines.{level}-state-changed-event",
        "publisherId": "pipelines",
        "resource": {
            "projectId": run.connection,
            "pipeline": {"id": run.pipeline_number, "name": NAME, "folder": "\\"},
            "repositories": [{"alias": "self", "change": change}],
            **said,
        },
        "resourceVersion": "5.1-preview.1",
        "resourceContainers": {"collection": {"id": run.connection}, "project": {"id": run.connection}},
        "createdDate": run.time(seconds_ago),
    }
    return Post({"content-type": "application/json"}, json.dumps(body).encode())
