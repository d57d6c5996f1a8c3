"""Azure DevOps: a run and its stages, whose identifiers have no blanks. A stage that is run again counts its own
attempt within the run, which goes on."""

from __future__ import annotations

from typing import Any

from tests.dashboard.bodies import ago
from tests.dashboard.dialects.told import ACCEPTANCE, AUTHOR, BUILD, COMMIT, MESSAGE, NUMBER, PIPELINE, Post, Telling
from tests.dashboard.dialects.told import post as posted

PROJECT = "9f3b6a1c-0d2e-4c58-8f7a-2b1c3d4e5f60"
PRODUCTION = "deploy_production"
GREEN: dict[str, Any] = {"state": "completed", "result": "succeeded"}
RED: dict[str, Any] = {"state": "completed", "result": "failed"}


def run(minutes: float, **said: str) -> Post:
    return _post("run", minutes, {"run": _run(**said)})


def stage(name: str, minutes: float, began: float, attempt: int = 1, **said: Any) -> Post:
    told = {"id": name, "name": name, "displayName": name.replace("_", " "), "attempt": attempt, **said}
    ended = {"finishTime": ago(minutes)} if "result" in said else {}
    return _post(
        "stage", minutes, {"run": _run(state="inProgress"), "stage": {**told, "startTime": ago(began), **ended}}
    )


def _run(**said: str) -> dict[str, Any]:
    ref = {"refName": "refs/heads/main", "version": COMMIT, "repository": {"id": "till"}}
    resources = {"repositories": {"self": ref}}
    return {"id": NUMBER, "name": str(NUMBER), "createdDate": ago(30), "resources": resources, **said}


def _post(level: str, minutes: float, said: dict[str, Any]) -> Post:
    change = {"message": MESSAGE, "author": {"name": AUTHOR}, "version": COMMIT}
    body = {
        "id": f"{level} {minutes} {said}",
        "eventType": f"ms.vss-pipelines.{level}-state-changed-event",
        "publisherId": "pipelines",
        "resource": {
            "projectId": PROJECT,
            "pipeline": {"id": 7, "name": PIPELINE, "folder": "\\"},
            "repositories": [{"alias": "self", "change": change}],
            **said,
        },
        "resourceVersion": "5.1-preview.1",
        "resourceContainers": {"collection": {"id": PROJECT}, "project": {"id": PROJECT}},
        "createdDate": ago(minutes),
    }
    return posted(body)


def telling() -> Telling:
    return Telling(
        past_build=[
            run(30, state="inProgress"),
            stage(BUILD, 30, 30, state="running"),
            stage(BUILD, 27, 30, **GREEN),
        ],
        failed=[
            stage(ACCEPTANCE, 27, 27, state="running"),
            stage(ACCEPTANCE, 23, 27, **RED),
            run(23, **RED, finishedDate=ago(23)),
        ],
        retrying=[
            run(20, state="inProgress"),
            stage(ACCEPTANCE, 20, 20, 2, state="running"),
        ],
        passed=[
            stage(ACCEPTANCE, 15, 20, 2, **GREEN),
            stage(PRODUCTION, 15, 15, state="running"),
            stage(PRODUCTION, 11, 15, **GREEN),
            run(11, **GREEN, finishedDate=ago(11)),
        ],
    )
