"""The log of a CodeBuild action, against AWS as botocore's Stubber and moto play it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError, NoCredentialsError
from botocore.stub import Stubber
from moto import mock_aws

from dashboard.tool_apis.codepipeline import CodePipelineApi
from dashboard.tool_apis.errors import ApiError, NothingThere, NotPermitted, OutOfReach, OverQuota, TokenRefused
from tests.factories import NOW, Clock

EXECUTION, BUILD = "01234567-0123-0123-0123-012345678901", "checkout-test:11111111-2222-3333-4444-555555555555"
ASKED = {"pipelineName": "checkout", "filter": {"pipelineExecutionId": EXECUTION}}
GROUP = {"logGroupName": "/aws/codebuild/checkout-test", "logStreamName": "abc"}
LOGS = {"groupName": GROUP["logGroupName"], "streamName": "abc"}


class Aws:
    """A stubbed client of each service."""

    def __init__(self) -> None:
        key = {"region_name": "eu-west-1", "aws_access_key_id": "AK", "aws_secret_access_key": "x"}
        self.clients: dict[str, Any] = {
            name: boto3.client(name, **key)  # type: ignore[call-overload]
            for name in ("codepipeline", "codebuild", "logs", "sts")
        }
        self.stubs = {name: Stubber(client) for name, client in self.clients.items()}
        for stub in self.stubs.values():
            stub.activate()

    def answers(self, service: str, method: str, response: dict[str, Any], asked: dict[str, Any]) -> None:
        self.stubs[service].add_response(method, response, asked)

    def build(self, logs: dict[str, Any] | None) -> None:
        """Of the action whose log is asked for."""
        self.answers("codepipeline", "list_action_executions", {"actionExecutionDetails": [an_action()]}, ASKED)
        found = {"builds": [{"id": BUILD, **({"logs": logs} if logs else {})}]}
        self.answers("codebuild", "batch_get_builds", found, {"ids": [BUILD]})

    def page(self, lines: list[str], token: str, asked: str = "") -> None:
        events = [{"timestamp": NOW, "message": line, "ingestionTime": NOW} for line in lines]
        wanted = {**GROUP, "startFromHead": False, **({"nextToken": asked} if asked else {})}
        self.answers("logs", "get_log_events", {"events": events, "nextBackwardToken": token}, wanted)

    def api(self) -> CodePipelineApi:
        return CodePipelineApi("eu-west-1", now=Clock(), clients=self.clients.__getitem__)


def an_action(name: str = "test", **changes: Any) -> dict[str, Any]:
    kind = {"category": "Test", "owner": "AWS", "provider": "CodeBuild", "version": "1"}
    return {
        "pipelineExecutionId": EXECUTION,
        "stageName": "Build",
        "actionName": name,
        "status": "Failed",
        "input": {"actionTypeId": kind},
        "output": {"executionResult": {"externalExecutionId": BUILD}},
        **changes,
    }


@pytest.fixture
def aws() -> Aws:
    return Aws()


def read(aws: Aws) -> Any:
    return aws.api().build_log("checkout", EXECUTION, "Build", "test")


def test_log_of_the_action_is_read_from_its_end(aws: Aws) -> None:
    aws.build(LOGS)
    aws.page(["three\n", "four\n"], "b/1")
    aws.page(["one\n", "two"], "b/2", "b/1")
    aws.page([], "b/2", "b/2")
    tail = read(aws)
    assert (tail.text, tail.cut) == ("one\ntwo\nthree\nfour\n", False)


def test_of_a_long_log_the_end_is_enough(aws: Aws) -> None:
    aws.build(LOGS)
    aws.page([f"{number:06d} {'x' * 993}\n" for number in range(300)], "b/1")
    tail = read(aws)
    assert tail.cut
    assert tail.text.endswith("x\n")
    assert len(tail.text) <= 262_144
    assert tail.text[6] == " "


def test_action_is_looked_for_page_by_page(aws: Aws) -> None:
    other = {"actionExecutionDetails": [an_action("lint")], "nextToken": "more"}
    aws.answers("codepipeline", "list_action_executions", other, ASKED)
    found = {"actionExecutionDetails": [an_action()]}
    aws.answers("codepipeline", "list_action_executions", found, {**ASKED, "nextToken": "more"})
    aws.answers("codebuild", "batch_get_builds", {"builds": [{"id": BUILD, "logs": LOGS}]}, {"ids": [BUILD]})
    aws.page(["one\n"], "b/1")
    aws.page([], "b/1", "b/1")
    assert read(aws).text == "one\n"


@pytest.mark.parametrize(
    "actions",
    [[], [an_action("lint")], [an_action(output={})], [an_action(input={"actionTypeId": {
        "category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"}})]],
    ids=["none", "another", "no build", "no CodeBuild"],
)  # fmt: skip
def test_action_without_a_build_has_no_log(aws: Aws, actions: list[dict[str, Any]]) -> None:
    aws.answers("codepipeline", "list_action_executions", {"actionExecutionDetails": actions}, ASKED)
    with pytest.raises(NothingThere):
        read(aws)


def test_build_that_writes_no_log_to_cloudwatch_has_none(aws: Aws) -> None:
    aws.build(None)
    with pytest.raises(NothingThere, match="writes no log"):
        read(aws)


@pytest.mark.parametrize(
    ("code", "error", "tries"),
    [
        ("AccessDeniedException", NotPermitted, 1),
        ("ExpiredTokenException", TokenRefused, 1),
        ("PipelineNotFoundException", NothingThere, 1),
        ("ThrottlingException", OverQuota, 4),
        ("InternalFailure", OutOfReach, 4),
    ],
)
def test_errors_of_aws_are_told_apart(aws: Aws, code: str, error: type[ApiError], tries: int) -> None:
    for _ in range(tries):
        aws.stubs["codepipeline"].add_client_error("list_action_executions", code, http_status_code=400)
    with pytest.raises(error):
        read(aws)
    aws.stubs["codepipeline"].assert_no_pending_responses()


def test_what_fails_once_is_asked_again(aws: Aws) -> None:
    aws.stubs["codepipeline"].add_client_error("list_action_executions", "ThrottlingException")
    aws.build(LOGS)
    aws.page(["one\n"], "b/1")
    aws.page([], "b/1", "b/1")
    assert read(aws).text == "one\n"


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def get_caller_identity(self) -> None:
        raise self.error


@pytest.mark.parametrize(
    ("raised", "error"),
    [(NoCredentialsError(), TokenRefused), (EndpointConnectionError(endpoint_url="https://x"), OutOfReach)],
)
def test_server_without_credentials_or_network_is_told(raised: Exception, error: type[ApiError]) -> None:
    api = CodePipelineApi("eu-west-1", now=Clock(), clients=lambda _: Failing(raised))
    with pytest.raises(error):
        api.identity()


@pytest.mark.parametrize("region", ["", "eu-west-1.evil.example/", "EU", "eu west 1"])
def test_what_is_no_region_is_not_asked(region: str) -> None:
    with pytest.raises(NothingThere):
        CodePipelineApi(region, now=Clock())


@contextmanager
def _server_with_credentials(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        yield


def test_role_is_assumed_with_the_servers_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    with _server_with_credentials(monkeypatch):
        role = "arn:aws:iam::123456789012:role/reader"
        assert CodePipelineApi("eu-west-1", role, now=Clock()).identity().endswith("assumed-role/reader/bigtransit")
