"""GitHub's REST API as far as it is asked, in the shapes of its documentation: it pages, limits and fails."""

from __future__ import annotations

from typing import Any

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json, served
from tests.factories import NOW

REPOSITORY = "acme/checkout"
LEFT = {"X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "4990", "X-RateLimit-Reset": str(NOW // 1000 + 900)}
TOKEN = "ghp_a-token-of-this-test"


def a_commit(number: int) -> dict[str, Any]:
    return {
        "sha": f"{number:040x}",
        "commit": {
            "author": {"name": "Ada", "email": "ada@example.com", "date": "2026-11-23T11:00:00Z"},
            "committer": {"name": "GitHub", "email": "x@example.com", "date": "2026-11-23T11:30:00Z"},
            "message": f"Change {number}\n\nAnd why.",
        },
        "author": {"login": "ada"},
        "committer": None,
        "parents": [],
    }


def a_step(number: int, name: str, conclusion: str | None = "success") -> dict[str, Any]:
    return {
        "name": name,
        "status": "completed",
        "conclusion": conclusion,
        "number": number,
        "started_at": "2026-11-23T11:00:00.000Z",
        "completed_at": "2026-11-23T11:01:00.000+00:00",
    }


def a_job(job_id: int, name: str = "test", conclusion: str = "failure", **changes: Any) -> dict[str, Any]:
    steps = [a_step(1, "Set up job"), a_step(2, "Run make test", conclusion)]
    return {"id": job_id, "name": name, "conclusion": conclusion, "run_attempt": 1, "steps": steps, **changes}


def paged(asked: Asked, name: str, found: list[Any], **more: Any) -> Answer:
    page, size = int(asked.query.get("page", 1)), int(asked.query.get("per_page", 30))
    return as_json({**more, name: found[(page - 1) * size : page * size]})


def with_log(tool: FakeTool, job_id: int | str, log: str, repository: str = REPOSITORY) -> None:
    """It lies elsewhere, as GitHub's does."""
    tool.answers[f"/repos/{repository}/actions/jobs/{job_id}/logs"] = Answer(
        302, b"", {**LEFT, "Location": f"/blob/{job_id}"}
    )
    tool.answers[f"/blob/{job_id}"] = Answer(200, log.encode())


__all__ = ["LEFT", "REPOSITORY", "TOKEN", "a_commit", "a_job", "a_step", "paged", "served", "with_log"]
