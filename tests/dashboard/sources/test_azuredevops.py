"""What is peculiar to Azure DevOps."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from dashboard.sources.azuredevops import READERS, SOURCE
from dashboard.sources.azuredevops.statuses import APPROVALS, RESULTS, STAGE_STATES, STATES
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import ExecutionChanged, StageChanged
from tests.dashboard.sources.azuredevops_bodies import changed, golden, parse

NOW = 1_772_445_600_000
LEVELS = {"run": "run__began", "stage": "stage__running", "job": "job__running"}


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(("result", "status"), RESULTS.items())
def test_each_result_has_its_status_once_the_state_is_completed(level: str, result: str, status: Status):
    event = changed(LEVELS[level], level, state="completed", result=result)

    assert (event.status, event.raw_status, event.finished, event.absorbing) == (status, result, True, False)
    assert not changed(LEVELS[level], level, result=result).finished


@pytest.mark.parametrize(("state", "status"), STATES.items())
def test_each_state_of_runs_and_jobs_has_its_status(state: str, status: Status):
    for level in ("run", "job"):
        event = changed(LEVELS[level], level, state=state)
        assert (event.status, event.raw_status, event.finished) == (status, state, False)


@pytest.mark.parametrize(("state", "status"), STAGE_STATES.items())
def test_each_state_of_stages_has_its_status(state: str, status: Status):
    assert changed("stage__running", "stage", state=state).status is status


def test_a_job_that_waits_waits_for_an_agent_and_a_stage_for_its_checks():
    assert changed("job__waits_for_an_agent").status is Status.QUEUED
    assert changed("stage__waits_for_its_checks").status is Status.WAITING


@pytest.mark.parametrize(("told", "status"), APPROVALS.items())
def test_each_status_of_an_approval_has_ours(told: str, status: Status):
    event = changed("approval__approved", "approval", status=told)

    assert (event.status, event.raw_status, event.finished) == (status, told, status.finished)


@pytest.mark.parametrize("level", LEVELS)
def test_a_state_or_result_that_nobody_mapped_is_unknown_with_its_word(level: str):
    moving = changed(LEVELS[level], level, state="paused")
    ended = changed(LEVELS[level], level, state="completed", result="Succeeded")
    bare = changed(LEVELS[level], level, state="completed", result=None)

    assert (moving.status, moving.raw_status, moving.finished) == (Status.UNKNOWN, "paused", False)
    assert (ended.status, ended.raw_status, ended.finished) == (Status.UNKNOWN, "Succeeded", True)
    assert (bare.status, bare.raw_status, bare.finished) == (Status.UNKNOWN, "completed", True)


@pytest.mark.parametrize("told", ["0001-01-01T00:00:00", "", None, "soon"])
def test_a_time_in_the_year_one_is_none(told: str | None):
    assert changed("stage__succeeded", "stage", startTime=told).started_at is None
    ended = changed("stage__succeeded", "stage", finishTime=told)
    assert ended.finished_at == ended.at


def test_seven_digits_of_a_second_are_read_to_the_millisecond():
    assert changed("stage__succeeded", "stage", startTime="2025-09-05T17:22:08.5966667Z").started_at == 1757092928596


def test_a_start_after_the_end_is_not_believed():
    event = changed("job__failed", "job", startTime="2026-03-02T10:04:02Z")

    assert (event.started_at, event.finished_at) == (None, 1772445841566)


@pytest.mark.parametrize("name", ["stage__skipped", "stage__waits_for_its_checks", "job__waits_for_an_agent"])
def test_what_was_skipped_or_waits_has_not_started(name: str):
    part = name.partition("_")[0]

    assert changed(name, part, startTime="2026-03-02T10:00:20Z").started_at is None


def test_events_of_stages_and_jobs_tell_their_run_but_not_its_state():
    for name in ("stage__succeeded", "job__failed"):
        _, told = parse(golden(name)).events
        assert isinstance(told, ExecutionChanged)
        assert (told.status, told.number, told.branch, told.author) == (None, "20260302.4", "main", "Maya Okafor")
        assert "token" not in repr(told)


def test_only_a_ref_lets_a_stage_say_for_whom_its_run_speaks():
    body = golden("stage__running")
    assert [event.tells_run for event in parse(body).events] == [False, True]
    del body["resource"]["run"]["resources"]
    assert [event.tells_run for event in parse(body).events] == [False, False]


def test_stages_are_listed_to_come_as_of_when_their_run_was_made():
    run, *stages = parse(golden("run__began")).events
    assert {(event.at, event.status) for event in stages} == {(run.queued_at, Status.QUEUED)}
    again = parse(golden("run__opened_again_by_a_second_attempt")).events
    assert len(again) == 1


def test_of_very_many_stages_a_run_lists_only_the_first_are_read():
    many = [{"name": f"S{number}", "state": "notStarted"} for number in range(1000)]
    body = golden("run__began")
    body["resource"]["stages"] = many

    assert len(parse(body).events) == 257


def test_a_stage_whose_identifier_says_nothing_is_of_the_kind_its_shown_name_says():
    assert changed("stage__known_by_a_number").kind == "production"
    assert changed("stage__known_by_a_number", "stage", displayName="S3").kind == ""
    assert changed("stage__known_by_a_number", "stage", name="Build").kind == ""
    assert changed("stage__known_by_a_number").stage == "S3"


def test_an_approval_that_is_asked_for_keeps_its_stage_waiting():
    asked, stage = parse(golden("approval__asked_for")).events
    assert isinstance(stage, StageChanged)
    assert (stage.stage, stage.status, stage.at) == ("Release", Status.WAITING, asked.at)
    assert len(parse(golden("approval__approved")).events) == 1


def test_an_approval_may_name_its_stage_and_itself_elsewhere():
    event = changed("approval__approved", stageName=None, approvalId=None, stage={"name": "__default"})

    assert (event.stage, event.action) == ("Jobs", "approval/44c1b2a3-0000-4eee-8eee-1234567890ab")


@pytest.mark.parametrize(
    ("told", "key"),
    [
        ({}, "c9a1f0de-7b3c-4d5e-8f6a-1b2c3d4e5f60/101"),
        ({"notificationId": None}, "e1d2c3b4-0000-4a5b-8c6d-000000000101"),
        ({"subscriptionId": ""}, "e1d2c3b4-0000-4a5b-8c6d-000000000101"),
        ({"notificationId": None, "id": None}, ""),
    ],
)
def test_a_repeat_is_told_by_the_number_within_its_subscription(told: dict[str, Any], key: str):
    assert parse({**golden("run__began"), **told}).delivery_key == key


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("told", [None, {}, "none", []])
def test_a_body_without_details_is_refused_with_what_to_do(kind: str, told: object):
    with pytest.raises(Rejected) as caught:
        parse({**golden("run__began"), "eventType": kind, "resource": told})

    assert caught.value.path == "resource"
    assert "“Resource details to send” to All" in caught.value.message


@pytest.mark.parametrize(
    ("name", "removed", "path"),
    [
        ("run__began", "eventType", "eventType"),
        ("run__began", "createdDate", "createdDate"),
        ("run__began", "resource.run", "resource.run"),
        ("run__began", "resource.run.state", "resource.run.state"),
        ("run__began", "resourceContainers.collection.id", "resourceContainers.collection.id"),
        ("stage__running", "resource.stage", "resource.stage"),
        ("stage__running", "resource.stage.name", "resource.stage.name"),
        ("job__running", "resource.job", "resource.job"),
        ("job__running", "resource.job.id", "resource.job.id"),
        ("job__running", "resource.stage.name", "resource.stage.name"),
        ("approval__asked_for", "resource.approval", "resource.approval"),
        ("approval__asked_for", "resource.approval.status", "resource.approval.status"),
        ("build__partially_succeeded", "resource.id", "resource.id"),
        ("build__partially_succeeded", "resource.definition", "resource.definition"),
        ("build__partially_succeeded", "resource.definition.id", "resource.definition.id"),
    ],
)
def test_a_missing_member_is_named(name: str, removed: str, path: str):
    body = golden(name)
    holder: Any = body
    *above, last = removed.split(".")
    for member in above:
        holder = holder[member]
    del holder[last]

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == path


def test_minimal_details_are_refused_at_the_run_they_leave_out():
    with pytest.raises(Rejected) as caught:
        parse({**golden("run__began"), "resource": {"id": 812, "url": "https://dev.azure.com/acme/_apis/runs/812"}})

    assert caught.value.path == "resource.run"


def test_a_run_or_pipeline_without_its_number_is_named():
    for member, path in (("run", "resource.run.id"), ("pipeline", "resource.pipeline.id")):
        body = golden("run__began")
        body["resource"].pop("runId", None)
        body["resource"]["run"]["pipeline"] = {}
        del body["resource"][member]["id"]
        with pytest.raises(Rejected) as caught:
            parse(body)
        assert caught.value.path == path


def test_a_project_may_be_told_by_the_containers_alone():
    body = golden("run__began")
    del body["resource"]["projectId"]
    assert parse(body).events[0].pipeline.key == changed("run__began").pipeline.key
    del body["resourceContainers"]["project"]
    with pytest.raises(Rejected) as caught:
        parse(body)
    assert caught.value.path == "resourceContainers.project.id"


@pytest.mark.parametrize("place", ["run", "pipeline"])
def test_an_example_of_microsofts_is_no_run(place: str):
    body = golden("run__began")
    del body["resource"]["run"]["_links"]
    del body["resource"]["run"]["url"]
    del body["resource"]["run"]["id"]
    body["resource"][place]["url"] = "https://codedev.ms/org/1234/_apis/Pipelines/2?revision=2"

    assert "button Test" in parse(body).ignored


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("ms.vss-release.deployment-completed-event", "classic release pipelines"),
        ("ms.vss-release.release-created-event", "classic release pipelines"),
        ("workitem.updated", "workitem.updated events carry nothing for us"),
        ("ms.vss-pipelines.new-event", "carry nothing for us"),
    ],
)
def test_events_of_other_kinds_are_ignored_in_words(kind: str, words: str):
    assert words in parse({"eventType": kind}).ignored


def test_kinds_are_named_in_short_with_their_state():
    names = [parse(golden(name)).event for name in ("run__failed", "job__running", "approval__approved")]

    assert names == ["run-state-changed.completed", "job-state-changed.running", "approval-completed"]
    assert {need.event for need in SOURCE.needs} == {names[0].partition(".")[0]}


def test_the_secret_may_be_a_basic_password_or_a_header():
    basic = base64.b64encode(b"bt:s3cr3t").decode()
    assert basic == "YnQ6czNjcjN0"
    for headers in ({"authorization": f"Basic {basic}"}, {"x-api-key": "s3cr3t"}):
        assert SOURCE.verifier.verify(headers, b"{}", "s3cr3t", NOW)
        assert not SOURCE.verifier.verify(headers, b"{}", "another", NOW)
    assert not SOURCE.verifier.verify({}, b"{}", "s3cr3t", NOW)


def test_what_is_not_to_be_shown_is_in_no_event():
    for name in ("run__began", "stage__running", "approval__asked_for", "build__partially_succeeded"):
        told = repr(parse(golden(name)))
        assert "@acme.example" not in told
        assert "not to be shown" not in told
        assert "Look at the dashboards" not in told
        assert json.dumps(golden(name)).count("acme.example") >= 1
