"""What is peculiar to GitHub."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from dashboard.sources.github import SOURCE
from dashboard.sources.github.statuses import CONCLUSIONS
from dashboard.sources.kit.source import Rejected
from storage.model.entities import Status
from storage.model.events import DeploymentChanged
from tests.dashboard.sources.github_bodies import golden, parse, run
from tests.dashboard.sources.golden import headers_of


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


@pytest.mark.parametrize("number", [0, -1, 2**63, "1", 1.0, "001", None])
def test_a_run_without_a_right_id_is_rejected(number: object):
    with pytest.raises(Rejected) as caught:
        run(id=number)

    assert caught.value.path == "workflow_run.id"


def test_a_deployment_keeps_the_commit_of_its_run():
    body = golden("deployment_status__succeeded")
    body["deployment"].update(sha="0" * 40, ref="gh-pages")
    event = parse("deployment_status", body).events[0]

    assert isinstance(event, DeploymentChanged)
    assert (event.commit, event.branch) == (body["workflow_run"]["head_sha"], "main")


def test_a_deployment_to_production_is_told_by_its_mark():
    assert deployed(production_environment=True) == "production"
    assert deployed(production_environment=False) == deployed(production_environment="yes") == deployed() == ""


def deployed(**changes: object) -> str:
    body = golden("deployment_status__succeeded")
    body["deployment"].update(changes)
    tier: str = parse("deployment_status", body).events[0].tier
    return tier


def test_an_unmapped_deployment_state_is_unknown_and_open():
    body = golden("deployment_status__succeeded")
    body["deployment_status"]["state"] = "inactive"
    event = parse("deployment_status", body).events[0]

    assert (event.status, event.raw_status, event.finished) == (Status.UNKNOWN, "inactive", False)


@pytest.mark.parametrize("event", ["push", "check_suite", "workflow_dispatch", "ping"])
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
