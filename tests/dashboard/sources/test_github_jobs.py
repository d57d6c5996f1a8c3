"""GitHub's jobs: their stages, legs, times and runners."""

from __future__ import annotations

import pytest

from dashboard.sources.github.jobs import stage_and_leg
from storage.model.entities import Status
from tests.dashboard.sources.github_bodies import golden, job, parse


@pytest.mark.parametrize(
    ("called", "stage", "leg"),
    [
        ("lint", "lint", ""),
        ("test (3.12)", "test", "3.12"),
        ("test (ubuntu, 3.12)", "test", "ubuntu, 3.12"),
        ("test (linux / amd64)", "test", "linux / amd64"),
        ("build (a (b), c)", "build", "a (b), c"),
        ("build (ubuntu-24.04, a-very-long-na...", "build", "ubuntu-24.04, a-very-long-na..."),
        ("Test (unit) (3.12)", "Test (unit)", "3.12"),
        ("Deploy (staging) / migrate", "Deploy", "staging"),
        ("deploy / migrate", "deploy", ""),
        ("deploy / migrate (1)", "deploy", ""),
        ("deploy (eu) / migrate (1)", "deploy", "eu"),
        ("deploy (eu / blue) / migrate", "deploy", "eu / blue"),
        ("release / deploy / migrate", "release", ""),
        ("client/server", "client/server", ""),
        ("test ()", "test", ""),
        ("(only)", "(only)", ""),
        (" (only)", "(only)", ""),
        (" / x", "job", ""),
        (") / x", ")", ""),
        ("", "job", ""),
        ("🚇 (1)", "🚇", "1"),
    ],
)
def test_jobs_of_one_matrix_or_called_workflow_share_a_stage(called: str, stage: str, leg: str):
    assert stage_and_leg(called) == (stage, leg)


def test_a_queued_job_has_not_started_and_a_skipped_one_never_does():
    assert job("workflow_job__queued").started_at is None
    assert job("workflow_job__waits_for_production").started_at is None
    assert job("workflow_job__skipped").started_at is None
    assert job("workflow_job__matrix_in_progress").started_at


def test_a_job_approved_and_queued_again_is_later_than_when_it_waited():
    body = golden("workflow_job__waits_for_production")
    waiting = parse("workflow_job", body).events[0]
    body["workflow_job"]["status"] = "queued"
    body["deployment"]["updated_at"] = "2026-03-02T09:25:00Z"
    queued = parse("workflow_job", body).events[0]

    assert (waiting.status, queued.status) == (Status.WAITING, Status.QUEUED)
    assert waiting.at < queued.at


def test_a_red_job_tells_its_first_failed_step():
    assert job("workflow_job__failed").note == "Run pytest"
    assert job("workflow_job__failed", conclusion="cancelled").note == ""
    assert job("workflow_job__failed", steps="none").note == ""


def test_a_job_without_a_name_is_still_shown():
    event = job(name=None)

    assert (event.name, event.stage) == ("job", "job")


def test_a_job_that_ended_before_it_got_a_runner_did_not_start():
    none = {"conclusion": "cancelled", "runner_id": 0, "runner_name": "", "steps": []}
    body = golden("workflow_job__succeeded")
    body["workflow_job"].update(none)
    del body["workflow_job"]["runner_id"]

    assert job(**none).started_at is None
    assert job(**{**none, "runner_id": None, "runner_name": None}).started_at is None
    assert job(**{**none, "runner_id": 5}).started_at
    assert job(**{**none, "runner_name": "r1"}).started_at
    assert job(**{**none, "steps": [{"name": "Set up job"}]}).started_at
    assert parse("workflow_job", body).events[0].started_at, "who names no runner says nothing about it"


def test_a_start_after_the_end_is_not_believed():
    event = job(started_at="2026-03-02T09:15:03Z")

    assert (event.started_at, event.finished_at) == (None, 1772442902000)
    assert job(started_at="2026-03-02T09:15:02Z").started_at == 1772442902000


def test_a_job_in_a_concurrency_group_was_told_to_wait():
    assert job("workflow_job__queued", status="pending").told_to_wait
    assert not job("workflow_job__queued").told_to_wait


def test_a_job_tells_what_it_needs_to_run():
    event = job(labels=["linux", 3, "", *(f"label-{number}" for number in range(20))], runner_group_name="Deploy hosts")

    assert event.runner_labels == ("linux", *(f"label-{number}" for number in range(9)))
    assert event.runner_group == "Deploy hosts"
    assert job(labels="linux").runner_labels == ()


def test_a_job_tells_the_environment_it_deploys_to():
    assert job("workflow_job__waits_for_production").environment == "production"
    assert job().environment == ""
