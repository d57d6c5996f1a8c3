"""What is peculiar to CodePipeline."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.codepipeline import SOURCE
from dashboard.sources.codepipeline.facts import STATES
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.subjects import AnySubjectEvent, EnvironmentChanged
from tests.dashboard.sources.codepipeline_bodies import changed, golden, parse

BY_SNS = {"x-amz-sns-message-type": "Notification", "content-type": "text/plain; charset=UTF-8"}
BY_EVENTBRIDGE = {"user-agent": "Amazon/EventBridge/ApiDestinations"}


@pytest.mark.parametrize(("state", "status"), STATES.items())
def test_each_state_has_its_status(state: str, status: Status):
    event = changed("pipeline__succeeded", state=state)

    assert (event.status, event.raw_status) == (status, state)
    assert event.finished == status.finished
    assert not event.absorbing


@pytest.mark.parametrize("state", ["Succeeded", "InProgress", "CANCELLED", "PAUSED"])
def test_an_unmapped_state_is_unknown_with_its_word(state: str):
    event = changed("pipeline__succeeded", state=state)

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, state, False)


def test_an_approval_waits_for_a_person_until_it_ends():
    waiting = changed("action__waits_for_approval")
    assert (waiting.status, waiting.started_at) == (Status.WAITING, waiting.at)
    assert changed("action__approved").status is Status.SUCCEEDED
    rejected = changed("action__approval_rejected")
    assert (rejected.status, rejected.raw_status) == (Status.FAILED, "FAILED")


@pytest.mark.parametrize(("told", "attempt"), [(1, 1), (1.0, 1), ("1", 1), (0, 1), (None, 1), (2.0, 2), ("3", 3)])
def test_an_attempt_may_be_a_number_of_any_kind(told: object, attempt: int):
    assert changed("pipeline__succeeded", pipeline_execution_attempt=told).attempt == attempt


def test_a_start_time_after_the_event_is_not_believed():
    assert changed("pipeline__started_by_a_push").started_at == changed("pipeline__started_by_a_push").at
    assert changed("pipeline__succeeded", start_time="2031-01-01T00:00:00Z").started_at is None


def test_the_first_attempts_start_is_not_the_retrys():
    assert changed("pipeline__succeeded_after_retry").started_at is None
    assert changed("pipeline__resumed").started_at == changed("pipeline__resumed").at


def test_both_shapes_of_an_event_say_the_same():
    emitted = golden("action__build_failed")
    processed = {key: value for key, value in emitted.items() if key not in ("id", "version", "detail-type")}
    processed.update(detailType=emitted["detail-type"], additionalAttributes={})

    assert parse(processed).events == parse(emitted).events
    assert parse(emitted).delivery_key == emitted["id"]


def test_events_without_an_id_are_told_apart_by_what_they_say():
    body = golden("action__build_started")
    keys = {parse(body).delivery_key}
    for part in ("execution-id", "stage", "action", "action-execution-id", "state", "pipeline"):
        other = json.loads(json.dumps(body))
        other["detail"][part] = "other"
        keys.add(parse(other).delivery_key)
    keys |= {parse({**body, part: "2026-03-02T10:00:59Z"}).delivery_key for part in ("time", "account", "region")}
    later = json.loads(json.dumps(body))
    later["detail"]["pipeline-execution-attempt"] = 2
    keys.add(parse(later).delivery_key)

    assert len(keys) == 11


def test_a_stage_that_fails_ends_its_execution():
    assert changed("stage__failed").decisive
    assert changed("stage__failed").status is Status.FAILED


def test_pipelines_of_one_name_are_told_apart_by_account_and_region():
    pipeline = changed("pipeline__failed").pipeline

    assert (pipeline.name, pipeline.owner, pipeline.place) == ("shop-release", "210987654321", "eu-west-1")
    assert (pipeline.project, pipeline.path, pipeline.host) == ("", "", "")


def test_a_pipeline_is_told_apart_by_account_and_region():
    body = golden("pipeline__failed")
    keys = {
        parse({**body, **change}).events[0].pipeline.key for change in ({}, {"account": "1"}, {"region": "eu-west-2"})
    }

    assert len(keys) == 3


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "eu-west-1.console.aws.amazon.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
        ("us-gov-west-1", "us-gov-west-1.console.amazonaws-us-gov.com"),
    ],
)
def test_links_lead_to_the_console_of_the_partition(region: str, host: str):
    event = parse({**golden("pipeline__failed"), "region": region}).events[0]

    assert event.url.startswith(f"https://{host}/codesuite/codepipeline/pipelines/shop-release/executions/")
    assert event.pipeline.url == f"https://{host}/codesuite/codepipeline/pipelines/shop-release/view?region={region}"


def test_names_cannot_break_out_of_a_link():
    body = golden("pipeline__failed")
    body["detail"].update({"pipeline": "a/../b?c#d", "execution-id": "x/?y"})
    event = parse(body).events[0]

    assert "/pipelines/a%2F..%2Fb%3Fc%23d/executions/x%2F%3Fy/timeline" in event.url
    assert parse({**body, "region": "evil.example/"}).events[0].url == ""


def test_a_commit_told_by_a_stage_reaches_the_execution():
    stage, execution = parse(golden("stage__started_with_commit")).events

    assert type(stage).__name__ == "StageChanged"
    assert type(execution).__name__ == "ExecutionChanged"
    assert execution.status is None
    assert (execution.branch, execution.message) == ("main", "Show stock per store")


def test_only_a_source_that_succeeded_tells_a_commit():
    name = "action__source_succeeded_over_connection"

    assert changed(name).commit
    assert changed(name, state="FAILED").commit == ""
    assert changed(name, type={"category": "Build"}).commit == ""
    assert changed("action__source_succeeded_from_bucket").commit == ""


def test_a_summary_that_is_not_json_is_the_message_itself():
    result = {"external-execution-summary": "{braces} in a title\nmore", "external-execution-id": "abc1234"}

    assert changed("action__source_succeeded_over_connection", execution_result=result).message == "{braces} in a title"


@pytest.mark.parametrize("missing", ["account", "region", "time", "detail"])
def test_a_missing_member_is_named(missing: str):
    body = {key: value for key, value in golden("pipeline__failed").items() if key != missing}

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == missing


@pytest.mark.parametrize("missing", ["pipeline", "execution-id", "state"])
def test_a_missing_detail_is_named(missing: str):
    body = golden("pipeline__failed")
    del body["detail"][missing]

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == f"detail.{missing}"


def test_an_event_without_its_time_falls_back_to_another():
    body = golden("stage__resumed")
    del body["time"]

    assert parse(body).events[0].at == 1772448000305


@pytest.mark.parametrize("headers", [BY_SNS, BY_EVENTBRIDGE])
def test_a_sentence_that_aws_delivers_is_ignored(headers: dict[str, str]):
    parsed = SOURCE.parse(headers, "Ünser pipeline shop-release FAILED".encode())

    assert parsed.ignored == "a message in words, not an event"


def test_a_sentence_from_anyone_else_is_rejected():
    with pytest.raises(Rejected):
        SOURCE.parse({}, b"pipeline shop-release FAILED")


@pytest.mark.parametrize("headers", [BY_SNS, BY_EVENTBRIDGE, {}])
def test_broken_json_is_rejected_whoever_sends_it(headers: dict[str, str]):
    with pytest.raises(Rejected):
        SOURCE.parse(headers, b'{"detail-type": "CodePipeline')


@pytest.mark.parametrize("body", ["a quoted sentence", {}, {"detail-type": "Scheduled Event", "source": "aws.events"}])
def test_what_is_no_event_is_ignored(body: object):
    assert parse(body).ignored


def test_an_event_of_another_service_is_ignored_whatever_its_type():
    assert parse({**golden("pipeline__failed"), "source": "acme.tests"}).ignored


@pytest.mark.parametrize("message", ["Deploys are paused", '"quoted"', "[]"])
def test_an_envelope_with_words_inside_is_ignored(message: str):
    assert parse({**golden("pipeline__started_inside_sns"), "Message": message}).ignored


def test_an_envelope_about_the_subscription_is_ignored():
    body = golden("pipeline__started_inside_sns")
    body.update(Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://sns.eu-west-1.amazonaws.com/")

    assert parse(body).event == "SubscriptionConfirmation"
    assert parse(body).ignored


def deploys(**changes: Any) -> tuple[AnySubjectEvent, ...]:
    body = golden("action__deployed")
    body["detail"].update(changes)
    return parse(body).subjects


def test_a_stage_with_an_action_that_deploys_is_an_environment_once_that_has_ended():
    (found,) = deploys()
    assert isinstance(found, EnvironmentChanged)
    assert (found.subject, found.scope) == ("Production", "210987654321/eu-west-1/shop-release")
    assert (found.execution, found.status) == ("5b0c4a1e-77d2-4a0e-9c41-0f6d2f7b9e10", Status.SUCCEEDED)
    assert deploys(state="STARTED") == ()
    assert [told.status for told in deploys(state="FAILED") if isinstance(told, EnvironmentChanged)] == [Status.FAILED]
    assert deploys(type={"category": "Build"}) == ()
