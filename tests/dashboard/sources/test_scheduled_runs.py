"""Each tool that says so tells which runs a schedule began, and when."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources import SOURCES
from storage.model.events import ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS, headers_of

# A body, the part of it that says what began the run, how that says that a schedule did, and what tells when.
SCHEDULED: list[tuple[str, str, dict[str, Any], str]] = [
    ("github/workflow_run__succeeded", "workflow_run", {"event": "schedule"}, "created_at"),
    ("gitlab/Pipeline Hook__let_begin_and_succeeded", "object_attributes", {"source": "schedule"}, "created_at"),
    ("buildkite/build.finished__passed", "build", {"source": "schedule"}, "created_at"),
    ("circleci/workflow-completed__success", "pipeline", {"trigger": {"type": "schedule"}}, "created_at"),
    ("circleci/workflow-completed__success", "pipeline", {"trigger": {"type": "scheduled_pipeline"}}, "created_at"),
    ("azuredevops/build__partially_succeeded", "resource", {"reason": "schedule"}, "queueTime"),
    ("generic/run__succeeded", "", {"scheduledAt": "2026-11-20T10:00:00Z"}, "scheduledAt"),
]


def told(name: str, body: dict[str, Any]) -> set[int | None]:
    source, _, file = name.partition("/")
    parsed = SOURCES[source].parse(headers_of(source, file.partition("__")[0]), json.dumps(body).encode())
    return {event.scheduled_at for event in parsed.events if isinstance(event, ExecutionChanged)}


@pytest.mark.parametrize(("name", "part", "says", "time"), SCHEDULED)
def test_run_that_a_schedule_began_says_when(name: str, part: str, says: dict[str, Any], time: str) -> None:
    body = json.loads((PAYLOADS / f"{name}.json").read_text())
    assert told(name, body) == {None}
    where = body[part] if part else body
    where |= {**says, time: "2026-11-20T10:00:00Z"}
    assert told(name, body) == {1_795_168_800_000}


def test_build_that_is_scheduled_and_run_again_by_hand_is_no_scheduled_one() -> None:
    name = "buildkite/build.finished__passed"
    body = json.loads((PAYLOADS / f"{name}.json").read_text())
    body["build"] |= {"source": "schedule", "rebuilt_from": {"number": 7}}
    assert told(name, body) == {None}
