"""What EventBridge would have sent of a fake's executions, each with its time, in whole seconds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from tests.dashboard.history.fake_buildkite import time_of
from tests.dashboard.history.fake_codepipeline import (
    ACCOUNT,
    REGION,
    SECOND,
    FakeExecution,
    Moment,
    kind_of,
    trigger_of,
)
from tests.dashboard.history.hooks import Hook


def hooks_of(execution: FakeExecution) -> Iterator[Hook]:
    for moment in execution.moments:
        body = json.dumps(_body(execution, moment)).encode()
        events = SOURCES["codepipeline"].parse({"content-type": "application/json"}, body).events
        yield Hook(moment.at, execution.number, events)


def _body(execution: FakeExecution, moment: Moment) -> dict[str, Any]:
    return {
        "version": "0",
        "id": f"{execution.id} {moment}",
        "detail-type": f"CodePipeline {moment.level.title()} Execution State Change",
        "source": "aws.codepipeline",
        "account": ACCOUNT,
        "time": time_of(moment.at // SECOND * SECOND),
        "region": REGION,
        "detail": {
            "pipeline": execution.pipeline,
            "execution-id": execution.id,
            "state": moment.state,
            "version": 3.0,
            "pipeline-execution-attempt": float(moment.attempt),
            **_more(execution, moment),
        },
    }


def _more(execution: FakeExecution, moment: Moment) -> dict[str, Any]:
    if moment.level == "stage":
        return {"stage": moment.stage}
    if moment.level == "pipeline":
        trigger = trigger_of(execution)
        told = {"trigger-type": trigger["triggerType"], "trigger-detail": trigger["triggerDetail"]}
        stopped = {"stop-execution-comments": "wrong button"} if moment.state == "STOPPED" else {}
        return {"execution-trigger": told, "start-time": time_of(execution.began), **stopped}
    kind = {**kind_of(moment.action), "owner": "AWS", "version": "1"}
    return {"stage": moment.stage, "action": moment.action, "type": kind, **_result(execution, moment)}


def _result(execution: FakeExecution, moment: Moment) -> dict[str, Any]:
    if moment.state == "STARTED":
        return {}
    if moment.action == "Source":
        told = {"external-execution-id": execution.commit, "external-execution-summary": f"Change {execution.number}"}
        return {"execution-result": told}
    if moment.state == "FAILED":
        said = {"error-code": "JobFailed", "external-execution-summary": "Build terminated with state: FAILED"}
        return {"execution-result": said}
    if moment.action == "ship-it":
        by = f"Approved by arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ada"
        return {"execution-result": {"external-execution-summary": by}}
    return {}
