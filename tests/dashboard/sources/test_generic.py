"""What is peculiar to the JSON body of our own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.generic import SOURCE
from dashboard.sources.kit.source import Parsed, Rejected
from storage.model.entities import Status
from storage.model.events import ActionChanged, DeploymentChanged, ExecutionChanged
from storage.model.subjects import EnvironmentChanged
from tests.factories import NOW, SECRET

AT = "2026-11-20T10:00:00Z"
AT_MS = 1_795_168_800_000
RUN: dict[str, Any] = {"pipeline": "shop/deploy", "run": "812", "status": "running", "at": AT}


def parsed(**changes: object) -> Parsed:
    return SOURCE.parse({}, json.dumps({**RUN, **changes}).encode())


def run(**changes: object) -> ExecutionChanged:
    (event,) = (one for one in parsed(**changes).events if isinstance(one, ExecutionChanged))
    return event


def stage(status: str = "running", /, **changes: object) -> ActionChanged:
    own = {"name": "build", "status": status, **dict(changes.pop("stage", {}))}  # type: ignore[call-overload]
    (event,) = (one for one in parsed(stage=own, **changes).events if isinstance(one, ActionChanged))
    return event


@pytest.mark.parametrize("status", Status)
def test_each_word_of_ours_is_a_status_of_runs_and_stages(status: Status):
    for event in (run(status=str(status)), stage(str(status))):
        assert (event.status, event.raw_status) == (status, str(status))
        assert (event.finished, event.finished_at) == (status.finished, AT_MS if status.finished else None)


@pytest.mark.parametrize("word", ["Timed out", "TIMED-OUT", "timed_out"])
def test_a_word_may_be_written_with_capitals_and_blanks(word: str):
    assert (run(status=word).status, run(status=word).raw_status) == (Status.TIMED_OUT, word)


@pytest.mark.parametrize("word", ["success", "green", "running?", "unknown status"])
def test_an_unmapped_word_is_unknown_and_kept(word: str):
    assert (run(status=word).status, run(status=word).raw_status) == (Status.UNKNOWN, word)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"pipeline": ""}, "pipeline"),
        ({"pipeline": 7}, "pipeline"),
        ({"run": None}, "run"),
        ({"run": 1.5}, "run"),
        ({"run": True}, "run"),
        ({"status": None}, "status"),
        ({"at": "yesterday"}, "at"),
        ({"at": None}, "at"),
        ({"stage": "build"}, "stage"),
        ({"stage": {}}, "stage.name"),
        ({"stage": {"name": "build"}}, "stage.status"),
    ],
)
def test_what_is_needed_and_missing_is_named(changes: dict[str, object], path: str):
    with pytest.raises(Rejected) as caught:
        parsed(**changes)

    assert caught.value.path == path


def test_a_run_may_have_a_number_for_its_id():
    assert (run(run=812, number=17).execution, run(run=812, number=17).number) == ("shop/deploy\n812", "17")
    assert run(run="b1946ac92492d2347c62").number == "b1946ac9"


def test_runs_of_two_pipelines_may_have_one_number() -> None:
    first, second = run(run=1), run(pipeline="shop/test", run=1)
    assert first.execution != second.execution
    assert first.number == second.number == "1"
    assert run(pipeline="a\nb", run="c").execution != run(pipeline="a", run="b\nc").execution


@pytest.mark.parametrize("at", [AT, AT_MS, str(AT_MS), "2026-11-20T12:00:00+02:00", "2026-11-20T10:00:00.000Z"])
def test_a_time_is_iso_8601_or_milliseconds(at: object):
    assert run(at=at).at == AT_MS


def test_times_of_a_stage_are_its_own_where_they_are_told():
    told = stage("succeeded", stage={"startedAt": AT_MS - 60_000, "finishedAt": "2026-11-20T09:59:59.250Z"})
    assert (told.started_at, told.finished_at, told.at) == (AT_MS - 60_000, AT_MS - 750, AT_MS)
    assert stage("running").started_at == AT_MS
    assert (stage("succeeded").started_at, stage("succeeded").finished_at) == (None, AT_MS)
    assert stage("running", stage={"finishedAt": AT_MS}).finished_at is None


def test_beside_a_stage_the_status_of_the_run_holds_for_now_only():
    alone, beside = run(status="failed"), run(status="failed", stage={"name": "build", "status": "failed"})
    assert (alone.absorbing, beside.absorbing) == (True, False)
    assert (beside.status, beside.finished_at) == (Status.FAILED, AT_MS)


def test_a_run_that_only_its_stages_tell_began_with_the_first():
    own = {"name": "build", "status": "succeeded", "startedAt": AT_MS - 60_000}
    assert run(stage=own).started_at == AT_MS - 60_000
    assert run(stage={**own, "startedAt": None}).started_at == AT_MS


def test_a_null_stage_is_none():
    assert [type(event) for event in parsed(stage=None).events] == [ExecutionChanged]


def test_what_is_optional_is_read_where_it_is_sane():
    told = run(
        attempt="2",
        name="Shop",
        branch="feature/till",
        defaultBranch="main",
        commit="4be1c0ff",
        message="First line\nsecond",
        author="Noor Haddad <noor@shop.example>",
        repository="shop/till",
        url="https://ci.shop.example/812",
    )
    assert (told.attempt, told.branch, told.commit, told.message) == (2, "feature/till", "4be1c0ff", "First line")
    assert told.author == "Noor Haddad noor"
    assert told.url == "https://ci.shop.example/812"
    ref = told.pipeline
    assert (ref.key, ref.name, ref.repository, ref.default_branch) == ("shop/deploy", "Shop", "shop/till", "main")
    assert run(url="javascript:alert(1)", branch=7, attempt=-3).url == ""


def test_a_stage_with_an_environment_is_a_deployment_that_fills_it_once_it_ended():
    going = parsed(environment="production", stage={"name": "deploy", "status": "running"})
    assert [type(event) for event in going.events] == [ActionChanged, ExecutionChanged, DeploymentChanged]
    assert going.subjects == ()
    ended = parsed(environment="production", commit="4be1c0ff", stage={"name": "deploy", "status": "succeeded"})
    (there,) = ended.subjects
    assert isinstance(there, EnvironmentChanged)
    assert (there.subject, there.scope, there.execution, there.commit) == (
        "production",
        "shop/deploy",
        "shop/deploy\n812",
        "4be1c0ff",
    )
    assert (there.status, there.deployment) == (Status.SUCCEEDED, "812/1/deploy")


def test_a_run_with_an_environment_deploys_as_a_whole():
    ended = parsed(environment="production", status="failed", attempt=2)
    (there,) = ended.subjects
    assert isinstance(there, EnvironmentChanged)
    assert (there.status, there.deployment) == (Status.FAILED, "812/2")
    assert [event.status for event in ended.events] == [Status.FAILED, Status.FAILED]


@pytest.mark.parametrize("word", ["skipped", "superseded"])
def test_what_was_left_out_deployed_nothing(word: str):
    told = parsed(environment="production", stage={"name": "deploy", "status": word})
    assert [type(event) for event in told.events] == [ActionChanged, ExecutionChanged]
    assert told.subjects == ()


def test_a_sender_proves_itself_by_a_signature_or_by_the_secret():
    verify = SOURCE.verifier.verify
    signed = SOURCE.verifier.prove(b"{}", SECRET, NOW)["x-signature-256"]
    assert signed.startswith("sha256=")
    for headers in (
        {"x-signature-256": signed},
        {"x-signature-256": signed.removeprefix("sha256=")},
        {"x-api-key": SECRET},
        {"authorization": f"Bearer {SECRET}"},
    ):
        assert verify(headers, b"{}", SECRET, NOW)
    for headers in ({}, {"x-signature-256": signed.upper()}, {"x-signature-256": SECRET}, {"x-api-key": "other"}):
        assert not verify(headers, b"{}", SECRET, NOW)
    assert not verify({"x-signature-256": signed}, b"{ }", SECRET, NOW)
