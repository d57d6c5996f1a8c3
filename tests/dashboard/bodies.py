"""Webhook bodies as the tools send them, with everything that tests want to vary."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from tests.factories import NOW, SHA


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


REPOSITORY = {
    "id": 1296269,
    "name": "checkout",
    "full_name": "acme/checkout",
    "html_url": "https://github.com/acme/checkout",
    "default_branch": "main",
}


def workflow_run(
    number: int = 5001, *, status: str = "in_progress", conclusion: str | None = None, at: int = NOW, **run: Any
) -> dict[str, Any]:
    return {
        "action": "completed" if status == "completed" else "requested",
        "workflow_run": {
            "id": number,
            "name": "CI",
            "run_number": number - 5000,
            "run_attempt": 1,
            "status": status,
            "conclusion": conclusion,
            "head_branch": "main",
            "head_sha": SHA,
            "event": "push",
            "workflow_id": 77,
            "path": ".github/workflows/ci.yml",
            "display_title": "Retry once",
            "html_url": f"https://github.com/acme/checkout/actions/runs/{number}",
            "created_at": iso(NOW - 600_000),
            "run_started_at": iso(NOW - 600_000),
            "updated_at": iso(at),
            "actor": {"login": "mara"},
            "head_commit": {"id": SHA, "message": "Retry once", "author": {"name": "Mara Lindqvist"}},
            **run,
        },
        "repository": REPOSITORY,
        "sender": {"login": "mara"},
    }


def pipeline_changed(state: str = "STARTED", execution: str = "01234567-0123-0123-0123-012345678901") -> dict[str, Any]:
    return {
        "version": "0",
        "id": "0f3b1c2d-0000-4000-8000-000000000001",
        "detail-type": "CodePipeline Pipeline Execution State Change",
        "source": "aws.codepipeline",
        "account": "123456789012",
        "time": iso(NOW),
        "region": "us-east-1",
        "resources": ["arn:aws:codepipeline:us-east-1:123456789012:ledger"],
        "detail": {"pipeline": "ledger", "execution-id": execution, "state": state, "version": 3.0},
    }
