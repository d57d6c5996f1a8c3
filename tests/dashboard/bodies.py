"""Webhook bodies as the tools send them, with everything that tests want to vary."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from tests.factories import MINUTE, NOW, SHA

RUN_OF_PIPELINE = "01234567-0123-0123-0123-012345678901"


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(minutes: float) -> str:
    return iso(NOW - int(minutes * MINUTE))


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
            "workflow_id": 4711,
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


@dataclass
class GithubRun:
    """A run of a workflow, told body by body. Minutes are before the clock of tests.

    began: when it was told to run. tells: False where its jobs are told alone. more: members of the run.
    """

    number: int
    began: float
    name: str = "CI"
    workflow: int = 4711
    path: str = ".github/workflows/ci.yml"
    project: str = "checkout"
    owner: str = "acme"
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def repository(self) -> dict[str, Any]:
        whole = f"{self.owner}/{self.project}"
        number = 1_296_269 + sum(map(ord, whole)) - sum(map(ord, "acme/checkout"))
        return {
            "id": number,
            "name": self.project,
            "full_name": whole,
            "owner": {"login": self.owner, "id": 55_120},
            "html_url": f"https://github.com/{whole}",
            "default_branch": "main",
        }

    def told(
        self, word: str, minutes: float, attempt: int = 1, again: float | None = None, **members: Any
    ) -> dict[str, Any]:
        """The run's own word: a status, or a conclusion. `again`: when a later attempt was told to run."""
        open_words = ("requested", "queued", "pending", "waiting", "in_progress")
        status, conclusion = (word, None) if word in open_words else ("completed", word)
        home = self.repository["html_url"]
        return {
            "action": status if status in ("completed", "in_progress") else "requested",
            "workflow_run": {
                "id": self.number,
                "name": self.name,
                "run_number": self.number % 1000,
                "run_attempt": attempt,
                "status": status,
                "conclusion": conclusion,
                "head_branch": "main",
                "head_sha": SHA,
                "event": "push",
                "workflow_id": self.workflow,
                "path": self.path,
                "display_title": "Round the total once",
                "html_url": f"{home}/actions/runs/{self.number}",
                "created_at": ago(self.began),
                "run_started_at": ago(self.began if again is None else again),
                "updated_at": ago(minutes),
                "actor": {"login": "mara"},
                "triggering_actor": {"login": "mara"},
                "pull_requests": [],
                "head_commit": {
                    "id": SHA,
                    "message": "Round the total once",
                    "author": {"name": "Mara Lindqvist", "email": "mara@example.com"},
                },
                "repository": self.repository,
                "head_repository": self.repository,
                **self.more,
                **members,
            },
            "workflow": {"id": self.workflow, "name": self.name, "path": self.path},
            "repository": self.repository,
            "sender": {"login": "mara"},
        }

    def job(
        self,
        name: str,
        word: str,
        minutes: float,
        *,
        attempt: int = 1,
        began: float | None = None,
        made: float | None = None,
        **members: Any,
    ) -> dict[str, Any]:
        """A job's own word. made, began: when it was, in minutes, if not with the word itself."""
        status, conclusion = (
            (word, None) if word in ("queued", "pending", "waiting", "in_progress") else ("completed", word)
        )
        begun = minutes if began is None else began
        key = self.number * 1000 + attempt * 100 + sum(map(ord, name)) % 97
        runs = status in ("in_progress", "completed") and conclusion != "skipped"
        return {
            "action": status if status != "pending" else "queued",
            "workflow_job": {
                "id": key,
                "run_id": self.number,
                "run_attempt": attempt,
                "name": name,
                "workflow_name": self.name,
                "status": status,
                "conclusion": conclusion,
                "head_branch": "main",
                "head_sha": SHA,
                "html_url": f"{self.repository['html_url']}/actions/runs/{self.number}/job/{key}",
                "created_at": ago(begun if made is None else made),
                "started_at": ago(begun),
                "completed_at": ago(minutes) if conclusion else None,
                "labels": ["ubuntu-24.04"],
                "runner_id": 12 if runs else None,
                "runner_name": "GitHub Actions 12" if runs else None,
                "steps": [],
                **members,
            },
            "repository": self.repository,
            "sender": {"login": "mara"},
        }


def pipeline_changed(state: str = "STARTED", execution: str = RUN_OF_PIPELINE) -> dict[str, Any]:
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


@dataclass
class PipelineExecution:
    """An execution of CodePipeline, told body by body. Minutes are before the clock of tests."""

    number: int
    pipeline: str = "ledger"
    account: str = "210987654321"
    region: str = "eu-west-1"
    attempt: int = 1

    @property
    def id(self) -> str:
        return f"{self.number:08x}-77d2-4a0e-9c41-0f6d2f7b9e10"

    def told(self, state: str, minutes: float, **detail: Any) -> dict[str, Any]:
        return self._body("Pipeline", state, minutes, detail)

    def stage(self, stage: str, state: str, minutes: float, **detail: Any) -> dict[str, Any]:
        return self._body("Stage", state, minutes, {"stage": stage, **detail})

    def action(
        self, stage: str, action: str, state: str, minutes: float, category: str = "Build", **detail: Any
    ) -> dict[str, Any]:
        provider = {"Approval": "Manual", "Build": "CodeBuild", "Source": "S3", "Deploy": "ECS"}[category]
        kind = {"owner": "AWS", "provider": provider, "category": category, "version": "1"}
        told = {"stage": stage, "action": action, "region": self.region, "type": kind, **detail}
        return self._body("Action", state, minutes, told)

    def _body(self, subject: str, state: str, minutes: float, detail: dict[str, Any]) -> dict[str, Any]:
        told = "-".join(str(part) for part in (self.id, subject, state, minutes, self.attempt, *detail.values()))
        return {
            "version": "0",
            # Each of a delivery of its own.
            "id": str(uuid5(NAMESPACE_URL, told)),
            "detail-type": f"CodePipeline {subject} Execution State Change",
            "source": "aws.codepipeline",
            "account": self.account,
            "time": ago(minutes),
            "region": self.region,
            "resources": [f"arn:aws:codepipeline:{self.region}:{self.account}:{self.pipeline}"],
            "detail": {
                "pipeline": self.pipeline,
                "execution-id": self.id,
                "state": state,
                "version": 7.0,
                "pipeline-execution-attempt": float(self.attempt),
                **detail,
            },
        }
