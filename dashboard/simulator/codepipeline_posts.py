"""What CodePipeline would send of an execution through EventBridge, after
https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from dashboard.simulator.plans import FOREVER, Job, Plan, plan
from dashboard.simulator.post import NAMESPACE, Post, iso

ACCOUNT, REGION = "123456789012", "eu-west-1"
_STATES = {"success": "SUCCEEDED", "failure": "FAILED", "timed_out": "FAILED", "cancelled": "STOPPED"}


def codepipeline(plan: Plan) -> Iterator[Post]:
    """A later attempt resumes the execution at the stage that failed."""
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    results: dict[str, str] = {}
    begins = "STARTED" if plan.attempt == 1 else "RESUMED"
    yield from _aws(plan, plan.began, "Pipeline", begins, {})
    for job in plan.jobs:
        name = job.stage.name
        first[name] = min(first.get(name, FOREVER), job.began)
        last[name] = max(last.get(name, 0), job.ended)
        results[name] = job.result if job.result != "success" else results.get(name, "success")
        yield from _action(plan, job, job.began, "STARTED")
        if job.result != "superseded":
            ended = {"cancelled": "ABANDONED"}.get(job.result, _STATES.get(job.result, ""))
            yield from _action(plan, job, job.ended, ended)
    for place, (name, began) in enumerate(first.items()):
        yield from _aws(plan, began, "Stage", begins if place == 0 else "STARTED", {"stage": name})
        if results[name] != "superseded":
            yield from _aws(plan, last[name], "Stage", _STATES[results[name]], {"stage": name})
    ended = "SUPERSEDED" if plan.result == "superseded" else _STATES[plan.result]
    yield from _aws(plan, plan.ended, "Pipeline", ended, {})


def _action(plan: Plan, job: Job, at: int, state: str) -> Iterator[Post]:
    category = "Approval" if job.stage.approval else "Source" if job.stage.name == "Source" else "Deploy"
    provider = {"Approval": "Manual", "Source": "CodeStarSourceConnection"}.get(category, "CodeBuild")
    detail: dict[str, Any] = {
        "stage": job.stage.name,
        "action": job.name,
        "region": REGION,
        "type": {"owner": "AWS", "provider": provider, "category": category, "version": "1"},
    }
    if state in ("SUCCEEDED", "FAILED"):
        detail["execution-result"] = {"external-execution-id": plan.commit if category == "Source" else "build:1"}
        if category == "Source":
            told = {"ProviderType": "GitHub", "CommitMessage": plan.message}
            detail["execution-result"]["external-execution-summary"] = json.dumps(told)
        elif state == "FAILED":
            detail["execution-result"] |= {
                "error-code": "JobFailed",
                "external-execution-summary": "Build terminated with state: FAILED",
            }
    yield from _aws(plan, at, "Action", state, detail)


def execution_of(plan: Plan) -> str:
    """What CodePipeline calls this run."""
    what = f"{plan.blueprint.name}/{plan.number}" + ("/rollback" if plan.rollback_to else "")
    return str(uuid.uuid5(NAMESPACE, what))


def _aws(plan: Plan, at: int, level: str, state: str, more: dict[str, Any]) -> Iterator[Post]:
    if at >= FOREVER:
        return
    name, execution = plan.blueprint.name, execution_of(plan)
    what = f"{execution}/{plan.attempt}/{level}/{state}/{more.get('stage')}/{more.get('action')}"
    detail = {"pipeline": name, "execution-id": execution, "state": state, "version": 3.0,
              "pipeline-execution-attempt": float(plan.attempt), **more}  # fmt: skip
    if level == "Pipeline":
        detail |= _started_by(plan)
    body = {
        "version": "0",
        "id": str(uuid.uuid5(NAMESPACE, what)),
        "detail-type": f"CodePipeline {level} Execution State Change",
        "source": "aws.codepipeline",
        "account": ACCOUNT,
        "time": iso(at),
        "region": REGION,
        "resources": [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}"],
        "detail": detail,
    }
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiDestinations"}
    yield Post(at, "codepipeline", headers, json.dumps(body).encode())


def _started_by(of: Plan) -> dict[str, Any]:
    if of.rollback_to:
        who = f"arn:aws:sts::{ACCOUNT}:assumed-role/Release/{of.author.partition(' ')[0].lower()}"
        return {
            "execution-trigger": {"trigger-type": "ManualRollback", "trigger-detail": who},
            "execution-type": "ROLLBACK",
            "rollback-target-pipeline-execution-id": execution_of(plan(of.blueprint, of.rollback_to, of.queued)),
        }
    told = {
        "trigger-type": "Webhook",
        "commit-id": of.commit,
        "branch-name": of.branch,
        "commit-message": of.message,
        "author-display-name": of.author,
        "author-date": iso(of.committed),
    }
    return {"execution-trigger": told}
