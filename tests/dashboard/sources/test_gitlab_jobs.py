"""GitLab's jobs: their stages, legs, times, runners and who let them begin."""

from __future__ import annotations

import pytest

from dashboard.sources.gitlab.jobs import leg_of
from storage.model.entities import Status
from storage.model.events import ActionChanged, DeploymentChanged
from tests.dashboard.sources.gitlab_bodies import golden, job, listed, parse


@pytest.mark.parametrize(
    ("called", "leg"),
    [
        ("rspec", ""),
        ("rspec 1/3", "1/3"),
        ("rspec 1:3", "1:3"),
        ("rspec 12 / 30", "12 / 30"),
        ("build: [linux, x64]", "linux, x64"),
        ("build: [linux] 2/3", "linux 2/3"),
        ("build [a, b]", "a, b"),
        ("deploy: []", ""),
        ("auto_deploy:start", ""),
        ("1/3", ""),
        ("[linux]", ""),
        ("test 3.12", ""),
        ("a 1/2 b", ""),
        ("x: [[a]]", ""),
        ("", ""),
    ],
)
def test_parallel_jobs_and_those_of_a_matrix_are_legs(called: str, leg: str):
    assert leg_of(called) == leg


def test_a_name_of_very_many_legs_is_read_quickly():
    assert leg_of("x " + "1/2 " * 60) == "1/2 1/2 1/2"
    assert leg_of("x" + " :" * 5000) == ""


def test_a_job_is_in_the_stage_that_its_file_says():
    assert job(build_stage="coordinated:tag").stage == "coordinated:tag"
    assert listed("success", stage=".pipeline-policy-pre")[0].stage == ".pipeline-policy-pre"
    assert job(build_stage=None).stage == "test"


def test_both_kinds_of_hooks_tell_the_same_of_a_job():
    """But for what only a list of jobs knows: its pipeline's key."""
    told = job()
    (of_list,) = listed("failed")

    named = ("execution", "action", "name", "stage", "status", "at", "started_at", "finished_at", "queued_at", "note")
    assert {name: getattr(told, name) for name in named} == {name: getattr(of_list, name) for name in named}
    assert (told.pipeline.key, of_list.pipeline.key) == ("", "gitlab.com/48213377")
    assert told.url == of_list.url == "https://gitlab.com/acme/web/storefront/-/jobs/10400218002"


def test_a_job_could_have_begun_when_its_turn_came_not_when_it_was_made():
    assert job().queued_at == 1772442691500
    assert job("Job Hook__created_with_a_reason_of_no_failure").queued_at is None
    assert job(build_queued_duration=None).queued_at is None
    assert job(build_queued_duration=99999).queued_at == 1772442600000, "not before it was made"


def test_a_job_that_pends_in_a_list_waits_since_the_newest_thing_there():
    """Its turn came as something else ended."""
    (pending,) = listed("pending", started_at=None, finished_at=None)

    assert pending.queued_at == 1772442786000
    assert listed("pending", when="delayed", started_at=None, finished_at=None)[0].queued_at is None
    assert listed("pending", when="manual", manual=True, started_at=None, finished_at=None)[0].queued_at is None


@pytest.mark.parametrize("status", ["created", "pending", "manual", "skipped", "scheduled", "waiting_for_resource"])
def test_what_has_not_begun_has_no_start_and_no_end_whatever_is_told(status: str):
    (event,) = listed(status)

    assert event.started_at is None
    assert event.finished_at is None or event.finished


def test_a_job_that_runs_has_not_ended_whatever_is_told():
    assert job(build_status="running").finished_at is None
    assert job(build_status="running").at == job("Job Hook__running").at


def test_a_start_after_the_end_is_not_believed():
    event = job(build_started_at="2026-03-02 09:14:00 UTC")

    assert (event.started_at, event.finished_at) == (None, 1772442785000)


def test_a_job_says_why_it_failed_and_only_then():
    assert job().note == "script failure"
    assert job(build_failure_reason="unknown_failure").note == ""
    assert job(build_status="success", build_failure_reason="script_failure").note == ""
    assert job(build_failure_reason="deployment_rejected").note == "deployment rejected"


def test_a_manual_job_that_may_be_left_out_waits_for_nobody():
    (optional,) = listed("manual", allow_failure=True)
    (blocking,) = listed("manual", allow_failure=False)

    assert (optional.status, optional.raw_status) == (Status.SKIPPED, "manual")
    assert (blocking.status, blocking.raw_status) == (Status.WAITING, "manual")


def test_a_job_that_somebody_let_begin_tells_who_and_when():
    changed, let = listed("success", when="manual", manual=True, user={"username": "tokafor"})

    assert (changed.by, changed.status) == ("tokafor", Status.SUCCEEDED)
    assert (let.action, let.status, let.raw_status, let.finished) == (changed.action, Status.QUEUED, "pending", False)
    assert let.at // 1000 == 1772442691
    assert listed("manual", when="manual", manual=True)[0].by == ""
    assert listed("success", user={"username": "tokafor"})[0].by == ""


def test_a_job_tells_the_tags_of_its_runner():
    runner = {"tags": ["linux", 3, "", *(f"tag-{number}" for number in range(20))]}

    assert job(runner=runner).runner_labels == ("linux", *(f"tag-{number}" for number in range(9)))
    assert job(runner=None).runner_labels == ()
    assert job(runner={"id": 5}).runner_labels == ()


@pytest.mark.parametrize(("told", "allowed"), [(True, True), (False, False), (None, None), ("yes", None)])
def test_a_job_tells_whether_it_may_fail(told: object, allowed: bool | None):
    assert job(build_allow_failure=told).allowed_to_fail is allowed


def test_a_job_without_a_name_is_still_shown():
    assert job(build_name="").name == "job"


def deployments(status: str, **changes: object) -> list[DeploymentChanged]:
    body = golden("Pipeline Hook__waits_for_a_person")
    body["builds"][0].update(status=status, **changes)
    return [event for event in parse("Pipeline Hook", body).events if isinstance(event, DeploymentChanged)]


@pytest.mark.parametrize(
    ("status", "deploys"),
    [
        ("created", False),
        ("skipped", False),
        ("scheduled", False),
        ("manual", True),
        ("pending", True),
        ("running", True),
        ("success", True),
        ("failed", True),
        ("canceled", True),
    ],
)
def test_a_job_deploys_once_its_turn_has_come(status: str, deploys: bool):
    assert bool(deployments(status)) is deploys


def test_a_manual_job_that_may_be_left_out_deploys_nothing_yet():
    assert deployments("manual", allow_failure=True) == []


@pytest.mark.parametrize("action", ["stop", "prepare", "verify", "access"])
def test_a_job_that_only_looks_at_an_environment_deploys_nothing_there(action: str):
    environment = {"name": "production", "action": action, "deployment_tier": "production"}
    changed, *_ = parse("Job Hook", {**golden("Job Hook__deploys_to_production"), "environment": environment}).events

    assert isinstance(changed, ActionChanged)
    assert changed.environment == ""
    assert deployments("success", environment=environment) == []


def test_a_job_of_no_pipeline_is_ignored():
    body = {**golden("Job Hook__failed"), "pipeline_id": None, "commit": None}

    assert parse("Job Hook", body).ignored == "the job does not say which pipeline it is of"
