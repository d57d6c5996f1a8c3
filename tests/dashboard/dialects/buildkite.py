"""Buildkite: a build and its jobs. A job that is retried is a new one, and the build that had failed runs again."""

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
)
from tests.dashboard.dialects.told import post as posted

STATES = {"started": "running", "finished": "passed"}


def build(event: str, state: str, minutes: float) -> Post:
    return _post(f"build.{event}", _build(state, minutes if event == "finished" else None))


def job(name: str, event: str, minutes: float, began: float, state: str = "", retries: int = 0) -> Post:
    told: dict[str, Any] = {
        "id": f"{name} {retries}",
        "type": "script",
        "name": name,
        "state": state or STATES[event],
        "exit_status": None if event == "started" else int(state == "failed"),
        "agent_query_rules": [],
        "created_at": ago(30),
        "runnable_at": ago(began),
        "started_at": ago(began),
        "finished_at": ago(minutes) if event == "finished" else None,
        "retries_count": retries,
        "soft_failed": False,
    }
    return _post(f"job.{event}", _build("running", None), told)


def _build(state: str, finished: float | None) -> dict[str, Any]:
    return {
        "id": "0198c1d2-3e4f-4a5b-8c6d-7e8f90a1b2c3",
        "number": NUMBER,
        "state": state,
        "blocked": False,
        "message": MESSAGE,
        "commit": COMMIT,
        "branch": BRANCH,
        "source": "webhook",
        "author": {"name": AUTHOR},
        "creator": {"name": AUTHOR},
        "created_at": ago(30),
        "started_at": ago(30),
        "finished_at": None if finished is None else ago(finished),
        "pull_request": None,
    }


def _post(event: str, told: dict[str, Any], of: dict[str, Any] | None = None) -> Post:
    pipeline = {"id": "till-7", "name": PIPELINE, "default_branch": BRANCH}
    body = {"event": event, "build": told, "pipeline": pipeline, "sender": {"name": AUTHOR}}
    return posted({**body, "job": of} if of else body, x_buildkite_event=event)


def telling() -> Telling:
    return Telling(
        past_build=[
            build("running", "running", 30),
            job(BUILD, "started", 30, 30),
            job(BUILD, "finished", 27, 30),
        ],
        failed=[
            job(ACCEPTANCE, "started", 27, 27),
            job(ACCEPTANCE, "finished", 23, 27, "failed"),
            build("finished", "failed", 23),
        ],
        retrying=[
            build("running", "running", 20),
            job(ACCEPTANCE, "started", 20, 20, retries=1),
        ],
        passed=[
            job(ACCEPTANCE, "finished", 15, 20, retries=1),
            job(PRODUCTION, "started", 15, 15),
            job(PRODUCTION, "finished", 11, 15),
            build("finished", "passed", 11),
        ],
    )
