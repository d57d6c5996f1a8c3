"""What is peculiar to Buildkite: two bodies, states that tell the present, times that order them, origins."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.sources.buildkite import SOURCE
from dashboard.sources.buildkite.states import BUILD_STATES, JOB_STATES
from dashboard.sources.kit.sample import SampleRun
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from tests.dashboard.sources.buildkite_bodies import build, golden, job, parse
from tests.factories import NOW, SECRET

PING = b'{"event":"ping"}'


@pytest.mark.parametrize(
    ("said", "path"),
    [
        ({}, "event"),
        ({"event": "build.finished"}, "build"),
        ({"event": "build.finished", "build": {}}, "pipeline"),
        ({"event": "build.finished", "build": {}, "pipeline": {}}, "build.state"),
        ({"event": "job.finished", "build": {}}, "job"),
        ({"detail-type": "Build Finished"}, "detail"),
        ({"detail-type": "Job Started", "detail": {"build": {}}}, "detail.job"),
    ],
    ids=str,
)
def test_a_body_that_lacks_what_is_needed_is_rejected_at_its_place(said: dict[str, Any], path: str):
    with pytest.raises(Rejected) as caught:
        parse(said)

    assert caught.value.path == path


@pytest.mark.parametrize(("removed", "path"), [("id", "build.id"), ("state", "build.state")])
def test_a_build_without_its_id_or_state_is_rejected(removed: str, path: str):
    body = golden("build.finished__passed")
    del body["build"][removed]

    with pytest.raises(Rejected) as caught:
        parse(body)

    assert caught.value.path == path


def test_a_build_without_any_time_is_rejected():
    with pytest.raises(Rejected) as caught:
        build(created_at=None, started_at=None, finished_at=None)

    assert caught.value.path == "build.created_at"


def test_the_header_tells_the_kind_where_the_body_does_not():
    body = {key: value for key, value in golden("build.finished__passed").items() if key != "event"}

    assert parse(body, **{"x-buildkite-event": "build.finished"}).event == "build.finished"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"event": "agent.lost"}, "agents run jobs, which tell of themselves"),
        ({"event": "cluster_token.registration_blocked"}, "carry nothing for us"),
        ({"detail-type": "Audit Event Logged", "detail": {}}, "audit.event_logged events carry nothing for us"),
        ({"event": "build.finished", "build": None, "pipeline": {}}, "build is null"),
    ],
    ids=str,
)
def test_what_says_nothing_of_a_build_is_ignored(said: dict[str, Any], reason: str):
    assert reason in parse(said).ignored


# States.


@pytest.mark.parametrize("state", BUILD_STATES)
def test_every_state_of_a_build_keeps_its_word(state: str):
    found = build(state=state)

    assert (found.status, found.raw_status) == (BUILD_STATES[state], state)
    assert found.finished is BUILD_STATES[state].finished
    assert (found.finished_at is not None) is found.finished


@pytest.mark.parametrize("state", JOB_STATES)
def test_every_state_of_a_job_keeps_its_word(state: str):
    found = job(state=state)

    assert (found.status, found.raw_status, found.finished) == (JOB_STATES[state], state, JOB_STATES[state].finished)
    assert found.absorbing, "a job that is run again has another id"


@pytest.mark.parametrize("state", ["running", "passed", "failed", "started"])
def test_a_build_that_is_blocked_waits_whatever_its_state(state: str):
    found = build(state=state, blocked=True)

    assert (found.status, found.raw_status, found.finished) == (Status.WAITING, "blocked", False)
    assert found.finished_at is None


@pytest.mark.parametrize("state", ["canceled", "canceling", "skipped"])
def test_a_blocked_build_that_is_called_off_asks_nobody(state: str):
    assert build(state=state, blocked=True).status is BUILD_STATES[state]


def test_a_state_that_nobody_mapped_ends_what_has_an_end():
    assert (build(state="parked").status, build(state="parked").finished) == (Status.UNKNOWN, True)
    assert (job(state="parked", finished_at=None).status, job(state="parked", finished_at=None).finished) == (
        Status.UNKNOWN,
        False,
    )


@pytest.mark.parametrize(
    ("said", "status", "raw"),
    [
        ({"state": "finished", "passed": True, "exit_status": None}, Status.SUCCEEDED, "passed"),
        ({"state": "finished", "passed": False, "exit_status": 0}, Status.SUCCEEDED, "passed"),
        ({"state": "finished", "passed": False, "exit_status": 1}, Status.FAILED, "failed"),
        ({"state": "failed", "exit_status": -1}, Status.ERRORED, "failed"),
        ({"state": "failed", "exit_status": 255, "signal_reason": "agent_stop"}, Status.ERRORED, "failed"),
        ({"state": "failed", "exit_status": None, "signal_reason": "stack_error"}, Status.ERRORED, "failed"),
        ({"state": "failed", "exit_status": 1, "signal_reason": "cancel"}, Status.FAILED, "failed"),
        ({"state": "passed", "signal_reason": "see-reason-below"}, Status.SUCCEEDED, "passed"),
        ({"type": "manual", "state": "blocked"}, Status.WAITING, "blocked"),
        ({"type": "manual", "state": "unblocked"}, Status.SUCCEEDED, "unblocked"),
        ({"type": "manual", "state": "finished", "passed": False}, Status.SUCCEEDED, "finished"),
        ({"type": "manual", "state": "canceled"}, Status.CANCELLED, "canceled"),
        ({"type": "manual", "state": "blocked_failed"}, Status.SKIPPED, "blocked_failed"),
        ({"type": "manual", "state": "parked", "finished_at": None}, Status.UNKNOWN, "parked"),
    ],
    ids=str,
)
def test_a_job_is_read_by_its_state_its_result_and_its_type(said: dict[str, Any], status: Status, raw: str):
    found = job(**said)

    assert (found.status, found.raw_status) == (status, raw)


@pytest.mark.parametrize(
    ("said", "allowed"),
    [
        ({"state": "failed", "soft_failed": True}, True),
        ({"state": "failed", "soft_failed": False}, False),
        ({"state": "passed", "soft_failed": False}, None),
        ({"state": "running", "soft_failed": False}, None),
    ],
    ids=str,
)
def test_whether_a_job_may_fail_is_known_once_it_has(said: dict[str, Any], allowed: bool | None):
    assert job(**said).allowed_to_fail is allowed


# Times.


def test_a_build_is_as_new_as_the_newest_time_that_it_or_its_job_has():
    assert build().at == build().finished_at
    found = build("job.finished__passed")
    assert found.at == job().finished_at
    assert build("build.scheduled__created").at == build("build.scheduled__created").queued_at


@pytest.mark.parametrize("future", ["scheduled_at", "expired_at"])
def test_a_time_that_is_yet_to_come_makes_nothing_newer(future: str):
    late = {future: "2027-01-01T00:00:00.000Z"}

    assert build(**late).at == build().at
    assert job(**late).at == job().at


def test_what_eventbridge_tells_is_as_new_as_when_it_was_sent():
    assert job("job.activated__by_eventbridge").at == 1_795_171_212_000
    assert build("job.activated__by_eventbridge").at == 1_795_171_212_000


def test_a_job_is_queued_from_when_an_agent_could_have_taken_it():
    found = job()
    assert (found.queued_at, found.started_at) == (1_795_168_862_300, 1_795_168_880_700)
    assert job(runnable_at=None).queued_at is None, "unknown, not none"


def test_a_start_after_the_end_is_not_believed():
    assert job(started_at="2026-11-20T11:00:00.000Z").started_at is None


@pytest.mark.parametrize("state", ["scheduled", "broken", "skipped", "waiting_failed"])
def test_a_job_that_did_not_begin_has_no_start(state: str):
    assert job(state=state).started_at is None


def test_a_build_that_waits_to_begin_has_no_start():
    assert build(state="scheduled").started_at is None


# Jobs.


@pytest.mark.parametrize(
    ("said", "own_attempt"),
    [
        ({"retries_count": None}, None),
        ({"retries_count": 0}, 1),
        ({"retries_count": 2, "retry_source": {"job_id": "x", "retry_type": "automatic"}}, 3),
        ({"retries_count": None, "retry_source": {"job_id": "x"}}, 2),
        ({"retries_count": -1}, None),
    ],
    ids=str,
)
def test_a_job_counts_how_often_it_was_retried(said: dict[str, Any], own_attempt: int | None):
    assert job(**said).own_attempt == own_attempt


@pytest.mark.parametrize(
    ("said", "note"),
    [
        ({"state": "failed", "exit_status": 2}, "exit status 2"),
        ({"state": "failed", "exit_status": -1, "signal_reason": "agent_refused"}, "agent_refused, exit status -1"),
        ({"state": "failed", "exit_status": None}, ""),
        ({"state": "timed_out", "exit_status": -1, "signal_reason": "cancel"}, ""),
    ],
    ids=str,
)
def test_why_a_job_failed(said: dict[str, Any], note: str):
    assert job(**said).note == note


def test_a_trigger_step_leads_to_the_build_it_made():
    assert job("job.finished__trigger_step").url == "https://buildkite.com/acme/deploy/builds/15"
    assert job("job.finished__trigger_step", triggered_build=None).url.startswith("https://buildkite.com/acme/checkout")


def test_addresses_that_no_body_holds_are_made_and_never_from_odd_words():
    assert job("job.started__by_eventbridge").url.startswith("https://buildkite.com/acme/checkout/builds/812#")
    body = golden("job.started__by_eventbridge")
    body["detail"]["organization"]["slug"] = "../evil"
    found = parse(body).events
    assert {event.url for event in found} | {event.pipeline.url for event in found} == {""}


# Proof of the sender.


def test_a_sender_proves_itself_by_signature_by_token_or_from_eventbridge_by_key():
    verify, now = SOURCE.verifier.verify, NOW
    signed = SOURCE.verifier.prove(PING, SECRET, now)

    assert list(signed) == ["x-buildkite-signature"]
    assert verify(signed, PING, SECRET, now)
    assert not verify(signed, PING, SECRET, now + 301_000), "a post cannot be sent again later"
    assert verify({"x-buildkite-token": SECRET}, PING, SECRET, now)
    assert not verify({"x-buildkite-token": "another"}, PING, SECRET, now)
    assert verify({"x-api-key": SECRET}, PING, SECRET, now)


def test_a_test_run_leads_nowhere_and_ends_green():
    posts = SOURCE.sample(SampleRun("c" * 32, NOW))
    found = [event for post in posts for event in SOURCE.parse(post.headers, post.body).events]

    assert {event.url for event in found} | {event.pipeline.url for event in found} == {""}
    assert {event.pipeline.key for event in found} == {"c" * 32}
    assert (found[-1].status, found[-1].finished) == (Status.SUCCEEDED, True)
    assert all(json.loads(post.body)["event"] == post.headers["x-buildkite-event"] for post in posts)
