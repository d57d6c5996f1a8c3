"""Recorded CircleCI bodies with some members changed, and whole workflows told by webhooks, read as events."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.circleci import SOURCE
from dashboard.sources.kit.source import Parsed
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS

WORKFLOW = "c0ffee00-1111-4222-8333-444455556666"


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "circleci" / f"{name}.json").read_text())
    return body


def parse(body: object, **headers: str) -> Parsed:
    return SOURCE.parse(headers, json.dumps(body).encode())


def workflow(recorded: str = "workflow-completed__success", /, **changes: Any) -> ExecutionChanged:
    """With changes to its pipeline, or in `workflow` to itself."""
    body = golden(recorded)
    body["workflow"].update(changes.pop("workflow", {}))
    body["pipeline"].update(changes)
    event = parse(body).events[-1]
    assert isinstance(event, ExecutionChanged)
    return event


def of_vcs(**changes: object) -> ExecutionChanged:
    return workflow(vcs={**golden("workflow-completed__success")["pipeline"]["vcs"], **changes})


def of_git(recorded: str = "workflow-completed__by_gitlab", /, **changes: object) -> ExecutionChanged:
    told = golden(recorded)["pipeline"]["trigger_parameters"]
    return workflow(recorded, trigger_parameters={**told, "git": {**told["git"], **changes}})


def job(recorded: str = "job-completed__success", /, **changes: object) -> ActionChanged:
    body = golden(recorded)
    body["job"].update(changes)
    event = parse(body).events[0]
    assert isinstance(event, ActionChanged)
    return event


def at(minute: float) -> str:
    """This many minutes after ten o'clock."""
    seconds = round(minute * 60)
    return f"2026-11-20T{10 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.250Z"


def ended(
    status: str,
    minute: float,
    /,
    key: str = WORKFLOW,
    began: float = 0,
    number: int = 812,
    branch: str = "main",
) -> tuple[AnyEvent, ...]:
    """A workflow's webhook."""
    body = golden("workflow-completed__success")
    page = f"https://app.circleci.com/pipelines/github/acme/checkout/{number}/workflows/{key}"
    times = {"created_at": at(began), "stopped_at": at(minute)}
    body["workflow"].update({"id": key, "status": status, "url": page, **times})
    body["pipeline"].update({"number": number, "created_at": at(0)})
    body["pipeline"]["vcs"]["branch"] = branch
    return parse({**body, "id": f"{key} ended", "happened_at": at(minute)}).events


def ended_job(
    name: str, status: str, start: float, end: float, /, key: str = WORKFLOW, began: float = 0, number: int = 812
) -> tuple[AnyEvent, ...]:
    """A job's webhook."""
    body = golden("job-completed__success")
    page = f"https://app.circleci.com/pipelines/github/acme/checkout/{number}/workflows/{key}"
    body["workflow"].update({"id": key, "url": page, "created_at": at(began)})
    body["pipeline"].update({"number": number, "created_at": at(0)})
    times = {"started_at": at(start), "stopped_at": at(end)}
    body["job"].update({"id": f"{key} {name}", "name": name, "status": status, **times})
    return parse({**body, "id": f"{key} {name}", "happened_at": at(end)}).events
