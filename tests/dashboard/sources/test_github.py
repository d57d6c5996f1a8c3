"""What is peculiar to GitHub."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from dashboard.sources.base import Rejected
from dashboard.sources.github import CONCLUSIONS, SOURCE, stage_of
from storage.model.entities import Status
from storage.model.events import ActionChanged, DeploymentChanged, ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS, headers_of


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "github" / f"{name}.json").read_text())
    return body


def parse(event: str, body: object, **headers: str) -> Any:
    return SOURCE.parse({**headers_of("github", event), **headers}, json.dumps(body).encode())


def run(**changes: object) -> ExecutionChanged:
    body = golden("workflow_run__succeeded")
    body["workflow_run"].update(changes)
    event = parse("workflow_run", body).events[0]
    assert isinstance(event, ExecutionChanged)
    return event


def job(recorded: str = "workflow_job__succeeded", /, **changes: object) -> ActionChanged:
    body = golden(recorded)
    body["workflow_job"].update(changes)
    event = parse("workflow_job", body).events[0]
    assert isinstance(event, ActionChanged)
    return event


@pytest.mark.parametrize(
    ("called", "stage"),
    [
        ("lint", "lint"),
        ("test (3.12)", "test"),
        ("test (ubuntu, 3.12)", "test"),
        ("test (linux / amd64)", "test"),
        ("build (a (b), c)", "build"),
        ("build (ubuntu-24.04, a-very-long-na...", "build"),
        ("Test (unit) (3.12)", "Test (unit)"),
        ("deploy / migrate", "deploy"),
        ("deploy (eu) / migrate (1)", "deploy"),
        ("deploy (eu / blue) / migrate", "deploy"),
        ("release / deploy / migrate", "release"),
        ("client/server", "client/server"),
        ("(only)", "(only)"),
        (" / x", "job"),
        (") / x", ")"),
        ("", "job"),
        ("🚇 (1)", "🚇"),
    ],
)
def test_jobs_of_one_matrix_or_called_workflow_share_a_stage(called: str, stage: str):
    assert stage_of(called) == stage


@pytest.mark.parametrize(("conclusion", "status"), CONCLUSIONS.items())
def test_a_completed_run_is_what_its_conclusion_says(conclusion: str, status: Status):
    event = run(conclusion=conclusion)

    assert (event.status, event.raw_status) == (status, conclusion)
    assert event.finished == (status is not Status.WAITING)


@pytest.mark.parametrize("conclusion", [None, "", 7, []])
def test_completed_without_conclusion_has_ended_nobody_knows_how(conclusion: object):
    event = run(conclusion=conclusion)

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "completed", True)


def test_a_conclusion_before_the_end_is_not_believed():
    event = run(status="in_progress", conclusion="failure")

    assert (event.status, event.finished, event.finished_at) == (Status.RUNNING, False, None)


def test_an_unmapped_status_is_unknown_with_its_word():
    event = run(status="dreaming", conclusion=None)

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "dreaming", False)


def test_a_run_is_timed_by_its_other_times_where_one_is_missing():
    assert run(updated_at=None).at == run().started_at
    assert run(updated_at=None, run_started_at="soon").at == run().queued_at
    with pytest.raises(Rejected, match=r"workflow_run\.updated_at"):
        run(updated_at=None, run_started_at=None, created_at=None)


def test_a_rerun_is_queued_when_it_was_asked_for():
    event = run(run_attempt=2, run_started_at="2026-03-03T08:00:00Z")

    assert event.queued_at == event.started_at == 1772524800000


@pytest.mark.parametrize("number", [0, -1, 2**63, "1", 1.0, "001", None])
def test_a_run_without_a_right_id_is_rejected(number: object):
    with pytest.raises(Rejected) as caught:
        run(id=number)

    assert caught.value.path == "workflow_run.id"


def test_run_and_job_agree_on_their_pipeline():
    assert run().pipeline.key == job().pipeline.key == "734120981/CI"
    unnamed = run(name=".github/workflows/ci.yml", path=".github/workflows/ci.yml@refs/heads/main")
    assert unnamed.pipeline.key == job(workflow_name=".github/workflows/ci.yml").pipeline.key == "734120981/ci.yml"
    assert unnamed.pipeline.url == "https://github.com/acme/checkout-api/actions/workflows/ci.yml"


def test_a_pipeline_outlives_a_rename_of_its_repository():
    body = golden("workflow_run__succeeded")
    body["repository"].update(name="till-api", full_name="acme/till-api")

    assert parse("workflow_run", body).events[0].pipeline.key == run().pipeline.key


def test_a_run_titled_by_its_commit_keeps_its_workflows_name():
    assert run(name="CI", display_title="CI").pipeline.key == "734120981/CI"
    assert run(name="Deploy 7", display_title="Deploy 7").pipeline.key == "734120981/CI"


def test_githubs_own_workflows_go_by_the_runs_name_as_their_jobs_do():
    title = "pages build and deployment"
    event = run(name=title, display_title=title, path="dynamic/pages/pages-build-deployment")

    assert event.pipeline.key == f"734120981/{title}"
    assert event.pipeline.url == "https://github.com/acme/checkout-api/actions/workflows/pages/pages-build-deployment"


def test_a_run_of_an_unknown_file_links_to_all_actions():
    body = golden("workflow_run__succeeded")
    body["workflow_run"]["path"] = "../../evil?x"

    assert parse("workflow_run", body).events[0].pipeline.url == "https://github.com/acme/checkout-api/actions"


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


def test_a_deployment_keeps_the_commit_of_its_run():
    body = golden("deployment_status__succeeded")
    body["deployment"].update(sha="0" * 40, ref="gh-pages")
    event = parse("deployment_status", body).events[0]

    assert isinstance(event, DeploymentChanged)
    assert (event.commit, event.branch) == (body["workflow_run"]["head_sha"], "main")


def test_an_unmapped_deployment_state_is_unknown_and_open():
    body = golden("deployment_status__succeeded")
    body["deployment_status"]["state"] = "inactive"
    event = parse("deployment_status", body).events[0]

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "inactive", False)


@pytest.mark.parametrize("event", ["push", "check_suite", "issues", "workflow_dispatch", "ping"])
def test_other_events_are_ignored_with_a_reason(event: str):
    parsed = parse(event, {"zen": "Keep it logically awesome."})

    assert parsed.events == ()
    assert parsed.ignored


def test_an_unknown_action_is_read_by_its_status():
    body = golden("workflow_run__succeeded")
    body["action"] = "teleported"
    parsed = parse("workflow_run", body)

    assert parsed.event == "workflow_run.teleported"
    assert parsed.events[0].status is Status.SUCCEEDED


def test_a_body_without_the_event_header_is_rejected():
    with pytest.raises(Rejected) as caught:
        SOURCE.parse({}, b"{}")

    assert caught.value.path == "X-GitHub-Event"


def test_the_delivery_key_is_githubs_and_empty_without_one():
    body = golden("workflow_run__succeeded")

    assert parse("workflow_run", body, **{"x-github-delivery": "abc"}).delivery_key == "abc"
    assert SOURCE.parse({"x-github-event": "workflow_run"}, json.dumps(body).encode()).delivery_key == ""


FORM = {**headers_of("github", "workflow_run"), "content-type": "application/x-www-form-urlencoded; charset=utf-8"}


def test_a_form_is_read_like_plain_json():
    body = golden("workflow_run__succeeded")
    form = urlencode({"payload": json.dumps(body, ensure_ascii=False)}).encode()

    assert SOURCE.parse(FORM, form) == parse("workflow_run", body)


@pytest.mark.parametrize(
    "form",
    [
        b"",
        b"payload=",
        b"other=%7B%7D",
        b"payload=%7B%7D&payload=%7B%7D",
        b"payload=%ff",
        b"\xff\xfe",
        b"payload=%7B%7D&" + b"&".join(b"f%d=1" % number for number in range(5000)),
        b"payload=not+json",
    ],
    ids=lambda form: repr(form[:30]),
)
def test_a_form_without_exactly_one_readable_payload_is_rejected(form: bytes):
    with pytest.raises(Rejected):
        SOURCE.parse(FORM, form)
