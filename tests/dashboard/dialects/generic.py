"""The JSON body of our own."""

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


def told(status: str, minutes: float, attempt: int, stage: str = "", word: str = "") -> dict[str, Any]:
    body = {
        "pipeline": PIPELINE,
        "run": "run-812",
        "number": NUMBER,
        "status": status,
        "at": ago(minutes),
        "attempt": attempt,
        "branch": BRANCH,
        "defaultBranch": BRANCH,
        "commit": COMMIT,
        "message": MESSAGE,
        "author": AUTHOR,
        "repository": REPOSITORY,
    }
    return {**body, "stage": {"name": stage, "status": word}} if stage else body


def telling() -> Telling:
    return Telling(
        past_build=[
            post(told("running", 30, 1)),
            post(told("running", 30, 1, BUILD, "running")),
            post(told("running", 27, 1, BUILD, "succeeded")),
        ],
        failed=[
            post(told("running", 27, 1, ACCEPTANCE, "running")),
            post(told("running", 23, 1, ACCEPTANCE, "failed")),
            post(told("failed", 23, 1)),
        ],
        retrying=[
            post(told("running", 20, 2)),
            post(told("running", 20, 2, ACCEPTANCE, "running")),
        ],
        passed=[
            post(told("running", 15, 2, ACCEPTANCE, "succeeded")),
            post(told("running", 15, 2, PRODUCTION, "running")),
            post(told("running", 11, 2, PRODUCTION, "succeeded")),
            post(told("succeeded", 11, 2)),
        ],
    )
