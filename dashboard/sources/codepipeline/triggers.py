"""What started a CodePipeline execution: a push, a tag, a pull request, a person, another service, a rollback.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_ExecutionTrigger.html
"""

from __future__ import annotations

from typing import NamedTuple

from dashboard.sources.codepipeline.reasons import last_part
from dashboard.sources.codepipeline.revisions import variables_of
from dashboard.sources.kit.payload import Payload, load
from dashboard.sources.kit.source import Rejected
from storage.model.events import Origin

# Their detail is the ARN of who did it.
BY_PEOPLE = frozenset({"CreatePipeline", "StartPipelineExecution", "ManualRollback"})
# The documentation has AutomatedRollback.
ROLLBACKS = frozenset({"ManualRollback", "AutomatedRollback", "AutomaticRollback"})
# Neither a person nor a push that CodePipeline itself saw.
UPSTREAM = frozenset({"CloudWatchEvent", "PutActionRevision"})


class Trigger(NamedTuple):
    trigger: str
    actor: str
    origin: Origin | None
    change_request: str
    base_branch: str
    upstream: str
    rollback: bool
    rollback_to: str


def trigger_of(document: Payload, detail: Payload) -> Trigger:
    told = detail.obj("execution-trigger")
    kind, rollback = told.name("trigger-type"), _is_rollback(detail)
    by = last_part(told.raw("trigger-detail")) if kind in BY_PEOPLE else ""
    variables = variables_of(document)
    request = _number(told, "pull-request-id") or _number(variables, "PullRequestId")
    into = told.name("destination-branch-name") or variables.name("DestinationBranchName")
    return Trigger(
        trigger=kind,
        actor=by or told.person("author-display-name"),
        origin=_origin(told, variables, request),
        change_request=request,
        base_branch=into if request else "",
        upstream=kind if kind in UPSTREAM else "",
        rollback=rollback,
        rollback_to=_rollback_to(detail) if rollback else "",
    )


def _origin(told: Payload, variables: Payload, request: str) -> Origin | None:
    """A branch that only a source action names is the one it is set to, whatever started the execution."""
    if request or told.name("trigger-type").startswith("PullRequest"):
        return Origin.CHANGE_REQUEST
    if told.name("tag-name") or variables.name("TagName"):
        return Origin.TAG
    return Origin.BRANCH if told.name("branch-name") else None


def _number(where: Payload, path: str) -> str:
    return where.name(path) or str(where.number(path) or "")


def _is_rollback(detail: Payload) -> bool:
    """A rollback is an execution of its own. Which word says so depends on where the event was made."""
    kind = detail.name("execution-type", "executionType")
    return kind == "ROLLBACK" or detail.name("execution-trigger.trigger-type") in ROLLBACKS


def _rollback_to(detail: Payload) -> str:
    """Not to be taken for the FailedPipelineExecutionId, which the trigger's detail tells of automated ones."""
    told = detail.name(
        "rollback-target-pipeline-execution-id",
        "rollback-metadata.rollback-target-pipeline-execution-id",
        "rollbackMetadata.rollbackTargetPipelineExecutionId",
    )
    return told or _json(detail.raw("execution-trigger.trigger-detail")).name("RollbackTargetPipelineExecutionId")


def _json(text: str) -> Payload:
    try:
        return Payload(load(text.encode(errors="replace")))
    except Rejected:
        return Payload({})
