"""What Jenkins' Notification plugin would have sent of its fake's runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_jenkins import SITE, FakeJenkins, FakeRun
from tests.dashboard.history.hooks import Hook
from tests.factories import MINUTE


def hooks_of(jenkins: FakeJenkins, run: FakeRun, queued_seconds: int = 0) -> Iterator[Hook]:
    """queued_seconds: told where it is more than 0; the API does not tell it."""
    whole = jenkins.build(run)
    if queued_seconds:
        yield _sent(run, whole, "QUEUED", run.began_at - queued_seconds * 1000)
    yield _sent(run, whole, "STARTED", run.began_at)
    if run.ended is not None:
        yield _sent(run, whole, "COMPLETED", run.ended_at)
        yield _sent(run, whole, "FINALIZED", run.ended_at)


def _sent(run: FakeRun, whole: dict[str, Any], phase: str, at: int) -> Hook:
    over = phase in ("COMPLETED", "FINALIZED")
    scm = {
        "url": "https://github.com/acme/shop.git",
        "branch": run.checks_out,
        "commit": f"{run.number:040x}",
        "culprits": ["maya"],
    }
    tests = {"failed": 3, "total": 120} if run.ended == "UNSTABLE" else None
    name = run.job.rpartition("/")[2]
    body = {
        "name": name,
        "display_name": name,
        "url": f"{run.job}/",
        "build": {
            "full_url": f"{SITE}/{run.job}/{run.number}/",
            "number": run.number,
            "queue_id": run.queue,
            "timestamp": at,
            "duration": run.minutes * MINUTE if phase == "COMPLETED" else 0,
            "phase": phase,
            "url": f"{run.job}/{run.number}/",
            "display_name": whole["displayName"],
            "scm": scm if over and run.checks_out else {"culprits": ["maya"]} if over else {},
            **({"status": run.ended, "test_summary": tests} if over else {}),
        },
    }
    return Hook(at, run.number, _parsed(body))


def _parsed(body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    return SOURCES["jenkins"].parse({"content-type": "application/json"}, json.dumps(body).encode()).events
