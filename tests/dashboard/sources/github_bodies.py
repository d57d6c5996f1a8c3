"""Recorded GitHub bodies with some members changed, read as events."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.github import SOURCE
from storage.model.events import ActionChanged, ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS, headers_of


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "github" / f"{name}.json").read_text())
    return body


def parse(event: str, body: object, **headers: str) -> Any:
    return SOURCE.parse({**headers_of("github", event), **headers}, json.dumps(body).encode())


def run(recorded: str = "workflow_run__succeeded", /, **changes: object) -> ExecutionChanged:
    body = golden(recorded)
    body["workflow_run"].update(changes)
    event = parse("workflow_run", body).events[0]
    assert isinstance(event, ExecutionChanged)
    return event


def job(recorded: str = "workflow_job__succeeded", /, **changes: object) -> ActionChanged:
    body = golden(recorded)
    body["workflow_job"].update(changes)
    event = parse("workflow_job", body).events[0]
    assert isinstance(event, ActionChanged)
    return event
