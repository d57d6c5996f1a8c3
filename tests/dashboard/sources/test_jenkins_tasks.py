"""What is peculiar to Jenkins' CDEvents plugin."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.jenkins import SOURCE
from dashboard.sources.jenkins.statuses import RESULTS
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged
from tests.dashboard.sources.jenkins_bodies import event, golden, parse


def finished(result: str | None, outcome: str) -> Any:
    body = event("pipelinerun__finished", 50)
    body["customData"]["build"]["status"] = result
    body["subject"]["content"]["outcome"] = outcome
    return parse(body).events[0]


@pytest.mark.parametrize(("result", "status"), RESULTS.items())
@pytest.mark.parametrize("outcome", ["success", "failure", "error"])
def test_a_run_ended_as_its_result_says_and_not_its_outcome(result: str, status: Status, outcome: str):
    assert (finished(result, outcome).status, finished(result, outcome).raw_status) == (status, result)


@pytest.mark.parametrize(
    ("outcome", "status", "raw"),
    [
        ("error", Status.ERRORED, "error"),
        ("success", Status.UNKNOWN, "success"),
        ("", Status.UNKNOWN, "finished"),
    ],
)
def test_without_a_result_jenkins_could_not_tell(outcome: str, status: Status, raw: str):
    told = finished(None, outcome)

    assert (told.status, told.raw_status, told.finished) == (status, raw, True)


@pytest.mark.parametrize("source", [f"{before}job/shop/job/release/42/" for before in ("", "/", "http://host/ci/")])
@pytest.mark.parametrize("name", ["pipelinerun__finished", "taskrun__stage_started"])
def test_a_run_is_known_by_the_source_of_its_events(source: str, name: str):
    body = event(name, 1)
    body["context"]["source"] = source

    assert parse(body).events[0].execution == "job/shop/job/release/42"


def test_a_source_may_stand_in_the_subject():
    body = event("taskrun__stage_started", 1)
    del body["context"]["source"]

    assert parse(body).events[0].execution == "job/shop/job/release/42"


@pytest.mark.parametrize("source", ["", "42", "job/shop/job/release/", None])
def test_a_source_that_is_no_run_is_refused(source: str | None):
    body = event("pipelinerun__finished", 1)
    body["context"]["source"] = body["subject"]["source"] = source

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == ("context.source" if source else "subject.source")


@pytest.mark.parametrize("name", ["Stage : Start", "Allocate node : Body : Start", "Stage : Body : End", "", None])
def test_a_block_without_a_label_is_ignored(name: str | None):
    assert parse(event("taskrun__stage_started", 1, stageName=name)).ignored


@pytest.mark.parametrize("name", ["Build", "Deploy : Production", "Branch: linux", "Declarative: Checkout SCM"])
def test_a_labelled_block_is_an_action_of_the_jobs_stage(name: str):
    (told,) = parse(event("taskrun__stage_started", 1, stageName=name)).events

    assert isinstance(told, ActionChanged)
    assert (told.name, told.stage, told.status) == (name, "release", Status.RUNNING)
    assert (told.tells_run, told.pipeline.key) == (False, "")


def test_a_block_without_its_address_goes_by_its_label():
    (told,) = parse(event("taskrun__stage_started", 1, stageNodeUrl=None)).events

    assert isinstance(told, ActionChanged)
    assert told.action == "Build"


def test_custom_data_may_be_json_in_text():
    body = event("pipelinerun__finished", 1)
    told = parse(body).events
    assert parse({**body, "customData": json.dumps(body["customData"])}).events == told
    bare = parse({**body, "customData": "no json"}).events[0]
    assert (bare.execution, bare.status, bare.pipeline.name) == (told[0].execution, Status.UNKNOWN, "release")


def test_a_binary_event_is_its_body():
    body = event("pipelinerun__finished", 1)
    headers = {"ce-specversion": "1.0", "ce-id": "1", "ce-source": "job/shop/42/", "ce-type": "x"}

    assert parse(body, **headers).events == parse(body).events


def test_a_structured_event_is_its_data():
    inner = golden("pipelinerun__started_in_its_envelope")
    told = SOURCE.parse({"content-type": "application/cloudevents+json"}, json.dumps(inner).encode())

    assert told.events == parse(inner["data"]).events
    assert told.delivery_key == inner["id"]


def test_an_event_of_another_kind_is_ignored_and_an_envelope_without_a_cdevent_refused():
    assert "carry nothing for us" in parse({"context": {"type": "dev.cdevents.service.deployed.0.1.0"}}).ignored
    assert "carry nothing for us" in parse({"context": {"type": "com.acme.pipelinerun.started"}}).ignored
    with pytest.raises(Rejected) as caught:
        parse({"specversion": "1.0", "type": "dev.cdevents.pipelinerun.started.0.1.0", "data": {}})
    assert caught.value.path == "data.context.type"


def test_a_batch_of_a_run_and_its_blocks_is_read_whole():
    told = parse(golden("batch__of_a_run_and_a_stage"))

    assert [type(each).__name__ for each in told.events] == ["ExecutionChanged", "StageChanged", "ActionChanged"]
    assert (told.event, told.delivery_key) == ("batch", "")
    assert parse([]).ignored
