"""Recorded GitLab bodies with some members changed, read as events."""

from __future__ import annotations

import copy
import json
from typing import Any

from dashboard.sources.gitlab import SOURCE
from dashboard.sources.kit.source import Parsed
from storage.model.events import ActionChanged, ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS, headers_of

FAILED = "Pipeline Hook__failed"


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "gitlab" / f"{name}.json").read_text())
    return body


def parse(event: str, body: object, **headers: str) -> Parsed:
    return SOURCE.parse({**headers_of("gitlab", event), **headers}, json.dumps(body).encode())


def pipeline(recorded: str = FAILED, /, **changes: object) -> ExecutionChanged:
    """As its attributes say, changed; `builds`, `merge_request`, `source_pipeline` and `project` stand beside them."""
    body = golden(recorded)
    for name, value in changes.items():
        beside = name in ("builds", "merge_request", "source_pipeline", "project", "user", "commit")
        (body if beside else body["object_attributes"])[name] = value
    event = parse("Pipeline Hook", body).events[0]
    assert isinstance(event, ExecutionChanged)
    return event


def listed(status: str, /, attributes: dict[str, Any] | None = None, **changes: object) -> list[ActionChanged]:
    """What a pipeline hook says of one job."""
    body = golden(FAILED)
    one = copy.deepcopy(body["builds"][1])
    body["builds"] = [{**one, "status": status, **changes}]
    body["object_attributes"].update(attributes or {})
    return [event for event in parse("Pipeline Hook", body).events if isinstance(event, ActionChanged)]


def job(recorded: str = "Job Hook__failed", /, **changes: object) -> ActionChanged:
    event = parse("Job Hook", {**golden(recorded), **changes}).events[0]
    assert isinstance(event, ActionChanged)
    return event
