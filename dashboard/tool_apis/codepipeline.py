"""The log of a CodeBuild action of CodePipeline, which AWS keeps in CloudWatch Logs.

Credentials come from where the AWS SDK looks for them on this server, or from a role that these may assume. What they
need: codepipeline:ListActionExecutions, codebuild:BatchGetBuilds, logs:GetLogEvents.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import boto3
import stamina
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, PartialCredentialsError

from dashboard.tool_apis.errors import (
    ApiError,
    NothingThere,
    NotPermitted,
    NotTaken,
    OutOfReach,
    OverQuota,
    TokenRefused,
)
from dashboard.tool_apis.offers import is_region
from dashboard.tool_apis.session import (
    JITTER_SECONDS,
    LONGEST_WAIT_SECONDS,
    STEP_SECONDS,
    TRIES,
    WAIT_SECONDS,
    Budget,
    LogTail,
)

LOG_SECONDS = 30.0
MOST_LOG_BYTES, MOST_PAGES, MOST_LOG_PAGES, ROLE_SECONDS = 262_144, 10, 20, 900
PROVIDER = "CodeBuild"
_LIMITED = ("Throttl", "TooManyRequests", "RequestLimitExceeded", "LimitExceeded")
_UNKNOWN = frozenset(
    {"UnrecognizedClientException", "InvalidClientTokenId", "ExpiredToken", "ExpiredTokenException",
     "InvalidSignatureException", "SignatureDoesNotMatch"}
)  # fmt: skip

Clients = Callable[[str], Any]


class CodePipelineApi:
    """region: where the pipeline runs. role: to assume, if any. now: milliseconds.
    clients: makes one for a service, where it is not to be made of the server's credentials."""

    def __init__(self, region: str, role: str = "", *, now: Callable[[], int], clients: Clients | None = None) -> None:
        if not is_region(region):
            raise NothingThere(f"{region[:40]!r} is not a region of AWS")
        self._role = role
        self.region, self.now, self.calls = region, now, 0
        self._made: dict[str, Any] = {}
        self._session: Any = None
        self._clients = clients or self._client

    def identity(self) -> str:
        """Who AWS takes us for. Raises ApiError."""
        return str(self._asked(Budget(), lambda: self._clients("sts").get_caller_identity()).get("Arn", ""))

    def build_log(self, pipeline: str, execution_id: str, stage: str, action: str) -> LogTail:
        """The end of what the newest build of this action in this execution wrote. Raises ApiError, NothingThere where
        it is not a CodeBuild action or its log is not in CloudWatch."""
        budget = Budget(LOG_SECONDS)
        build = self._build_id(pipeline, execution_id, stage, action, budget)
        found = self._asked(budget, lambda: self._clients("codebuild").batch_get_builds(ids=[build]))
        logs = next((one.get("logs") or {} for one in found.get("builds", ())), {})
        group, stream = logs.get("groupName"), logs.get("streamName")
        if not group or not stream:
            raise NothingThere("CodeBuild writes no log of this build to CloudWatch")
        return self._tail(group, stream, budget)

    def _build_id(self, pipeline: str, execution_id: str, stage: str, action: str, budget: Budget) -> str:
        """They come newest first."""
        for page in self._pages(pipeline, execution_id, budget):
            for one in page.get("actionExecutionDetails", ()):
                provider = ((one.get("input") or {}).get("actionTypeId") or {}).get("provider")
                result = (one.get("output") or {}).get("executionResult") or {}
                if (one.get("stageName"), one.get("actionName"), provider) == (stage, action, PROVIDER):
                    if build := result.get("externalExecutionId"):
                        return str(build)
                    raise NothingThere("CodePipeline does not say which build this action was")
        raise NothingThere("CodePipeline knows of no CodeBuild action of this name in this execution")

    def _pages(self, pipeline: str, execution_id: str, budget: Budget) -> Iterator[Mapping[str, Any]]:
        asked: dict[str, Any] = {"pipelineName": pipeline, "filter": {"pipelineExecutionId": execution_id}}
        seen: set[str | None] = {None}
        for _ in range(MOST_PAGES):
            page = self.asked("list_action_executions", budget, **asked)
            yield page
            token = page.get("nextToken")
            if token in seen:
                return
            seen.add(token)
            asked["nextToken"] = token

    def asked(self, operation: str, budget: Budget, **told: Any) -> Mapping[str, Any]:
        """Of CodePipeline itself. Raises ApiError."""
        return self._asked(budget, lambda: getattr(self._clients("codepipeline"), operation)(**told))

    def _tail(self, group: str, stream: str, budget: Budget) -> LogTail:
        """Page by page from the end. The same token twice: that was the beginning."""
        asked: dict[str, Any] = {"logGroupName": group, "logStreamName": stream, "startFromHead": False}
        parts: list[str] = []
        size, whole = 0, False
        for _ in range(MOST_LOG_PAGES):
            page = self._asked(budget, lambda: self._clients("logs").get_log_events(**asked))
            part = "".join(_line(event) for event in page.get("events", ()))
            parts.insert(0, part)
            size += len(part.encode())
            token = page.get("nextBackwardToken")
            whole = token is None or token == asked.get("nextToken")
            if whole or size >= MOST_LOG_BYTES:
                break
            asked["nextToken"] = token
        content = "".join(parts).encode()
        cut = not whole or len(content) > MOST_LOG_BYTES
        if len(content) > MOST_LOG_BYTES:
            content = content[-MOST_LOG_BYTES:].partition(b"\n")[2]
        return LogTail(content.decode("utf-8", "replace"), size, cut)

    def _asked(self, budget: Budget, call: Callable[[], Any]) -> Mapping[str, Any]:
        """botocore itself tries once: this is the layer that tries again."""

        def again(error: Exception) -> bool:
            passing = isinstance(error, (OutOfReach, OverQuota)) and not isinstance(error, NotTaken)
            return passing and budget.left() > LONGEST_WAIT_SECONDS + JITTER_SECONDS

        for attempt in stamina.retry_context(
            on=again,
            attempts=TRIES,
            timeout=None,
            wait_initial=WAIT_SECONDS,
            wait_max=LONGEST_WAIT_SECONDS,
            wait_jitter=JITTER_SECONDS,
        ):
            with attempt, self._told():
                self.calls += 1
                found: Mapping[str, Any] = call()
                return found
        raise AssertionError("a retry either returns or raises")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except ClientError as error:
            raise self._error(error) from error
        except (NoCredentialsError, PartialCredentialsError) as error:
            raise TokenRefused("This server has no credentials for AWS") from error
        except BotoCoreError as error:
            raise OutOfReach(f"AWS cannot be reached ({type(error).__name__})") from error

    def _error(self, error: ClientError) -> ApiError:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code.startswith(_LIMITED):
            return OverQuota("AWS takes no more calls for now", self.now() + 60_000)
        if code in _UNKNOWN:
            return TokenRefused("AWS does not accept this server's credentials")
        if code.startswith(("AccessDenied", "UnauthorizedOperation")):
            return NotPermitted(f"This server may not call {error.operation_name} of AWS")
        if code == "InvalidNextTokenException":
            return NotTaken("AWS does not know a token of its own any more")
        if "NotFound" in code:
            return NothingThere(f"AWS has no such thing ({code})")
        return OutOfReach(f"AWS answered {code or 'an error'}")

    def _client(self, service: str) -> Any:
        if service not in self._made:
            self._session = self._session or self._opened()
            self._made[service] = self._session.client(service, config=_config())
        return self._made[service]

    def _opened(self) -> Any:
        own: Any = boto3.Session(region_name=self.region)
        if not self._role:
            return own
        sts = own.client("sts", config=_config())
        taken = sts.assume_role(RoleArn=self._role, RoleSessionName="bigtransit", DurationSeconds=ROLE_SECONDS)
        given = taken["Credentials"]
        return boto3.Session(
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
            region_name=self.region,
        )


def _config() -> Config:
    return Config(connect_timeout=STEP_SECONDS, read_timeout=STEP_SECONDS, retries={"total_max_attempts": 1})


def _line(event: Mapping[str, Any]) -> str:
    text = str(event.get("message", ""))
    return text if text.endswith("\n") else f"{text}\n"
