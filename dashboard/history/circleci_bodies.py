"""What CircleCI's API tells of a workflow, put as its webhooks put it. The API tells of what has not ended, too, and of
approvals; it tells neither addresses of pages nor who wrote a commit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dashboard.history.reader import ToldRun
from dashboard.sources.circleci.jobs import job_changed
from dashboard.sources.circleci.workflows import Body, workflow_changed
from dashboard.sources.kit.payload import Payload, name
from dashboard.sources.kit.source import Rejected
from dashboard.tool_apis.answers import Found
from dashboard.tool_apis.circleci import CircleCiApi
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged

PAGES = "https://app.circleci.com/pipelines"
# How pages call who hosts the repository.
PROVIDERS = {"gh": "github", "bb": "bitbucket"}
APPROVAL = "approval"


def body_of(api: CircleCiApi, about: Found, workflow: Found, pipeline: Found) -> Body:
    """As of a webhook that was sent when something last happened to the workflow itself. `about`: its project."""
    told = Payload(workflow)
    times = [at for each in ("created_at", "stopped_at") if (at := told.moment(each)) is not None]
    return Body(
        happened_at=max(times, default=0),
        project=Payload({"id": about.get("id"), "name": about.get("name")}),
        organization=Payload({"name": about.get("organization_name")}),
        workflow=Payload({**workflow, "url": _page(api, workflow)}),
        pipeline=Payload(pipeline),
    )


def run_told(body: Body, jobs: Sequence[Found] | None) -> ToldRun | None:
    """`jobs`: of one that has not ended; None where they are asked for apart. None of what makes no sense."""
    done = tuple(jobs_told(body, jobs or ()))
    so_far = max([body.happened_at, *(job.at for job in done)])
    try:
        changed = workflow_changed(body._replace(happened_at=so_far))
    except Rejected:
        return None
    if jobs is not None and changed.status is Status.UNKNOWN:
        # A webhook's word that nobody mapped is of an end; this one need not be.
        changed = replace(changed, finished=False, finished_at=None)
    return ToldRun(
        execution=changed.execution,
        attempt=changed.attempt,
        pipeline=changed.pipeline.key,
        asked_at=body.workflow.moment("created_at") or changed.at,
        moves=not changed.finished,
        events=(*done, changed),
        has_jobs=jobs is not None,
    )


def jobs_told(body: Body, jobs: Sequence[Found]) -> Iterator[ActionChanged]:
    """Which place the run has among others is for the run to tell, as not all of it may be known here."""
    for job in jobs:
        told = Payload({**job, "number": job.get("job_number")})
        times = [at for each in ("started_at", "stopped_at") if (at := told.moment(each)) is not None]
        try:
            changed = job_changed(body._replace(happened_at=max([body.happened_at, *times])), told)
        except Rejected:
            continue
        changed = replace(changed, order=None)
        if not told.moment("stopped_at") and (changed.status is Status.UNKNOWN or not changed.finished):
            # So far it is by its own times: others of its workflow may have gone on since.
            began = body.workflow.moment("created_at") or body.happened_at
            changed = replace(changed, at=max(times, default=began), finished=False, finished_at=None)
        yield _approval(changed) if told.name("type") == APPROVAL else changed


def _approval(changed: ActionChanged) -> ActionChanged:
    """A stage of its own name, so that it is not counted as what it lets begin."""
    return replace(changed, stage=name(f"Approval: {changed.stage}"))


def _page(api: CircleCiApi, workflow: Found) -> str:
    """As CircleCI's own is; nothing is known of how a server's are."""
    provider, _, project = str(workflow.get("project_slug")).partition("/")
    number, key = workflow.get("pipeline_number"), workflow.get("id")
    return f"{PAGES}/{PROVIDERS.get(provider, provider)}/{project}/{number}/workflows/{key}" if api.is_public else ""
