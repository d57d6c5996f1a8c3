"""GitLab pipelines as they run, telling of themselves by hooks: each job's times and words as GitLab's own state
machines set them (app/models/commit_status.rb, app/models/ci/pipeline.rb), each body as its data builders make it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from dashboard.sources.gitlab import SOURCE
from dashboard.sources.kit.source import Parsed
from tests.factories import NOW

PROJECT = {
    "id": 48213377,
    "name": "Storefront",
    "web_url": "https://gitlab.com/acme/web/storefront",
    "path_with_namespace": "acme/web/storefront",
    "default_branch": "main",
}
ENDS = ("success", "failed", "canceled")


@dataclass
class Job:
    id: int
    stage: str
    name: str
    status: str = "created"
    made: int = 0
    queued: int | None = None
    started: int | None = None
    finished: int | None = None
    manual: bool = False
    may_fail: bool = False
    environment: str = ""
    reason: str | None = None
    retries: int = 0


@dataclass
class Running:
    """A pipeline and what it told, in that order. `second`: how far its time has gone on."""

    stages: tuple[str, ...] = ("build", "test", "deploy")
    number: int = 9001
    source: str = "push"
    upstream: int | None = None
    ref: str = "main"
    second: int = 0
    status: str = "created"
    finished: int | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    hooks: list[Parsed] = field(default_factory=list)
    begun: int = 0
    last_id: int = 0

    def add(self, stage: str, name: str, **said: Any) -> None:
        self.last_id += 1
        self.begun = self.begun or self.second
        self.jobs[name] = Job(self.number * 1000 + self.last_id, stage, name, made=self.second, **said)
        self._job_hook(self.jobs[name])

    def retry(self, name: str) -> None:
        """A new job of the same name; what was left out after it is made ready again, and tells nothing of that."""
        before = self.jobs[name]
        self.last_id += 1
        self.jobs[name] = Job(
            self.number * 1000 + self.last_id, before.stage, name, made=self.second, manual=before.manual,
            may_fail=before.may_fail, environment=before.environment, retries=before.retries + 1,
        )  # fmt: skip
        self._job_hook(self.jobs[name])
        for job in self.jobs.values():
            if job.status == "skipped":
                job.status = "created"

    def job(self, name: str, status: str, reason: str | None = None) -> None:
        job = self.jobs[name]
        job.status, job.reason = status, reason
        if status == "pending":
            job.queued = self.second
        elif status == "running":
            job.started = self.second
        elif status in ENDS:
            job.finished = self.second
        if status in ("pending", "running", *ENDS):
            self._job_hook(job)

    def runs(self, name: str, status: str = "success", seconds: int = 60, reason: str | None = None) -> None:
        """From its turn to its end."""
        self.job(name, "pending")
        self.second += 2
        self.job(name, "running")
        self.second += seconds
        self.job(name, status, reason)

    def now(self, status: str) -> None:
        self.status = status
        if status in ENDS:
            self.finished = self.second
        self._pipeline_hook()

    def _time(self, second: int | None) -> str | None:
        if second is None:
            return None
        return datetime.fromtimestamp(NOW // 1000 - 86_400 + second, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    def _pipeline_hook(self) -> None:
        said: dict[str, Any] = {
            "object_kind": "pipeline",
            "object_attributes": {
                "id": self.number, "iid": self.number - 8900, "ref": self.ref, "tag": False,
                "sha": f"{self.number:040x}",
                "source": self.source, "status": self.status, "stages": list(self.stages), "name": f"Run {self.number}",
                "created_at": self._time(self.begun), "finished_at": self._time(self.finished),
            },
            "project": PROJECT,
            "user": {"username": "praman"},
            "builds": [self._listed(job) for job in sorted(self.jobs.values(), key=lambda job: -job.id)],
        }  # fmt: skip
        if self.upstream:
            known = {name: PROJECT[name] for name in ("id", "path_with_namespace")}
            said["source_pipeline"] = {"project": known, "pipeline_id": self.upstream, "job_id": 1}
        self._tell("Pipeline Hook", said)

    def _listed(self, job: Job) -> dict[str, Any]:
        return {
            "id": job.id, "stage": job.stage, "name": job.name, "status": job.status,
            "created_at": self._time(job.made), "started_at": self._time(job.started),
            "finished_at": self._time(job.finished),
            "queued_duration": self._waited(job), "failure_reason": job.reason,
            "when": "manual" if job.manual else "on_success", "manual": job.manual, "allow_failure": job.may_fail,
            "user": {"username": "praman"},
            "environment": {"name": job.environment, "action": "start"} if job.environment else None,
        }  # fmt: skip

    def _waited(self, job: Job) -> float | None:
        if job.queued is None:
            return None
        return (job.started if job.started is not None else self.second) - job.queued + 0.25 * bool(job.started)

    def _job_hook(self, job: Job) -> None:
        listed = self._listed(job)
        self._tell(
            "Job Hook",
            {
                "object_kind": "build", "ref": self.ref, "sha": f"{self.number:040x}", "retries_count": job.retries,
                **{f"build_{name}": listed[name] for name in (
                    "id", "stage", "name", "status", "created_at", "started_at", "finished_at", "queued_duration",
                    "allow_failure",
                )},
                "build_failure_reason": job.reason or "unknown_failure", "pipeline_id": self.number,
                "project_id": PROJECT["id"], "user": listed["user"], "environment": listed["environment"],
                "commit": {"id": self.number, "status": self.status, "finished_at": self._time(self.finished)},
                "repository": {"homepage": PROJECT["web_url"]},
            },
        )  # fmt: skip

    def _tell(self, event: str, said: dict[str, Any]) -> None:
        self.hooks.append(SOURCE.parse({"x-gitlab-event": event}, json.dumps(said).encode()))
