"""CDEvents: a pipelineRun and its taskRuns. What they have no member for stands in customData, the attempt, too."""

from __future__ import annotations

from typing import Any

from tests.dashboard.bodies import ago
from tests.dashboard.dialects.told import (
    ACCEPTANCE,
    AUTHOR,
    BRANCH,
    BUILD,
    COMMIT,
    MESSAGE,
    NUMBER,
    PIPELINE,
    PRODUCTION,
    REPOSITORY,
    Telling,
    post,
)

TOLD = {
    "number": NUMBER,
    "branch": BRANCH,
    "defaultBranch": BRANCH,
    "commit": COMMIT,
    "message": MESSAGE,
    "author": AUTHOR,
    "repository": REPOSITORY,
}


def event(kind: str, subject: str, minutes: float, content: dict[str, Any], **more: Any) -> dict[str, Any]:
    context = {"specversion": "0.5.1", "id": f"{kind} {subject} {minutes}", "source": "/shop/tekton"}
    context |= {"type": f"dev.cdevents.{kind}.0.3.0", "timestamp": ago(minutes)}
    return {"context": context, "subject": {"id": subject, "content": content}, "customData": more}


def run(predicate: str, minutes: float, attempt: int, **content: str) -> dict[str, Any]:
    told = {"pipelineName": PIPELINE, **content}
    return event(f"pipelinerun.{predicate}", "shop/till-run", minutes, told, attempt=attempt, **TOLD)


def task(name: str, predicate: str, minutes: float, attempt: int, **content: Any) -> dict[str, Any]:
    told = {"taskName": name, "pipelineRun": {"id": "shop/till-run"}, **content}
    return event(f"taskrun.{predicate}", f"shop/{name}-{attempt}", minutes, told, attempt=attempt)


def telling() -> Telling:
    return Telling(
        past_build=[
            post(run("started", 30, 1)),
            post(task(BUILD, "started", 30, 1)),
            post(task(BUILD, "finished", 27, 1, outcome="success")),
        ],
        failed=[
            post(task(ACCEPTANCE, "started", 27, 1)),
            post(task(ACCEPTANCE, "finished", 23, 1, outcome="failure")),
            post(run("finished", 23, 1, outcome="failure")),
        ],
        retrying=[
            post(run("started", 20, 2)),
            post(task(ACCEPTANCE, "started", 20, 2)),
        ],
        passed=[
            post(task(ACCEPTANCE, "finished", 15, 2, outcome="success")),
            post(task(PRODUCTION, "started", 15, 2)),
            post(task(PRODUCTION, "finished", 11, 2, outcome="success")),
            post(run("finished", 11, 2, outcome="success")),
        ],
    )
