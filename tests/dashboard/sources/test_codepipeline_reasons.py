"""Why CodePipeline says that something ended as it did, and who decided so."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboard.sources.codepipeline_bodies import changed, golden, parse

MAYA = "arn:aws:sts::210987654321:assumed-role/Release/maya.okafor"
FAILED = "Build terminated with state: FAILED"


def answered(name: str, summary: str, **result: str) -> tuple[str, str]:
    event = changed(name, execution_result={"external-execution-summary": summary, **result})
    return event.note, event.by


@pytest.mark.parametrize(
    ("summary", "note", "by"),
    [
        (f"Rejected by {MAYA}", "Rejected", "maya.okafor"),
        (f"Rejected by {MAYA}@acme.example", "Rejected", "maya.okafor"),
        (f"Rejected by {MAYA}: not counted yet", "Rejected: not counted yet", "maya.okafor"),
        ("Not counted yet", "Rejected: Not counted yet", ""),
        ("Rejected by mistake", "Rejected: Rejected by mistake", ""),
        (f"Ask {MAYA}, then retry", "Rejected: Ask maya.okafor, then retry", ""),
    ],
)
def test_a_rejection_tells_who_and_why(summary: str, note: str, by: str):
    assert answered("action__approval_rejected", summary, **{"error-code": "Rejected"}) == (note, by)


def test_an_approval_tells_who_or_what_was_said():
    assert answered("action__approved", f"Approved by {MAYA}") == ("", "maya.okafor")
    assert answered("action__approved", "Counted twice") == ("Counted twice", "")


def test_only_approvals_are_decided_by_somebody():
    summary = f"Rejected by {MAYA}"

    assert answered("action__build_failed", summary)[1] == ""
    assert answered("action__waits_for_approval", summary) == ("", "")


def test_an_action_that_went_well_has_no_note():
    assert answered("action__source_succeeded_over_connection", "Fine") == ("", "")


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("No access to arn:aws:s3:::bucket/key.", "No access to key."),
        ("(arn:aws-cn:iam::210987654321:role/x) is gone", "(x) is gone"),
        ("arn:aws:lambda:eu-west-1:210987654321:function:pack: timed out", "pack: timed out"),
        ("arn:aws: is how it begins", "arn:aws: is how it begins"),
    ],
)
def test_of_an_arn_only_the_last_part_is_shown(told: str, shown: str):
    assert changed("pipeline__stopped", stop_execution_comments=told).reason == shown
    assert answered("action__build_failed", told)[0].endswith(shown)


def failed(name: str, **attributes: object) -> Any:
    return parse({**golden(name), "additionalAttributes": attributes}).events[0].reason  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["pipeline__failed", "stage__failed"])
def test_a_failure_tells_the_actions_that_failed(name: str):
    unit, pack = {"action": "Unit", "additionalInformation": FAILED}, {"action": "Pack"}

    assert failed(name) == ""
    assert failed(name, failedActions=[unit, unit, pack, {}]) == f"Unit: {FAILED}; Pack"
    assert failed(name, failedActions=[unit], failedStage="Test") == f"Test / Unit: {FAILED}"
    assert failed(name, failedStage="Test") == "Test"
    assert failed(name, additionalInformation=f"{FAILED}\nmore") == FAILED


def test_a_failure_of_very_many_actions_is_cut():
    many = [{"action": f"A{number}"} for number in range(50)]

    assert failed("stage__failed", failedActions=many) == "; ".join(f"A{number}" for number in range(10))


def test_who_stops_an_execution_says_why():
    assert changed("pipeline__stopping").reason == "Wrong branch"
    assert changed("stage__stopped", stop_execution_comments="Wrong branch\nmore").reason == "Wrong branch"
