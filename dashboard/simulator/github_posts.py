"""What GitHub would send of a run, after https://docs.github.com/en/webhooks/webhook-events-and-payloads: runs name
their workflow by its id, jobs name their run alone, and of a later attempt no "requested" comes."""

from __future__ import annotations

import hashlib
import json
import random
import uuid
from collections.abc import Iterator
from typing import Any

from dashboard.simulator.organisation import MESSAGES, PEOPLE
from dashboard.simulator.plans import FOREVER, SECOND, Job, Plan
from dashboard.simulator.post import NAMESPACE, Post, iso

MINUTE = 60 * SECOND
WORKFLOW, PATH = "Delivery", ".github/workflows/delivery.yml"


def github(plan: Plan) -> Iterator[Post]:
    if plan.attempt == 1:
        yield from _run(plan, plan.queued, "queued", None)
        yield from _push(plan)
    yield from _run(plan, plan.began, "in_progress", None)
    for place, job in enumerate(plan.jobs):
        yield from _told(plan, place, job)
    yield from _run(plan, plan.ended, "completed", "cancelled" if plan.result == "superseded" else plan.result)


def _told(plan: Plan, place: int, job: Job) -> Iterator[Post]:
    """One that needs an approval waits first, and is queued once it has it."""
    if job.waits_until is not None:
        yield from _job(plan, place, job, job.queued, "waiting")
        yield _review(plan, place, job)
        yield from _job(plan, place, job, job.waits_until, "queued")
    else:
        yield from _job(plan, place, job, job.queued, "queued")
    yield from _job(plan, place, job, job.began, "in_progress")
    yield from _job(plan, place, job, job.ended, "completed")
    if job.stage.production and job.result == "success" and job.ended < FOREVER:
        yield _deployment(plan, place, job)


def _repository(plan: Plan) -> dict[str, Any]:
    name = plan.blueprint.name
    full = f"acme/{name}"
    address = f"https://github.com/{full}"
    return {"id": 500_000 + plan.blueprint.index, "name": name, "full_name": full, "html_url": address,
            "default_branch": "main", "owner": {"login": "acme", "id": 4_242}}  # fmt: skip


def _run_id(plan: Plan) -> int:
    return 7_000_000_000 + plan.blueprint.index * 1_000_000 + plan.number


def _workflow_id(plan: Plan) -> int:
    return 900_000 + plan.blueprint.index


def _login(plan: Plan) -> str:
    return plan.author.partition(" ")[0].lower()


def _workflow_run(plan: Plan, status: str, conclusion: str | None, at: int) -> dict[str, Any]:
    repository = _repository(plan)
    request = {"number": plan.request, "head": {"ref": plan.branch}, "base": {"ref": "main", "repo": repository}}
    return {
        "id": _run_id(plan),
        "name": WORKFLOW,
        "run_number": plan.number,
        "run_attempt": plan.attempt,
        "status": status,
        "conclusion": conclusion,
        "event": "pull_request" if plan.request else "push",
        "head_branch": plan.branch,
        "head_sha": plan.commit,
        "workflow_id": _workflow_id(plan),
        "path": PATH,
        "display_title": plan.message,
        "html_url": f"{repository['html_url']}/actions/runs/{_run_id(plan)}",
        # A re-run keeps the created_at of its first attempt; run_started_at tells when it was asked for.
        "created_at": iso(plan.made),
        "run_started_at": iso(plan.queued),
        "updated_at": iso(at),
        "actor": {"login": _login(plan)},
        "triggering_actor": {"login": _login(plan)},
        "pull_requests": [request] if plan.request else [],
        "head_commit": {
            "id": plan.commit,
            "message": plan.message,
            "timestamp": iso(plan.committed),
            "author": {"name": plan.author},
        },
        "repository": repository,
        "head_repository": repository,
    }


def _post(plan: Plan, at: int, event: str, what: str, body: dict[str, Any]) -> Post:
    delivery = uuid.uuid5(NAMESPACE, f"{_run_id(plan)}/{plan.attempt}/{event}/{what}")
    headers = {
        "content-type": "application/json",
        "x-github-event": event,
        "x-github-delivery": str(delivery),
        "user-agent": "GitHub-Hookshot/simulated",
    }
    repository = {**_repository(plan), **({"pushed_at": at // 1000} if event == "push" else {})}
    sender = {"repository": repository, "sender": {"login": _login(plan)}}
    return Post(at, "github", headers, json.dumps({**body, **sender}).encode())


def _run(plan: Plan, at: int, status: str, conclusion: str | None) -> Iterator[Post]:
    if at >= FOREVER:
        return
    action = {"queued": "requested"}.get(status, status)
    workflow = {"id": _workflow_id(plan), "name": WORKFLOW, "path": PATH}
    body = {"action": action, "workflow": workflow, "workflow_run": _workflow_run(plan, status, conclusion, at)}
    yield _post(plan, at, "workflow_run", action, body)


def _push(plan: Plan) -> Iterator[Post]:
    """What the run is of, and up to eleven commits before it."""
    if plan.queued >= FOREVER:
        return
    dice = random.Random(f"{_run_id(plan)}/push")
    size = dice.choice((1, 1, 2, 3, 4, 12))
    made = min(plan.committed or plan.queued, plan.queued)
    commits = [
        {
            "id": hashlib.sha256(f"{plan.commit}/{before}".encode()).hexdigest()[:40] if before else plan.commit,
            "message": dice.choice(MESSAGES) if before else plan.message,
            "timestamp": iso(made - before * 20 * MINUTE),
            "url": f"{_repository(plan)['html_url']}/commit/{plan.commit}",
            "author": {"name": dice.choice(PEOPLE) if before else plan.author},
        }
        for before in reversed(range(size))
    ]
    body = {"ref": f"refs/heads/{plan.branch}", "after": plan.commit, "deleted": False, "commits": commits}
    yield _post(plan, plan.queued + SECOND, "push", "", body)


def _job_id(plan: Plan, place: int) -> int:
    return _run_id(plan) * 100 + plan.attempt * 20 + place


def _job(plan: Plan, place: int, job: Job, at: int, status: str) -> Iterator[Post]:
    if at >= FOREVER:
        return
    done, begun = status == "completed", status in ("in_progress", "completed")
    conclusion = ("cancelled" if job.result == "superseded" else job.result) if done else None
    number = _job_id(plan, place)
    step = {"name": f"Run {job.name}", "number": 1, "status": status, "conclusion": conclusion}
    told: dict[str, Any] = {
        "id": number,
        "run_id": _run_id(plan),
        "run_attempt": plan.attempt,
        "name": job.name,
        "workflow_name": WORKFLOW,
        "status": status,
        "conclusion": conclusion,
        "head_branch": plan.branch,
        "head_sha": plan.commit,
        "html_url": f"{_repository(plan)['html_url']}/actions/runs/{_run_id(plan)}/job/{number}",
        "created_at": iso(job.queued),
        "started_at": iso(job.began if begun else job.queued),
        "completed_at": iso(at) if done else None,
        "labels": ["ubuntu-24.04"],
        "runner_id": 12 if begun else None,
        "runner_name": "GitHub Actions 12" if begun else None,
        "steps": [step] if done else [],
    }
    body: dict[str, Any] = {"action": "queued" if status == "waiting" else status, "workflow_job": told}
    if job.waits_until is not None and not begun:
        body["deployment"] = {"id": number, "environment": "production", "sha": plan.commit, "ref": plan.branch,
                              "created_at": iso(job.queued), "updated_at": iso(at)}  # fmt: skip
    yield _post(plan, at, "workflow_job", f"{place}/{status}", body)


def _review(plan: Plan, place: int, job: Job) -> Post:
    number = _job_id(plan, place)
    url = f"{_repository(plan)['html_url']}/actions/runs/{_run_id(plan)}/job/{number}"
    body = {
        "action": "requested",
        "since": iso(job.queued),
        "environment": "production",
        "reviewers": [{"type": "Team", "reviewer": {"id": 77, "name": "Release managers"}}],
        "workflow_job_run": {"id": number, "name": job.name, "status": "waiting", "html_url": url,
                             "created_at": iso(job.queued), "updated_at": iso(job.queued)},
        "workflow_run": _workflow_run(plan, "waiting", None, job.queued),
    }  # fmt: skip
    return _post(plan, job.queued, "deployment_review", f"{place}/requested", body)


def _deployment(plan: Plan, place: int, job: Job) -> Post:
    at = job.ended
    number = _job_id(plan, place)
    body = {
        "action": "created",
        "deployment_status": {"id": number, "state": "success", "environment": "production", "created_at": iso(at),
                              "updated_at": iso(at), "target_url": "", "log_url": ""},
        "deployment": {"id": number, "sha": plan.commit, "ref": plan.branch, "environment": "production",
                       "production_environment": True, "created_at": iso(job.began), "updated_at": iso(at)},
        "workflow": {"id": _workflow_id(plan), "name": WORKFLOW, "path": PATH},
        "workflow_run": _workflow_run(plan, "in_progress", None, at),
    }  # fmt: skip
    return _post(plan, at, "deployment_status", f"{place}/success", body)
