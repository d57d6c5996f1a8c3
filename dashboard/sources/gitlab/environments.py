"""What GitLab says of environments: by jobs that deploy into one, and by deployment hooks. These know neither the run
nor when a deployment was asked for, but where the environment is, who approved, and what no job has deployed.

https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events
"""

from __future__ import annotations

import re

from dashboard.sources.gitlab.projects import Home, home_of
from dashboard.sources.gitlab.statuses import deployment_word
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.events import ActionChanged
from storage.model.subjects import EnvironmentChanged

# Of jobs, before there is a deployment; one that is left out makes none.
_NOT_YET = frozenset({"created", "skipped", "scheduled"})
_COMMIT = re.compile(r"/commit/([0-9a-f]{40,64})$")


def deployment_of_job(found: Payload, home: Home, pipeline: str, changed: ActionChanged) -> EnvironmentChanged | None:
    """`changed`: what the job says of itself. None where it deploys nothing, or not yet."""
    optional = changed.raw_status == "manual" and changed.finished
    if not changed.environment or changed.raw_status in _NOT_YET or optional or changed.status is None:
        return None
    prefix = "build_" if found.name("build_status") else ""
    return EnvironmentChanged(
        **home,
        subject=changed.environment,
        at=changed.at,
        deployment=changed.action,
        asked_at=found.moment(f"{prefix}created_at") or changed.at,
        status=changed.status,
        raw_status=changed.raw_status,
        finished=changed.finished,
        tier=found.name("environment.deployment_tier"),
        pipeline=pipeline,
        execution=changed.execution,
        commit=changed.commit,
        ref=changed.branch,
        by=found.person("user.username", "user.name"),
        link=changed.url,
    )


def deployment(document: Payload) -> EnvironmentChanged:
    """A deployment is known by the job that makes it, where one does."""
    word, called = deployment_word(document.need("status")), document.name("environment")
    job, own = document.number("deployable_id"), document.number("deployment_id")
    if not called:
        raise NothingForUs("the deployment does not say where to")
    if not (job or own):
        raise NothingForUs("neither the deployment nor its job is named")
    told = document.need_moment("status_changed_at", "updated_at", "created_at")
    at, commit = word.at(told), _COMMIT.search(document.link("commit_url"))
    return EnvironmentChanged(
        **home_of(document),
        subject=called,
        at=at,
        url=document.link("environment_external_url"),
        deployment=str(job) if job else f"deployment {own}",
        asked_at=document.moment("created_at") or told,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        tier=document.name("environment_tier"),
        commit=commit[1] if commit else "",
        ref=document.name("ref"),
        by=document.person("approver.username", "user.username", "user.name"),
        link=document.link("deployable_url"),
    )
