"""What GitHub would post of made-up runs: as many events, nearly as long bodies (6 to 16 KB), in the same order."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from storage import keys

STAGES = ("build", "unit tests", "integration tests", "deploy staging", "smoke test", "deploy production")
STAGE_SECONDS = 60
RUN_SECONDS = 2 + 2 * STAGE_SECONDS * len(STAGES)
SHA = "7c3e1fa0b1c2d3e4f5061728394a5b6c7d8e9f00"
REPOSITORY_LINKS = (
    "forks keys collaborators teams hooks issue_events events assignees branches tags blobs git_tags git_refs trees"
    " statuses languages stargazers contributors subscribers subscription commits git_commits comments issue_comment"
    " contents compare merges archive downloads issues pulls milestones notifications labels releases deployments"
)
PERSON_LINKS = (
    "avatar followers following gists starred subscriptions organizations repos events received_events user_view_type"
)


@dataclass(frozen=True, slots=True)
class Event:
    """`service` is the number of the pipeline it belongs to."""

    service: int
    kind: str
    delivery: str
    body: bytes


def pipeline_id(team_id: str, service: int) -> str:
    return keys.pipeline_id(team_id, "github", f"github.com/{_repository_id(service)}/{_workflow_id(service)}")


def signed(event: Event, secret: str) -> dict[str, str]:
    digest = hmac.new(secret.encode(), event.body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "X-GitHub-Event": event.kind,
        "X-GitHub-Delivery": event.delivery,
        "X-Hub-Signature-256": f"sha256={digest}",
    }


def run_events(service: int, run: int, began: int) -> Iterator[Event]:
    """All 21 events of one successful run, in order. run: its id, rising with time. began: epoch seconds."""
    told = [_run(service, run, "queued", began, began), _run(service, run, "in_progress", began, began + 2)]
    at = began + 2
    for place, stage in enumerate(STAGES):
        job = run * 10 + place
        told.append(_job(service, run, job, stage, "queued", at, at))
        told.append(_job(service, run, job, stage, "in_progress", at, at + 1))
        at += STAGE_SECONDS
        told.append(_job(service, run, job, stage, "completed", at - STAGE_SECONDS, at - STAGE_SECONDS + 1, at))
    told.append(_run(service, run, "completed", began, at + 1))
    for number, body in enumerate(told):
        kind = "workflow_run" if "workflow_run" in body else "workflow_job"
        yield Event(service, kind, f"bench-{run}-{number}", json.dumps(body).encode())


def _run(service: int, run: int, status: str, began: int, at: int) -> dict[str, Any]:
    repository = _repository(service)
    home = repository["html_url"]
    return {
        "action": "requested" if status == "queued" else status,
        "workflow_run": {
            "id": run,
            "name": "CI",
            "run_number": run % 10_000,
            "run_attempt": 1,
            "status": status,
            "conclusion": "success" if status == "completed" else None,
            "event": "push",
            "head_branch": "main",
            "head_sha": SHA,
            "workflow_id": _workflow_id(service),
            "path": ".github/workflows/ci.yml",
            "display_title": "Retry the challenge once",
            "html_url": f"{home}/actions/runs/{run}",
            "created_at": _iso(began),
            "run_started_at": _iso(began),
            "updated_at": _iso(at),
            "actor": _person("mara"),
            "triggering_actor": _person("mara"),
            "head_commit": {"id": SHA, "message": "Retry the challenge once", "author": {"name": "Mara Lindqvist"}},
            "repository": repository,
            "head_repository": repository,
        },
        "workflow": {"id": _workflow_id(service), "name": "CI", "path": ".github/workflows/ci.yml"},
        "repository": repository,
        "organization": _person("acme"),
        "sender": _person("mara"),
    }


def _job(
    service: int, run: int, job: int, stage: str, status: str, created: int, began: int, ended: int | None = None
) -> dict[str, Any]:
    repository = _repository(service)
    steps = [
        {
            "name": name,
            "status": status,
            "conclusion": "success" if ended else None,
            "number": number,
            "started_at": _iso(began),
            "completed_at": _iso(ended) if ended else None,
        }
        for number, name in enumerate(("Set up job", "Check out", "Set up Python", "Install", "Run", "Complete job"), 1)
    ]
    return {
        "action": status,
        "workflow_job": {
            "id": job,
            "run_id": run,
            "run_attempt": 1,
            "name": stage,
            "workflow_name": "CI",
            "status": status,
            "conclusion": "success" if ended else None,
            "head_branch": "main",
            "head_sha": SHA,
            "html_url": f"{repository['html_url']}/actions/runs/{run}/job/{job}",
            "created_at": _iso(created),
            "started_at": _iso(began),
            "completed_at": _iso(ended) if ended else None,
            "labels": ["ubuntu-24.04"],
            "runner_name": "GitHub Actions 12",
            "steps": [] if status == "queued" else steps,
        },
        "repository": repository,
        "organization": _person("acme"),
        "sender": _person("mara"),
    }


def _repository_id(service: int) -> int:
    return 4_710_000 + service


def _workflow_id(service: int) -> int:
    return 77_000 + service


def _repository(service: int) -> dict[str, Any]:
    name = f"service-{service:03d}"
    api = f"https://api.github.com/repos/acme/{name}"
    return {
        "id": _repository_id(service),
        "name": name,
        "full_name": f"acme/{name}",
        "html_url": f"https://github.com/acme/{name}",
        "default_branch": "main",
        "owner": _person("acme"),
        **{f"{link}_url": f"{api}/{link}{{/{link}}}" for link in REPOSITORY_LINKS.split()},
    }


def _person(login: str) -> dict[str, Any]:
    api = f"https://api.github.com/users/{login}"
    return {
        "login": login,
        "id": 583_231,
        "html_url": f"https://github.com/{login}",
        **{f"{link}_url": f"{api}/{link}" for link in PERSON_LINKS.split()},
    }


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
