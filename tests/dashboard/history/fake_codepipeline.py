"""CodePipeline of one account and region, in the shapes of its documentation: pipelines, their executions, what actions
did, where executions wait. It pages by tokens, which it may forget, throttles by the minute, and fails now and then.
Times have milliseconds, which events do not.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool
from tests.factories import DAY, MINUTE, Clock

ACCOUNT, REGION = "123456789012", "eu-west-1"
SECOND = 1000
_SPACE = UUID(int=7)


class Moment(NamedTuple):
    """Something that EventBridge tells of."""

    at: int
    level: str
    state: str
    attempt: int
    stage: str = ""
    action: str = ""


@dataclass
class FakeExecution:
    """how: `succeeded`, `failed`, `retried` (failed once, and resumed), `runs`, `waits` (for an approval), `gated` (a
    transition is disabled), `stopped`, `superseded`."""

    number: int
    pipeline: str
    began: int
    how: str = "succeeded"
    moments: list[Moment] = field(default_factory=list)
    actions: list[dict[str, Any]] = field(default_factory=list)
    status: str = "InProgress"
    changed: int = 0

    def __post_init__(self) -> None:
        self.became(self.how)

    @property
    def id(self) -> str:
        return str(uuid5(_SPACE, f"{self.pipeline} {self.number}"))

    @property
    def commit(self) -> str:
        return f"{self.number:040x}"

    def became(self, how: str) -> None:
        self.how, self.moments, self.actions = how, [], []
        self.status, self.changed = "InProgress", self.began
        self._tell(self.began, "pipeline", "STARTED", 1)
        self._run(self._at(1), 1)

    def _at(self, seconds: int) -> int:
        return self.began + seconds * SECOND

    def _run(self, at: int, attempt: int) -> None:
        self._tell(at, "stage", "STARTED", attempt, "Source")
        self._act(at, at + 5 * SECOND, attempt, "Source", "Source")
        self._tell(at + 5 * SECOND, "stage", "SUCCEEDED", attempt, "Source")
        at = self._build(at + 6 * SECOND, 1)
        if at:
            self._release(at, 2 if self.how == "retried" else 1)

    def _build(self, at: int, attempt: int) -> int:
        """When it was done, 0 where that was not."""
        end, red = at + 2 * MINUTE, self.how == "failed" or (self.how == "retried" and attempt == 1)
        self._tell(at, "stage", "STARTED" if attempt == 1 else "RESUMED", attempt, "Build")
        if attempt == 1:
            self._act(at, at + MINUTE, attempt, "Build", "lint")
        state = "InProgress" if self.how == "runs" else "Abandoned" if self.how == "stopped" else ""
        self._act(at, end, attempt, "Build", "compile", state or ("Failed" if red else "Succeeded"))
        if self.how == "runs":
            return 0
        if self.how == "stopped":
            self._tell(end - 5 * SECOND, "pipeline", "STOPPING", attempt)
            self._tell(end - 5 * SECOND, "stage", "STOPPING", attempt, "Build")
        word = "STOPPED" if self.how == "stopped" else "FAILED" if red else "SUCCEEDED"
        self._tell(end, "stage", word, attempt, "Build")
        if word == "SUCCEEDED":
            return end
        self._tell(end, "pipeline", word, attempt)
        self._end(end, "Stopped" if word == "STOPPED" else "Failed")
        if self.how != "retried":
            return 0
        self._tell(end + 10 * MINUTE, "pipeline", "RESUMED", 2)
        return self._build(end + 10 * MINUTE, 2)

    def _release(self, at: int, attempt: int) -> None:
        self._end(at, "InProgress")
        if self.how == "gated":
            return
        if self.how == "superseded":
            self._tell(at + MINUTE, "pipeline", "SUPERSEDED", attempt)
            self._end(at + MINUTE, "Superseded")
            return
        began = at + SECOND
        self._tell(began, "stage", "STARTED", attempt, "Release")
        if self.how == "waits":
            self._act(began, began, attempt, "Release", "ship-it", "InProgress")
            return
        self._act(began, began + MINUTE, attempt, "Release", "ship-it")
        self._act(began + MINUTE, began + 2 * MINUTE, attempt, "Release", "deploy")
        self._tell(began + 2 * MINUTE, "stage", "SUCCEEDED", attempt, "Release")
        self._tell(began + 2 * MINUTE, "pipeline", "SUCCEEDED", attempt)
        self._end(began + 2 * MINUTE, "Succeeded")

    def _end(self, at: int, status: str) -> None:
        self.status, self.changed = status, at

    def _tell(self, at: int, level: str, state: str, attempt: int, stage: str = "", action: str = "") -> None:
        self.moments.append(Moment(at, level, state, attempt, stage, action))

    def _act(self, at: int, end: int, attempt: int, stage: str, action: str, status: str = "Succeeded") -> None:
        self._tell(at, "action", "STARTED", attempt, stage, action)
        if status != "InProgress":
            self._tell(end, "action", status.upper(), attempt, stage, action)
        self.actions.append(
            {
                "pipelineExecutionId": self.id,
                "actionExecutionId": str(uuid5(_SPACE, f"{self.id} {action} {attempt}")),
                "pipelineVersion": 3,
                "stageName": stage,
                "actionName": action,
                "startTime": at / 1000,
                "lastUpdateTime": (at if status == "InProgress" else end) / 1000,
                "status": status,
                "input": {"actionTypeId": {"owner": "AWS", "version": "1", **kind_of(action)}},
                "output": self._output(action, status),
            }
        )
        self.changed = max(self.changed, end)

    def _output(self, action: str, status: str) -> dict[str, Any]:
        if action == "Source":
            told = {"externalExecutionId": self.commit, "externalExecutionSummary": f"Change {self.number}"}
            variables = {"BranchName": "main", "CommitId": self.commit, "CommitMessage": f"Change {self.number}"}
            return {"executionResult": told, "outputVariables": variables}
        if status == "Failed":
            wrong = {"code": "JobFailed", "message": "Build terminated with state: FAILED"}
            return {"executionResult": {"externalExecutionId": "shop:1", "errorDetails": wrong}}
        by = f"Approved by arn:aws:sts::{ACCOUNT}:assumed-role/Admin/ada"
        return {"executionResult": {"externalExecutionSummary": by}} if action == "ship-it" else {}


def kind_of(action: str) -> dict[str, str]:
    if action == "Source":
        return {"category": "Source", "provider": "CodeStarSourceConnection"}
    if action == "ship-it":
        return {"category": "Approval", "provider": "Manual"}
    return {"category": "Deploy" if action == "deploy" else "Build", "provider": "CodeBuild"}


@dataclass
class FakeCodePipeline:
    """limit: calls in a minute. fails_every: so many calls. denied: operations that are not permitted. forgotten: so
    often tokens were forgotten. gone: ids that are listed, and asked for are not there. comes: called after each list
    of executions."""

    tool: FakeTool
    clock: Clock
    executions: dict[str, list[FakeExecution]] = field(default_factory=dict)
    limit: int = 100_000
    fails_every: int = 0
    denied: set[str] = field(default_factory=set)
    forgotten: int = 0
    gone: set[str] = field(default_factory=set)
    comes: Callable[[], object] = lambda: None
    calls: int = 0
    asked: list[str] = field(default_factory=list)
    used: int = 0
    resets_at: int = 0

    def __post_init__(self) -> None:
        self.tool.answer = self.answer  # type: ignore[method-assign]

    def fill(self, pipelines: int, days: int, a_day: int) -> None:
        """Every tenth execution is red, some were resumed, stopped or superseded; the newest one runs."""
        hows = {3: "failed", 5: "retried", 7: "stopped", 9: "superseded"}
        for number in range(pipelines):
            name, total = f"shop-{number:03d}", days * a_day
            self.executions[name] = [
                FakeExecution(
                    total - place,
                    name,
                    self.clock() - place * (DAY // a_day) - 30 * MINUTE + 123,
                    hows.get(place % 10, "succeeded") if place else "runs",
                )
                for place in range(total)
            ]

    def answer(self, asked: Asked) -> Answer:
        self.calls += 1
        operation = asked.headers.get("x-amz-target", "").rpartition(".")[2] or asked.form.get("Action", "")
        self.asked.append(operation)
        if self.clock() >= self.resets_at:
            self.used, self.resets_at = 0, self.clock() + MINUTE
        self.used += 1
        if self.used > self.limit:
            return _error("ThrottlingException", "Rate exceeded")
        if self.fails_every and self.calls % self.fails_every == 0:
            return Answer(500, b'{"__type": "InternalFailure"}')
        if operation in self.denied:
            return _error("AccessDeniedException", "not authorized to perform")
        if operation == "GetCallerIdentity":
            return _identity()
        return getattr(self, f"_{operation}")(asked.json)  # type: ignore[no-any-return]

    def _ListPipelines(self, asked: Any) -> Answer:
        return self._paged(asked, [{"name": name, "version": 1} for name in sorted(self.executions)], "pipelines", 20)

    def _ListPipelineExecutions(self, asked: Any) -> Answer:
        if asked["pipelineName"] not in self.executions:
            return _error("PipelineNotFoundException", "no such pipeline")
        found = sorted(self.executions[asked["pipelineName"]], key=lambda one: -one.began)
        answer = self._paged(asked, [self._summary(one) for one in found], "pipelineExecutionSummaries")
        self.comes()
        return answer

    def _ListActionExecutions(self, asked: Any) -> Answer:
        found = self._one(asked["pipelineName"], asked["filter"]["pipelineExecutionId"])
        if found is None:
            return _error("PipelineExecutionNotFoundException", "no such execution")
        return self._paged(asked, found.actions[::-1], "actionExecutionDetails", 4)

    def _GetPipelineExecution(self, asked: Any) -> Answer:
        found = self._one(asked["pipelineName"], asked["pipelineExecutionId"])
        if found is None:
            return _error("PipelineExecutionNotFoundException", "no such execution")
        told = self._summary(found)
        kept = {name: told[name] for name in ("pipelineExecutionId", "status", "trigger")}
        return _said({"pipelineExecution": {**kept, "pipelineName": found.pipeline}})

    def _GetPipelineState(self, asked: Any) -> Answer:
        """One execution waits at a time."""
        gated = next((one for one in self.executions[asked["name"]] if one.how == "gated"), None)
        gate: dict[str, Any] = {"stageName": "Release", "inboundTransitionState": {"enabled": True}}
        if gated:
            waiting = {"pipelineExecutionId": gated.id, "status": "InProgress"}
            state = {"enabled": False, "lastChangedAt": gated.began / 1000, "disabledReason": "freeze"}
            gate = {**gate, "inboundExecution": waiting, "inboundTransitionState": state}
        states = [{"stageName": name, "inboundTransitionState": {"enabled": True}} for name in ("Source", "Build")]
        return _said({"pipelineName": asked["name"], "stageStates": [*states, gate]})

    def _one(self, pipeline: str, key: str) -> FakeExecution | None:
        found = self.executions.get(pipeline, ())
        return next((one for one in found if one.id == key and key not in self.gone), None)

    def _summary(self, one: FakeExecution) -> dict[str, Any]:
        return {
            "pipelineExecutionId": one.id,
            "status": one.status,
            "startTime": one.began / 1000,
            "lastUpdateTime": one.changed / 1000,
            "sourceRevisions": [{"actionName": "Source", "revisionId": one.commit}],
            "trigger": trigger_of(one),
            **({"stopTrigger": {"reason": "wrong button"}} if one.how == "stopped" else {}),
            "executionMode": "SUPERSEDED",
        }

    def _paged(self, asked: Any, found: list[Any], name: str, size: int = 100) -> Answer:
        """A token names the first that follows, so that what comes moves no page."""
        made, _, last = str(asked.get("nextToken", "")).partition(":")
        if last and made != str(self.forgotten):
            return _error("InvalidNextTokenException", "The next token is not valid")
        size = min(size, asked.get("maxResults", size))
        start = next((place for place, one in enumerate(found) if last and _key(one) == last), 0)
        page, more = found[start : start + size], found[start + size :]
        return _said({name: page, **({"nextToken": f"{self.forgotten}:{_key(more[0])}"} if more else {})})


def trigger_of(one: FakeExecution) -> dict[str, str]:
    return {"triggerType": "StartPipelineExecution", "triggerDetail": f"arn:aws:iam::{ACCOUNT}:user/ada"}


def _key(one: dict[str, Any]) -> str:
    return str(one.get("actionExecutionId") or one.get("pipelineExecutionId") or one.get("name"))


def _said(found: object) -> Answer:
    return Answer(200, json.dumps(found).encode(), {"Content-Type": "application/x-amz-json-1.1"})


def _error(code: str, words: str) -> Answer:
    body = json.dumps({"__type": f"com.amazonaws.codepipeline#{code}", "message": words})
    return Answer(400, body.encode(), {"Content-Type": "application/x-amz-json-1.1"})


def _identity() -> Answer:
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/server/bigtransit"
    result = f"<Arn>{arn}</Arn><UserId>A</UserId><Account>{ACCOUNT}</Account>"
    space = "https://sts.amazonaws.com/doc/2011-06-15/"
    answer = f'<GetCallerIdentityResponse xmlns="{space}"><GetCallerIdentityResult>{result}</GetCallerIdentityResult>'
    told = f"{answer}<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    return Answer(200, told.encode(), {"Content-Type": "text/xml"})
