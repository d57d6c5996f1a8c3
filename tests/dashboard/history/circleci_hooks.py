"""What CircleCI would have sent by webhook of its fake's workflows, each with its time: ends alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources import SOURCES
from storage.model.events import AnyEvent
from tests.dashboard.history.fake_circleci import FakeCircleCi, FakePipeline, at_of
from tests.dashboard.history.hooks import Hook

PROVIDERS = {"gh": "github", "bb": "bitbucket"}


def hooks_of(circleci: FakeCircleCi, pipeline: FakePipeline, author: str = "") -> Iterator[Hook]:
    """Approvals tell nothing, and nothing tells of what has not ended. author: of the commit, which the API tells
    nothing of; webhooks may neither."""
    told = circleci.pipeline(pipeline)
    people = {"author": {"name": author}, "committed_at": told["created_at"]} if author else {"author": None}
    told["vcs"] = {**told["vcs"], "provider_name": "github", "commit": {**told["vcs"]["commit"], **people}}
    provider, _, rest = pipeline.slug.partition("/")
    project = circleci.project(pipeline.slug)
    for flow in circleci.workflows(pipeline)[::-1]:
        whole = circleci.workflow(flow)
        page = f"https://app.circleci.com/pipelines/{PROVIDERS.get(provider, provider)}/{rest}"
        workflow = {name: whole[name] for name in ("id", "name", "created_at", "stopped_at")}
        workflow["url"] = f"{page}/{pipeline.number}/workflows/{flow.id}"
        body = {
            "project": {"id": project["id"], "name": project["name"], "slug": f"{PROVIDERS.get(provider)}/{rest}"},
            "organization": {"name": project["organization_name"]},
            "pipeline": told,
        }
        for job in circleci.jobs(flow):
            if job["stopped_at"] and job["type"] != "approval":
                said = {name: job[name] for name in ("id", "name", "status", "started_at", "stopped_at")}
                said["number"] = job["job_number"]
                yield _sent("job-completed", job["stopped_at"], {**body, "workflow": workflow, "job": said})
        if whole["stopped_at"]:
            ended = {**workflow, "status": whole["status"]}
            yield _sent("workflow-completed", whole["stopped_at"], {**body, "workflow": ended})


def _sent(event: str, at: str, body: dict[str, Any]) -> Hook:
    """A little after what it tells of."""
    told = {"id": f"{event} {at}", "type": event, "happened_at": at, **body}
    return Hook(at_of(at), body["pipeline"]["number"], _parsed(event, told))


def _parsed(event: str, body: dict[str, Any]) -> tuple[AnyEvent, ...]:
    headers = {"content-type": "application/json", "circleci-event-type": event}
    return SOURCES["circleci"].parse(headers, json.dumps(body).encode()).events
