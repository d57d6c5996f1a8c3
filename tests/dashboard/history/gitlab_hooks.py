"""What GitLab would have sent by webhook of a fake's pipelines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_gitlab import FakeGitLab, FakePipeline, time_of
from tests.factories import MINUTE


def parsed(body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    headers = {"content-type": "application/json", "x-gitlab-event": "Pipeline Hook"}
    return SOURCES["gitlab"].parse(headers, json.dumps(body).encode()).events


def hook(gitlab: FakeGitLab, run: FakePipeline, status: str, builds: list[dict[str, Any]]) -> dict[str, Any]:
    """A pipeline hook with its jobs as they then are."""
    told, known = gitlab.detail(run), gitlab.project(run.project)
    ended = status in ("success", "failed", "canceled")
    body: dict[str, Any] = {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": run.id,
            "iid": told["iid"],
            "ref": f"topic-{run.request}" if run.request else run.ref,
            "tag": run.tag,
            "sha": told["sha"],
            "source": told["source"],
            "status": status,
            "stages": ["build", "test"],
            "created_at": told["created_at"],
            "finished_at": time_of(run.ended_at) if ended else None,
            "url": told["web_url"],
        },
        "user": told["user"],
        "project": {key: known[key] for key in ("id", "name", "path_with_namespace", "web_url", "default_branch")},
        "merge_request": json.loads(gitlab._merge_request(run.project, run.request).body) if run.request else None,
        "commit": {
            "id": told["sha"],
            "message": f"Change {run.id}\n",
            "timestamp": time_of(run.created_at - MINUTE),
            "author": {"name": "Ada"},
        },
        "builds": [{**one, "runner": None, "when": "on_success", "manual": False} for one in builds],
    }
    if run.request:
        body["merge_request"]["url"] = body["merge_request"]["web_url"]
    if run.child:
        body["source_pipeline"] = {"project": {"id": known["id"]}, "job_id": 1, "pipeline_id": run.id - 1}
    return body


def job_hook(gitlab: FakeGitLab, run: FakePipeline, job: dict[str, Any]) -> dict[str, Any]:
    """A job hook."""
    known = gitlab.project(run.project)
    own = ("id", "name", "stage", "status", "created_at", "started_at", "finished_at", "queued_duration")
    return {
        "object_kind": "build",
        "ref": f"refs/merge-requests/{run.request}/head" if run.request else run.ref,
        "sha": f"{run.id:040x}",
        "pipeline_id": run.id,
        "project_id": known["id"],
        "build_allow_failure": False,
        "build_failure_reason": job.get("failure_reason", "unknown_failure"),
        **{f"build_{name}": job[name] for name in own},
        "repository": {"homepage": known["web_url"]},
        "user": job["user"],
        "runner": None,
    }


def hooks_of(gitlab: FakeGitLab, run: FakePipeline) -> Iterator[dict[str, Any]]:
    """What would have been sent of it: its beginning, each of its jobs, its end."""
    jobs = list(gitlab.jobs(run))
    first, *others = jobs
    yield hook(gitlab, run, "running", [{**first, "status": "running", "finished_at": None}])
    for job in jobs:
        yield job_hook(gitlab, run, job)
    latest = [job for job in (first, *others) if not job["retried"]]
    if gitlab.is_over(run):
        yield hook(gitlab, run, gitlab.status(run), latest)
