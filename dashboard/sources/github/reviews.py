"""GitHub's deployment_review events: who may let a job go on that a protected environment keeps waiting.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#deployment_review
"""

from __future__ import annotations

from dashboard.sources.github.jobs import stage_and_leg
from dashboard.sources.github.pipelines import workflow_pipeline
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.entities import Status
from storage.model.events import ActionChanged

MAX_REVIEWERS = 6


def deployment_review(document: Payload) -> ActionChanged:
    """Of what was asked. What was answered, the job tells itself."""
    if document.name("action") != "requested":
        raise NothingForUs("the waiting job says itself what became of it")
    run, job = document.need_obj("workflow_run"), document.need_obj("workflow_job_run")
    number, called = run.identifier("id"), job.name("name") or "job"
    stage, leg = stage_and_leg(called)
    return ActionChanged(
        pipeline=workflow_pipeline(document, run),
        tells_run=False,
        execution=str(number),
        order=number,
        attempt=run.attempt("run_attempt"),
        at=document.need_moment("since", "workflow_job_run.updated_at"),
        status=Status.WAITING,
        raw_status="waiting",
        queued_at=job.moment("created_at"),
        url=job.link("html_url"),
        stage=stage,
        leg=leg,
        action=str(job.identifier("id")),
        name=called,
        branch=run.name("head_branch"),
        commit=run.name("head_sha"),
        deciders=_deciders(document),
        environment=document.name("environment"),
    )


def _deciders(document: Payload) -> tuple[str, ...]:
    """People by their login, teams by their name."""
    told = (one.name("reviewer.login", "reviewer.name", "reviewer.slug") for one in document.items("reviewers"))
    return tuple(dict.fromkeys(filter(None, told)))[:MAX_REVIEWERS]
