"""What started a CodePipeline execution."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.events import Origin
from tests.dashboard.sources.codepipeline_bodies import changed, golden, parse

STARTED = "pipeline__started_by_a_push"
ROLE = "arn:aws:sts::210987654321:assumed-role/Release"


def triggered(kind: str = "WebhookV2", detail: object = "", **told: object) -> Any:
    trigger = {"trigger-type": kind, "trigger-detail": detail}
    return changed(STARTED, execution_trigger=trigger | {key.replace("_", "-"): value for key, value in told.items()})


@pytest.mark.parametrize(
    ("told", "origin"),
    [
        ({"branch_name": "main"}, Origin.BRANCH),
        ({"tag_name": "v4.2.0"}, Origin.TAG),
        ({"branch_name": "stock", "pull_request_id": "88"}, Origin.CHANGE_REQUEST),
        ({"branch_name": "stock", "pull_request_id": 88}, Origin.CHANGE_REQUEST),
        ({"branch_name": "stock", "kind": "PullRequest"}, Origin.CHANGE_REQUEST),
        ({}, None),
    ],
)
def test_an_execution_tells_whether_it_may_speak_for_a_branch(told: dict[str, Any], origin: Origin | None):
    assert triggered(**told).origin is origin


def test_a_pull_request_is_told_with_where_it_is_to_go():
    event = triggered(branch_name="stock", pull_request_id=88, destination_branch_name="main")

    assert (event.change_request, event.base_branch, event.branch) == ("88", "main", "stock")
    assert triggered(branch_name="stock", destination_branch_name="main").base_branch == ""


def of_execution(**variables: str) -> Any:
    body = golden("stage__started_with_commit")
    body["additionalAttributes"]["sourceActions"][0]["sourceActionVariables"] = variables
    return parse(body).events[1:]


def test_a_branch_that_only_a_source_action_names_does_not_say_what_started_the_execution():
    (execution,) = of_execution(BranchName="main", AuthorDate="2026-03-02T09:58:12Z")

    assert (execution.branch, execution.origin, execution.committed_at) == ("main", None, 1772445492000)


def test_a_source_action_tells_the_pull_request_or_the_tag():
    (asked,) = of_execution(BranchName="stock", PullRequestId="88", DestinationBranchName="main")
    (tagged,) = of_execution(TagName="v4.2.0")

    assert (asked.origin, asked.change_request, asked.base_branch) == (Origin.CHANGE_REQUEST, "88", "main")
    assert tagged.origin is Origin.TAG
    assert of_execution() == ()


@pytest.mark.parametrize("kind", ["CreatePipeline", "StartPipelineExecution", "ManualRollback"])
def test_the_person_who_started_it_is_told_without_an_address(kind: str):
    assert triggered(kind, f"{ROLE}/maya.okafor").actor == "maya.okafor"
    assert triggered(kind, f"{ROLE}/maya.okafor@acme.example").actor == "maya.okafor"
    assert triggered(kind, "arn:aws:iam::210987654321:root").actor == "root"


def test_a_webhooks_arn_is_nobody():
    event = triggered("Webhook", "arn:aws:codepipeline:eu-west-1:210987654321:webhook:shop")

    assert event.actor == ""
    assert triggered(author_display_name="maya@acme.example").actor == "maya"


@pytest.mark.parametrize(
    ("kind", "upstream"),
    [
        ("CloudWatchEvent", "CloudWatchEvent"),
        ("PutActionRevision", "PutActionRevision"),
        ("StartPipelineExecution", ""),
        ("PollForSourceChanges", ""),
        ("Webhook", ""),
        ("WebhookV2", ""),
        ("ManualRollback", ""),
        ("", ""),
    ],
)
def test_what_is_neither_a_person_nor_a_push_is_upstream(kind: str, upstream: str):
    assert triggered(kind).upstream == upstream
    assert triggered(kind).trigger == kind


@pytest.mark.parametrize("kind", ["ManualRollback", "AutomatedRollback", "AutomaticRollback"])
def test_a_rollback_is_told_by_its_trigger(kind: str):
    assert triggered(kind).rollback
    assert triggered(kind).rollback_to == ""
    assert not triggered().rollback


@pytest.mark.parametrize(
    "told",
    [
        {"execution_type": "ROLLBACK", "rollback_target_pipeline_execution_id": "2f6a0b9c"},
        {"executionType": "ROLLBACK", "rollbackMetadata": {"rollbackTargetPipelineExecutionId": "2f6a0b9c"}},
        {
            "execution_type": "ROLLBACK",
            "rollback_metadata": {"rollback-target-pipeline-execution-id": "2f6a0b9c"},
        },
        {
            "execution_trigger": {
                "trigger-type": "AutomatedRollback",
                "trigger-detail": '{"RollbackTargetPipelineExecutionId": "2f6a0b9c"}',
            }
        },
    ],
)
def test_a_rollback_tells_to_which_execution(told: dict[str, Any]):
    event = changed(STARTED, **told)

    assert (event.rollback, event.rollback_to) == (True, "2f6a0b9c")


def test_the_execution_that_failed_is_not_the_one_rolled_back_to():
    event = triggered("AutomatedRollback", '{"FailedPipelineExecutionId": "5b0c4a1e"}')

    assert (event.rollback, event.rollback_to) == (True, "")


def test_a_standard_execution_is_no_rollback():
    event = changed(STARTED, execution_type="STANDARD", rollback_target_pipeline_execution_id="2f6a0b9c")

    assert (event.rollback, event.rollback_to) == (False, "")
