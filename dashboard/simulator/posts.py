"""A run's plan as the posts its CI tool would send: bodies after each tool's documentation, in the order of time."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dashboard.simulator.plans import FOREVER, Job, Plan

ACCOUNT, REGION = "123456789012", "eu-west-1"
NAMESPACE = uuid.UUID("6f6a1b1e-6a0c-4c56-9d6b-5d1f0a3b7c11")
_STATES = {"success": "SUCCEEDED", "failure": "FAILED", "timed_out": "FAILED", "cancelled": "STOPPED"}


@dataclass(frozen=True, slots=True)
class Post:
    """`at`: when it is sent, milliseconds. Headers are those that say what it is; signing adds the others."""

    at: int
    source: str
    headers: dict[str, str]
    body: bytes


def posts(plan: Plan) -> list[Post]:
    """All that will ever be sent of this run, by time. What never happens is left out."""
    made = _github(plan) if plan.blueprint.source == "github" else _codepipeline(plan)
    return sorted((post for post in made if post.at < FOREVER), key=lambda post: post.at)


def _iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _github(plan: Plan) -> Iterator[Post]:
    yield _run(plan, plan.queued, "queued", None)
    yield _run(plan, plan.began, "in_progress", None)
    for place, job in enumerate(plan.jobs):
        yield _github_job(plan, place, job, job.queued, "queued")
        yield _github_job(plan, place, job, job.began, "in_progress")
        yield _github_job(plan, place, job, job.ended, "completed")
        if job.stage.production and job.result == "success":
            yield _deployment(plan, job)
    yield _run(plan, plan.ended, "completed", "cancelled" if plan.result == "superseded" else plan.result)


def _repository(plan: Plan) -> dict[str, Any]:
    name = plan.blueprint.name
    full = f"acme/{name}"
    address = f"https://github.com/{full}"
    return {"id": 500_000 + plan.blueprint.index, "name": name, "full_name": full, "html_url": address,
            "default_branch": "main", "owner": {"login": "acme"}}  # fmt: skip


def _run_id(plan: Plan) -> int:
    return 7_000_000_000 + plan.blueprint.index * 1_000_000 + plan.number


def _login(plan: Plan) -> str:
    return plan.author.partition(" ")[0].lower()


def _workflow_run(plan: Plan, status: str, conclusion: str | None, at: int) -> dict[str, Any]:
    repository = _repository(plan)
    return {
        "id": _run_id(plan),
        "name": "Delivery",
        "run_number": plan.number,
        "run_attempt": plan.attempt,
        "status": status,
        "conclusion": conclusion,
        "event": "push",
        "head_branch": plan.branch,
        "head_sha": plan.commit,
        "workflow_id": 900_000 + plan.blueprint.index,
        "path": ".github/workflows/delivery.yml",
        "display_title": plan.message,
        "html_url": f"{repository['html_url']}/actions/runs/{_run_id(plan)}",
        "created_at": _iso(plan.queued),
        "run_started_at": _iso(plan.queued if plan.began >= FOREVER else plan.began),
        "updated_at": _iso(at),
        "actor": {"login": _login(plan)},
        "triggering_actor": {"login": _login(plan)},
        "head_commit": {"id": plan.commit, "message": plan.message, "author": {"name": plan.author}},
    }


def _github_post(plan: Plan, at: int, event: str, what: str, body: dict[str, Any]) -> Post:
    delivery = uuid.uuid5(NAMESPACE, f"{_run_id(plan)}/{plan.attempt}/{event}/{what}")
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": str(delivery),
        "user-agent": "GitHub-Hookshot/simulated",
    }
    sender = {"repository": _repository(plan), "sender": {"login": _login(plan)}}
    return Post(at, "github", headers, json.dumps({**body, **sender}).encode())


def _run(plan: Plan, at: int, status: str, conclusion: str | None) -> Post:
    if at >= FOREVER:
        return Post(at, "github", {}, b"")
    action = {"queued": "requested"}.get(status, status)
    body = {"action": action, "workflow_run": _workflow_run(plan, status, conclusion, at)}
    return _github_post(plan, at, "workflow_run", action, body)


def _github_job(plan: Plan, place: int, job: Job, at: int, status: str) -> Post:
    if at >= FOREVER:
        return Post(at, "github", {}, b"")
    done = status == "completed"
    conclusion = ("cancelled" if job.result == "superseded" else job.result) if done else None
    number = _run_id(plan) * 100 + plan.attempt * 20 + place
    step = {"name": f"Run {job.name}", "number": 1, "status": status, "conclusion": conclusion}
    body = {
        "id": number,
        "run_id": _run_id(plan),
        "run_attempt": plan.attempt,
        "name": job.name,
        "workflow_name": "Delivery",
        "status": status,
        "conclusion": conclusion,
        "head_branch": plan.branch,
        "head_sha": plan.commit,
        "html_url": f"{_repository(plan)['html_url']}/actions/runs/{_run_id(plan)}/job/{number}",
        "created_at": _iso(job.queued),
        "started_at": _iso(job.queued if status == "queued" else job.began),
        "completed_at": _iso(at) if done else None,
        "steps": [step] if done else [],
    }
    return _github_post(plan, at, "workflow_job", f"{place}/{status}", {"action": status, "workflow_job": body})


def _deployment(plan: Plan, job: Job) -> Post:
    at = job.ended
    number = _run_id(plan) + 1
    body = {
        "action": "created",
        "deployment_status": {"id": number, "state": "success", "environment": "production", "created_at": _iso(at),
                              "updated_at": _iso(at), "target_url": "", "log_url": ""},
        "deployment": {"id": number, "sha": plan.commit, "ref": plan.branch, "environment": "production",
                       "created_at": _iso(at), "updated_at": _iso(at)},
        "workflow_run": _workflow_run(plan, "in_progress", None, at),
    }  # fmt: skip
    return _github_post(plan, at, "deployment_status", "success", body)


def _codepipeline(plan: Plan) -> Iterator[Post]:
    last: dict[str, int] = {}
    first: dict[str, int] = {}
    results: dict[str, str] = {}
    yield _aws(plan, plan.began, "Pipeline", "STARTED", {})
    for job in plan.jobs:
        name = job.stage.name
        first[name] = min(first.get(name, FOREVER), job.began)
        last[name] = max(last.get(name, 0), job.ended)
        results[name] = job.result if job.result != "success" else results.get(name, "success")
        yield _action(plan, job, job.began, "STARTED")
        if job.result != "superseded":
            yield _action(plan, job, job.ended, {"cancelled": "ABANDONED"}.get(job.result, _STATES.get(job.result, "")))
    for name, began in first.items():
        yield _aws(plan, began, "Stage", "STARTED", {"stage": name})
        if results[name] != "superseded":
            yield _aws(plan, last[name], "Stage", _STATES[results[name]], {"stage": name})
    yield _aws(plan, plan.ended, "Pipeline", "SUPERSEDED" if plan.result == "superseded" else _STATES[plan.result], {})


def _action(plan: Plan, job: Job, at: int, state: str) -> Post:
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
    return _aws(plan, at, "Action", state, detail)


def execution_of(plan: Plan) -> str:
    """What CodePipeline calls this run."""
    return str(uuid.uuid5(NAMESPACE, f"{plan.blueprint.name}/{plan.number}"))


def _aws(plan: Plan, at: int, level: str, state: str, more: dict[str, Any]) -> Post:
    name = plan.blueprint.name
    execution = execution_of(plan)
    what = f"{execution}/{level}/{state}/{more.get('stage')}/{more.get('action')}"
    trigger = {"trigger-type": "Webhook", "commit-id": plan.commit, "branch-name": plan.branch,
               "commit-message": plan.message, "author-display-name": plan.author}  # fmt: skip
    detail = {"pipeline": name, "execution-id": execution, "state": state, "version": 3.0,
              "pipeline-execution-attempt": float(plan.attempt), **more}  # fmt: skip
    if level == "Pipeline":
        detail["execution-trigger"] = trigger
    body = {
        "version": "0",
        "id": str(uuid.uuid5(NAMESPACE, what)),
        "detail-type": f"CodePipeline {level} Execution State Change",
        "source": "aws.codepipeline",
        "account": ACCOUNT,
        "time": _iso(at) if at < FOREVER else "",
        "region": REGION,
        "resources": [f"arn:aws:codepipeline:{REGION}:{ACCOUNT}:{name}"],
        "detail": detail,
    }
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": "Amazon/EventBridge/ApiDestinations"}
    return Post(at, "codepipeline", headers, json.dumps(body).encode())
