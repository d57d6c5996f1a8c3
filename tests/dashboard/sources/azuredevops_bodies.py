"""Recorded Azure DevOps bodies with some members changed, and a run's bodies at minutes after it was made."""

from __future__ import annotations

import datetime
import json
from typing import Any

from dashboard.sources.azuredevops import SOURCE
from dashboard.sources.kit.source import Parsed
from tests.dashboard.sources.golden import PAYLOADS

MADE = datetime.datetime(2026, 3, 2, 10, tzinfo=datetime.UTC)
LAG = 0.1


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "azuredevops" / f"{name}.json").read_text())
    return body


def parse(body: object) -> Parsed:
    return SOURCE.parse({}, json.dumps(body).encode())


def changed(name: str, part: str = "", /, **members: Any) -> Any:
    """The first event of a body in which members of this part of the resource are others."""
    body = golden(name)
    (body["resource"][part] if part else body["resource"]).update(members)
    return parse(body).events[0]


def time(minute: float) -> str:
    return (MADE + datetime.timedelta(minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.%f7Z")


def milliseconds(minute: float) -> int:
    return int((MADE + datetime.timedelta(minutes=minute)).timestamp() * 1000)


def run(state: str, minute: float, result: str = "", stages: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """The run's own state. Events are made a while after what they tell."""
    body = golden("run__began")
    body["createdDate"] = time(minute + LAG)
    body["resource"]["stages"] = stages or []
    body["resource"]["run"].update(state=state, createdDate=time(0))
    if result:
        body["resource"]["run"].update(result=result, finishedDate=time(minute))
    return body


def listed(name: str, state: str, attempt: int = 1) -> dict[str, Any]:
    """A stage as a run lists it."""
    return {"id": f"{name}-{attempt}", "name": name, "displayName": name, "attempt": attempt, "state": state}


def stage(name: str, state: str, began: float | None, ended: float | None = None, **said: Any) -> dict[str, Any]:
    """said: `at`, the minute of a state without times; `result`; `attempt`."""
    at = said.pop("at", ended if ended is not None else began)
    body = golden("stage__running")
    body["createdDate"] = time(at + LAG)
    told = listed(name, state, said.pop("attempt", 1)) | said
    body["resource"]["stage"] = told | _times(began, ended)
    body["resource"]["stageName"] = name
    return body


def job(name: str, of: str, state: str, began: float | None, ended: float | None = None, **said: Any) -> dict[str, Any]:
    """As `stage`, within the stage `of`."""
    body = stage(name, state, began, ended, **said)
    body["eventType"] = "ms.vss-pipelines.job-state-changed-event"
    resource = body["resource"]
    resource["job"] = resource.pop("stage") | {"id": f"{of}.{name}.{said.get('attempt', 1)}"}
    resource["stage"] = listed(of, "running", said.get("attempt", 1))
    return body


def approval(of: str, status: str, minute: float) -> dict[str, Any]:
    """Asked for at minute 4."""
    body = golden("approval__asked_for" if status == "pending" else "approval__approved")
    body["createdDate"] = time(minute + LAG)
    body["resource"].update(stageName=of)
    body["resource"]["approval"].update(status=status, createdOn=time(4), lastModifiedOn=time(minute))
    return body


def build(minute: float, result: str) -> dict[str, Any]:
    body = golden("build__partially_succeeded")
    body["createdDate"] = time(minute + LAG)
    body["resource"].update(result=result, queueTime=time(0), startTime=time(0.2), finishTime=time(minute))
    return body


def _times(began: float | None, ended: float | None) -> dict[str, str]:
    told = {"startTime": began, "finishTime": ended}
    return {name: time(minute) for name, minute in told.items() if minute is not None}
