"""CircleCI: a workflow and its jobs, of which ends alone are told. What failed is run again as another workflow, which
nothing ties to the one before."""

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
    Post,
    Telling,
    post,
)

FIRST, SECOND = ("till-workflow-1", 30), ("till-workflow-2", 20)
VCS = {"branch": BRANCH, "revision": COMMIT, "commit": {"subject": MESSAGE, "author": {"name": AUTHOR}}}


def job(name: str, minutes: float, began: float, status: str, workflow: tuple[str, float]) -> Post:
    told = {"id": f"{name} {workflow[0]}", "name": name, "number": 1, "status": status}
    return _post(
        "job-completed", minutes, workflow, {}, job={**told, "started_at": ago(began), "stopped_at": ago(minutes)}
    )


def ended(minutes: float, status: str, workflow: tuple[str, float]) -> Post:
    return _post("workflow-completed", minutes, workflow, {"status": status, "stopped_at": ago(minutes)})


def _post(event: str, minutes: float, workflow: tuple[str, float], said: dict[str, Any], **more: Any) -> Post:
    own, created = workflow
    body = {
        "id": f"{event} {own} {minutes} {more}",
        "type": event,
        "happened_at": ago(minutes),
        "project": {"id": "till-project", "name": ""},
        "organization": {"name": "shop"},
        "workflow": {"id": own, "name": PIPELINE, "created_at": ago(created), **said},
        "pipeline": {"id": "till-pipeline", "number": NUMBER, "created_at": ago(30), "vcs": VCS},
        **more,
    }
    return post(body, circleci_event_type=event)


def telling() -> Telling:
    return Telling(
        past_build=[job(BUILD, 27, 30, "success", FIRST)],
        failed=[job(ACCEPTANCE, 23, 27, "failed", FIRST), ended(23, "failed", FIRST)],
        retrying=[],
        passed=[
            job(ACCEPTANCE, 15, 20, "success", SECOND),
            job(PRODUCTION, 11, 15, "success", SECOND),
            ended(11, "success", SECOND),
        ],
    )
