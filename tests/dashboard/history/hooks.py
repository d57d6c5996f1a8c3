"""What GitHub would have sent by webhook of a fake organisation's runs, each with its time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_organisation import FakeOrganisation, FakeRun, at_of


class Hook(NamedTuple):
    """`at`: when it is sent, milliseconds."""

    at: int
    run: int
    events: tuple[AnyEvent, ...]


def hooks_of(organisation: FakeOrganisation, run: FakeRun) -> Iterator[Hook]:
    """Of each attempt, from its beginning to its end. A run that never ends tells none."""
    repository = organisation._repository(run.repository)
    for attempt in range(1, run.attempt + 1):
        whole = organisation._told(run, attempt)
        began = at_of(whole["run_started_at"])
        begun = {**whole, "status": "in_progress", "conclusion": None, "updated_at": whole["run_started_at"]}
        yield Hook(began, run.id, _parsed("workflow_run", {"workflow_run": begun, "repository": repository}))
        for job in organisation._jobs(run, attempt):
            at = at_of(job["completed_at"] or job["started_at"])
            yield Hook(at, run.id, _parsed("workflow_job", {"workflow_job": job, "repository": repository}))
        if whole["status"] == "completed":
            told = _parsed("workflow_run", {"workflow_run": whole, "repository": repository})
            yield Hook(at_of(whole["updated_at"]), run.id, told)


def _parsed(event: str, body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    headers = {"content-type": "application/json", "x-github-event": event, "x-github-delivery": "1"}
    return SOURCES["github"].parse(headers, json.dumps({"action": "x", **body}).encode()).events
