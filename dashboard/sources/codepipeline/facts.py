"""What CodePipeline's events of every level tell alike: the pipeline, the execution, its attempt and the state."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import quote

from dashboard.sources.codepipeline.revisions import repository_of
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs
from storage.model.entities import Status
from storage.model.events import PipelineRef

# https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
STATES = {
    "STARTED": Status.RUNNING,
    "RESUMED": Status.RUNNING,
    "STOPPING": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "STOPPED": Status.CANCELLED,
    "CANCELED": Status.CANCELLED,
    "ABANDONED": Status.CANCELLED,
    "SUPERSEDED": Status.SUPERSEDED,
}
BEGINNINGS = frozenset({"STARTED", "RESUMED"})
CONSOLES = (
    ("cn-", "console.amazonaws.cn"),
    ("us-gov-", "console.amazonaws-us-gov.com"),
    ("", "console.aws.amazon.com"),
)
_REGION = re.compile(r"[a-z]{2}(-[a-z0-9]+)+")


class Facts(NamedTuple):
    pipeline: PipelineRef
    execution: str
    attempt: int
    at: int
    status: Status
    raw: str

    @property
    def began(self) -> int | None:
        return self.at if self.raw in BEGINNINGS else None

    @property
    def ended(self) -> int | None:
        return self.at if self.status.finished else None


def facts_of(document: Payload, detail: Payload) -> Facts:
    execution = detail.need("execution-id")
    if execution.startswith("arn:"):
        raise NothingForUs("execution-id holds an ARN instead of an execution's id")
    raw = detail.need("state")
    return Facts(
        pipeline=pipeline_of(document, detail),
        execution=execution,
        attempt=detail.attempt("pipeline-execution-attempt"),
        at=document.need_moment("time", "detail.start-time", "detail.stage-last-retry-attempt-time"),
        status=STATES.get(raw, Status.UNKNOWN),
        raw=raw,
    )


def pipeline_of(document: Payload, detail: Payload) -> PipelineRef:
    """Names are unique within an account and a region only. `detail.region` is the action's: it may be another."""
    account, region, called = document.need("account"), document.need("region"), detail.need("pipeline")
    base = _console(region, called)
    return PipelineRef(
        source="codepipeline",
        key=f"{account}/{region}/{called}",
        name=called,
        url=f"{base}/view?region={region}" if base else "",
        repository=repository_of(document, detail),
        owner=account,
        place=region,
    )


def execution_url(document: Payload, detail: Payload) -> str:
    region = document.name("region")
    base = _console(region, detail.name("pipeline"))
    execution = quote(detail.name("execution-id"), safe="")
    return f"{base}/executions/{execution}/timeline?region={region}" if base else ""


def _console(region: str, pipeline: str) -> str:
    """No event holds this address. Each partition of AWS has its own domain."""
    if not _REGION.fullmatch(region):
        return ""
    domain = next(domain for prefix, domain in CONSOLES if region.startswith(prefix))
    return f"https://{region}.{domain}/codesuite/codepipeline/pipelines/{quote(pipeline, safe='')}"
