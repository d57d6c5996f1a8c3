"""Approvals that a stage of Azure Pipelines waits for: each is an action of its stage.

Microsoft's example leaves most of the resource null; what is read is what real events were seen to hold.
https://learn.microsoft.com/en-us/azure/devops/service-hooks/events#run-stage-waiting-for-approval
"""

from __future__ import annotations

from dashboard.sources.azuredevops.runs import Facts, facts_of, time_of, web_page
from dashboard.sources.azuredevops.stages import stage_name
from dashboard.sources.azuredevops.statuses import word_of_approval
from dashboard.sources.kit.payload import Payload
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import ActionChanged, AnyEvent, StageChanged

APPROVAL, MOST_DECIDERS = "Approval", 6
# Of a step: somebody may still decide.
OPEN = ("pending", "")


def approval(document: Payload, resource: Payload) -> tuple[AnyEvent, ...]:
    asked, run = resource.need_obj("approval"), resource.need_obj("run")
    facts, word = facts_of(document, resource, run), word_of_approval(asked)
    place, stage = resource.name("resource.name"), stage_name(resource.name("stageName") or resource.need("stage.name"))
    changed = replace(
        approval_changed(facts, asked, stage, resource.name("approvalId") or asked.need("id")),
        url=web_page(run) or web_page(asked),
        name=f"{APPROVAL}: {place}" if place else APPROVAL,
        own_attempt=resource.number("attemptId"),
        environment=place if resource.name("resource.resourceType") == "environment" else "",
    )
    return (changed, _stage_waits(facts, stage)) if word.status is Status.WAITING else (changed,)


def approval_changed(facts: Facts, asked: Payload, stage: str, key: str) -> ActionChanged:
    """What an approval itself tells, whoever shows it."""
    word = word_of_approval(asked)
    return ActionChanged(
        pipeline=facts.pipeline,
        tells_run=False,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        status=word.status,
        raw_status=word.raw,
        finished=word.finished,
        absorbing=False,
        queued_at=time_of(asked, "createdOn"),
        finished_at=(time_of(asked, "lastModifiedOn") or facts.at) if word.finished else None,
        stage=stage,
        action=f"approval/{key}",
        name=APPROVAL,
        note=_comment(asked, word.raw) if word.status.red else "",
        by=_decided_by(asked) if word.finished else "",
        deciders=_deciders(asked) if word.status is Status.WAITING else (),
    )


def _stage_waits(facts: Facts, stage: str) -> StageChanged:
    """As the stage's own event says it. Where that is not sent, what its run said of it at first would stand: not
    started."""
    return StageChanged(
        pipeline=facts.pipeline,
        tells_run=False,
        execution=facts.execution,
        order=facts.order,
        at=facts.at,
        status=Status.WAITING,
        raw_status="waiting",
        absorbing=False,
        queued_at=facts.at,
        stage=stage,
    )


def _deciders(asked: Payload) -> tuple[str, ...]:
    """People and groups that may decide. `uniqueName` is an e-mail address, which is cut to a name."""
    steps = (step for step in asked.items("steps") if step.name("status") in OPEN)
    told = (step.person("assignedApprover.displayName", "assignedApprover.uniqueName") for step in steps)
    return tuple(dict.fromkeys(filter(None, told)))[:MOST_DECIDERS]


def _decided_by(asked: Payload) -> str:
    """Whoever decided last is who made the difference."""
    steps = asked.items("steps")
    told = [person for step in steps if (person := step.person("actualApprover.displayName"))]
    return told[-1] if told else ""


def _comment(asked: Payload, raw: str) -> str:
    """What was said when it was refused."""
    told = (step.line("comment") for step in asked.items("steps") if step.name("status") == raw)
    return next((comment for comment in told if comment), "")
