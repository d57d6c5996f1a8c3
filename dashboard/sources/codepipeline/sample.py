"""A test run as EventBridge would tell of it. Its account and region do not exist, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun

ACCOUNT, REGION = "000000000000", "test"


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _post(run, "Pipeline", "STARTED", BEGAN_SECONDS)
    for name, began, ended in STAGES:
        yield _post(run, "Stage", "STARTED", began, stage=name)
        yield _post(run, "Stage", "SUCCEEDED", ended, stage=name)
    yield _post(run, "Pipeline", "SUCCEEDED", ENDED_SECONDS)


def _post(run: SampleRun, level: str, state: str, seconds_ago: int, **more: str) -> Post:
    detail = {
        "pipeline": NAME,
        "execution-id": run.key("execution"),
        "state": state,
        "pipeline-execution-attempt": 1.0,
        "execution-trigger": {
            "trigger-type": "Webhook",
            "commit-id": run.commit,
            "branch-name": "main",
            "commit-message": MESSAGE,
            "author-display-name": "Big Transit",
        },
        **more,
    }
    body = {
        "version": "0",
        "id": run.key(level, state, *more.values()),
        "detail-type": f"CodePipeline {level} Execution State Change",
        "source": "aws.codepipeline",
        "account": ACCOUNT,
        "time": run.time(seconds_ago),
        "region": REGION,
        "resources": [],
        "detail": detail,
    }
    return Post({"content-type": "application/json"}, json.dumps(body).encode())
