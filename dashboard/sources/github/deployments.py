"""GitHub's deployment and deployment_status events: what they say of the run that made them, and of the environment."""

from __future__ import annotations

from dashboard.sources.github.pipelines import workflow_pipeline
from dashboard.sources.github.statuses import Word, deployment_word
from dashboard.sources.github.subjects import environment
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.entities import Status
from storage.model.events import DeploymentChanged
from storage.model.subjects import EnvironmentChanged

Said = tuple[tuple[DeploymentChanged, ...], tuple[EnvironmentChanged, ...]]


def deployment(document: Payload) -> Said:
    at = _told_at(document, document.need_obj("deployment"))
    return _said(document, Word(Status.QUEUED, "created", False), at)


def deployment_status(document: Payload) -> Said:
    status = document.need_obj("deployment_status")
    at = _told_at(document, status)
    return _said(document, deployment_word(status), at, status.link("log_url", "target_url"))


def _told_at(document: Payload, found: Payload) -> int:
    """Bodies of long ago that no run made have no times."""
    if not document.obj("workflow_run") and found.moment("created_at", "updated_at") is None:
        raise NothingForUs("neither a workflow run nor a time is told")
    return found.need_moment("created_at", "updated_at")


def _said(document: Payload, word: Word, at: int, url: str = "") -> Said:
    """A deployment that no run made says nothing of one."""
    run = document.obj("workflow_run")
    told = (_deployed(document, run, word, at, url),) if run else ()
    return told, (environment(document, word, at, url),)


def _deployed(document: Payload, run: Payload, word: Word, at: int, url: str) -> DeploymentChanged:
    """The run here has no head repository, so that whether it is a fork's stays open."""
    number, made = run.identifier("id"), document.need_obj("deployment")
    return DeploymentChanged(
        pipeline=workflow_pipeline(document, run),
        tells_run=False,
        execution=str(number),
        order=number,
        attempt=run.attempt("run_attempt"),
        at=at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        queued_at=made.moment("created_at") or at,
        started_at=at if word.status is Status.RUNNING else None,
        finished_at=at if word.finished else None,
        url=url,
        deployment=str(made.identifier("id")),
        environment=document.name("deployment_status.environment", "deployment.environment"),
        tier="production" if made.is_true("production_environment") else "",
        # The run's own facts: a deployment may name another ref, and must not rename the execution it belongs to.
        branch=run.name("head_branch"),
        commit=run.name("head_sha"),
    )
