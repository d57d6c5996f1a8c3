"""What CodePipeline's API tells of an execution, put as EventBridge would have told it, event by event.

The API tells neither attempts nor stages: what is run again tells the one, what its actions do the other. Its times are
cut to seconds, as those of events are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple

from dashboard.history.reader import ToldRun
from dashboard.sources.codepipeline import LEVELS, READERS
from dashboard.sources.kit.payload import Payload
from dashboard.sources.kit.source import NothingForUs, Rejected
from dashboard.tool_apis.answers import Found, listed, listed_in
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, StageChanged

KINDS = {level: kind for kind, level in LEVELS.items()}
# https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PipelineExecutionSummary.html: events have others.
MOVES = frozenset({"InProgress", "Stopping"})
STATES = {
    "Stopping": "STOPPING",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Stopped": "STOPPED",
    "Cancelled": "CANCELED",
    "Superseded": "SUPERSEDED",
    "Abandoned": "ABANDONED",
}
# How a stage ends in which the execution did, whose actions were all done.
LAST_STAGE = {"Superseded": "SUCCEEDED"}
DISABLED = "transition disabled"


class Place(NamedTuple):
    account: str
    region: str
    pipeline: str

    @property
    def key(self) -> str:
        return "/".join(self)


@dataclass(frozen=True, slots=True)
class ActionRun:
    """One time that an action was run, in which attempt of its execution. Times are milliseconds."""

    found: Found
    attempt: int
    stage: str
    action: str
    status: str
    began: int
    changed: int

    @property
    def ended(self) -> int | None:
        return None if self.status == "InProgress" else self.changed


@dataclass(frozen=True, slots=True)
class Inbound:
    """Where an execution waits before a stage. `disabled_at`: since when nothing may pass, 0 where it may."""

    stage: str
    disabled_at: int = 0
    reason: str = ""


def milliseconds(at: object) -> int | None:
    """Of a time as boto3 has it."""
    if not isinstance(at, datetime):
        return None
    return round(at.replace(tzinfo=at.tzinfo or UTC).timestamp() * 1000)


def action_runs(actions: Sequence[Found]) -> list[ActionRun]:
    """In the order in which they began. An attempt begins where something is run that was run in the one before."""
    runs: list[ActionRun] = []
    began_before: dict[tuple[str, str], int] = {}
    retried_at, attempt = -1, 1
    for one in sorted(actions, key=lambda one: milliseconds(one.get("startTime")) or 0):
        began = milliseconds(one.get("startTime"))
        key = (str(one.get("stageName") or ""), str(one.get("actionName") or ""))
        if began is None or not all(key):
            continue
        if began_before.get(key, -2) >= retried_at:
            retried_at, attempt = began, attempt + 1
        began_before[key] = began
        changed = milliseconds(one.get("lastUpdateTime")) or began
        runs.append(ActionRun(one, attempt, *key, str(one.get("status")), began, changed))
    return runs


def inbound_of(stages: Sequence[Found], execution: str) -> Inbound | None:
    """Before which stage an execution waits."""
    for stage in stages:
        waiting = [*listed_in(stage, "inboundExecutions"), *listed([stage.get("inboundExecution")])]
        if any(one.get("pipelineExecutionId") == execution for one in waiting):
            gate = stage.get("inboundTransitionState") or {}
            at = 0 if gate.get("enabled", True) else milliseconds(gate.get("lastChangedAt")) or 1
            return Inbound(str(stage.get("stageName")), at, str(gate.get("disabledReason") or ""))
    return None


def run_told(
    place: Place, execution: Found, runs: Sequence[ActionRun], inbound: Inbound | None, now: int
) -> ToldRun | None:
    """None of one that makes no sense. `execution`: as it is listed, or asked for by itself, which tells no times:
    then its actions do. `now`: of one without any."""
    key, status = str(execution.get("pipelineExecutionId") or ""), str(execution.get("status"))
    began = milliseconds(execution.get("startTime")) or min((run.began for run in runs), default=now)
    changed = milliseconds(execution.get("lastUpdateTime")) or max((run.changed for run in runs), default=began)
    attempt = max((run.attempt for run in runs), default=1)
    told = _Told(place, execution, key, status, began, changed, runs, inbound)
    try:
        events = tuple(event for document in told.documents() for event in _read(document))
        if inbound and inbound.disabled_at and status == "InProgress":
            events = (*events, told.waiting(inbound, attempt))
    except (NothingForUs, Rejected):
        return None
    return ToldRun(key, attempt, place.key, began, status in MOVES, events, has_jobs=True)


def _read(document: Payload) -> tuple[AnyEvent, ...]:
    return READERS[LEVELS[document.name("detail-type")]](document, document.need_obj("detail"))


@dataclass(frozen=True, slots=True)
class _Told:
    place: Place
    execution: Found
    key: str
    status: str
    began: int
    changed: int
    runs: Sequence[ActionRun]
    inbound: Inbound | None

    def documents(self) -> Iterator[Payload]:
        """Of each attempt what began and ended in it."""
        yield self._document("pipeline", "STARTED", self.began, 1, self._of_execution())
        newest = 1
        for attempt, group in groupby(self.runs, lambda run: run.attempt):
            runs, newest = list(group), attempt
            if attempt > 1:
                yield self._document("pipeline", "RESUMED", runs[0].began, attempt)
            again = any(run.attempt > attempt for run in self.runs)
            yield from self._stages(attempt, runs, last=not again)
            for run in runs:
                yield from self._action(run)
            if again:
                yield self._document("pipeline", "FAILED", max(run.changed for run in runs), attempt)
        if self.status != "InProgress":
            state = STATES.get(self.status, self.status)
            yield self._document("pipeline", state, self.changed, newest, self._of_execution())

    def waiting(self, inbound: Inbound, attempt: int) -> StageChanged:
        """Until somebody lets it pass. No event tells so."""
        at = max(inbound.disabled_at, self.began, *(run.changed for run in self.runs))
        (told, *_) = _read(self._document("stage", "STARTED", at, attempt, {"stage": inbound.stage}))
        assert isinstance(told, StageChanged)
        return replace(told, status=Status.WAITING, raw_status=DISABLED, started_at=None)

    def _of_execution(self) -> dict[str, object]:
        trigger, stop = self.execution.get("trigger") or {}, self.execution.get("stopTrigger") or {}
        back = self.execution.get("rollbackMetadata") or {}
        return {
            "execution-trigger": {
                "trigger-type": trigger.get("triggerType"),
                "trigger-detail": trigger.get("triggerDetail"),
            },
            "execution-type": self.execution.get("executionType"),
            "rollback-metadata": {
                "rollback-target-pipeline-execution-id": back.get("rollbackTargetPipelineExecutionId")
            },
            "stop-execution-comments": stop.get("reason"),
        }

    def _stages(self, attempt: int, runs: Sequence[ActionRun], *, last: bool) -> Iterator[Payload]:
        """As its actions say. `last`: no other attempt follows."""
        names = list(dict.fromkeys(run.stage for run in runs))
        before = {run.stage for run in self.runs if run.attempt < attempt}
        for name in names:
            of = [run for run in runs if run.stage == name]
            yield self._document(
                "stage", "RESUMED" if name in before else "STARTED", of[0].began, attempt, {"stage": name}
            )
            state, at = self._end(of, newest=last and name == names[-1])
            if state:
                yield self._document("stage", state, at, attempt, {"stage": name})

    def _end(self, of: Sequence[ActionRun], *, newest: bool) -> tuple[str, int]:
        """Of a stage, and when; nothing of one that has not ended. `newest`: whether it is the one that was reached."""
        words, at = {run.status for run in of}, max(run.changed for run in of)
        if "InProgress" in words:
            return "", at
        if "Failed" in words:
            return "FAILED", at
        if newest and self.inbound is None:
            state = "" if self.status in MOVES else STATES.get(self.status, "")
            state = LAST_STAGE.get(self.status, state)
            return state, at if state == "SUCCEEDED" else max(at, self.changed)
        return "STOPPED" if "Abandoned" in words else "SUCCEEDED", at

    def _action(self, run: ActionRun) -> Iterator[Payload]:
        given, taken = run.found.get("input") or {}, run.found.get("output") or {}
        kind, result = given.get("actionTypeId") or {}, taken.get("executionResult") or {}
        wrong = result.get("errorDetails") or {}
        detail = {
            "stage": run.stage,
            "action": run.action,
            "type": {"category": kind.get("category"), "provider": kind.get("provider")},
            "execution-result": {
                "external-execution-url": result.get("externalExecutionUrl"),
                "external-execution-summary": result.get("externalExecutionSummary") or wrong.get("message"),
                "external-execution-id": result.get("externalExecutionId"),
                "error-code": wrong.get("code"),
            },
        }
        yield self._document("action", "STARTED", run.began, run.attempt, detail)
        if run.ended is not None:
            state = STATES.get(run.status, run.status)
            yield self._document("action", state, run.ended, run.attempt, detail)

    def _document(
        self, level: str, state: str, at: int, attempt: int, detail: Mapping[str, object] | None = None
    ) -> Payload:
        told = {
            "detail-type": KINDS[level],
            "account": self.place.account,
            "region": self.place.region,
            "time": at // 1000 * 1000,
            "detail": {
                "pipeline": self.place.pipeline,
                "execution-id": self.key,
                "state": state,
                "pipeline-execution-attempt": attempt,
                **(detail or {}),
            },
        }
        if level == "pipeline":
            told["additionalAttributes"] = {
                "sourceActions": [{"sourceActionVariables": one} for one in self._sources()]
            }
        return Payload(told)

    def _sources(self) -> Iterator[object]:
        """What source actions tell of the commit, as a notification rule would."""
        for run in self.runs:
            kind = (run.found.get("input") or {}).get("actionTypeId") or {}
            if kind.get("category") == "Source" and run.status == "Succeeded":
                yield (run.found.get("output") or {}).get("outputVariables") or {}
