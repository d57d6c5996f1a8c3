"""CodePipeline: an execution and its stages; a failed stage is retried within the execution."""

from __future__ import annotations

from tests.dashboard.bodies import PipelineExecution
from tests.dashboard.dialects.told import (
    ACCEPTANCE,
    AUTHOR,
    BRANCH,
    BUILD,
    COMMIT,
    MESSAGE,
    PIPELINE,
    PRODUCTION,
    REPOSITORY,
    Telling,
    post,
)

TRIGGER = {
    "trigger-type": "Webhook",
    "full-repository-name": REPOSITORY,
    "branch-name": BRANCH,
    "commit-id": COMMIT,
    "commit-message": MESSAGE,
    "author-display-name": AUTHOR,
}


def telling() -> Telling:
    first, again = (PipelineExecution(0x812, pipeline=PIPELINE, attempt=attempt) for attempt in (1, 2))
    by = {"execution-trigger": TRIGGER}
    return Telling(
        past_build=[
            post(first.told("STARTED", 30, **by)),
            post(first.stage(BUILD, "STARTED", 30)),
            post(first.stage(BUILD, "SUCCEEDED", 27)),
        ],
        failed=[
            post(first.stage(ACCEPTANCE, "STARTED", 27)),
            post(first.stage(ACCEPTANCE, "FAILED", 23)),
            post(first.told("FAILED", 23, **by)),
        ],
        retrying=[
            post(again.told("RESUMED", 20, **by)),
            post(again.stage(ACCEPTANCE, "RESUMED", 20)),
        ],
        passed=[
            post(again.stage(ACCEPTANCE, "SUCCEEDED", 15)),
            post(again.stage(PRODUCTION, "STARTED", 15)),
            post(again.stage(PRODUCTION, "SUCCEEDED", 11)),
            post(again.told("SUCCEEDED", 11, **by)),
        ],
    )
