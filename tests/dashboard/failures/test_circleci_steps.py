"""Steps of CircleCI's jobs, of which each wrote apart."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.failures.circleci_steps import MOST_CHARACTERS, Output, circleci_step, outputs_of

NOON = 1_795_435_200_000


def a_step(name: str, status: str = "success", **changes: Any) -> dict[str, Any]:
    action = {
        "index": 0,
        "step": 101,
        "name": name,
        "status": status,
        "failed": True if status == "failed" else None,
        "background": False,
        "has_output": True,
        "start_time": "2026-11-23T12:00:00.000Z",
        "end_time": "2026-11-23T12:01:00.000Z",
        "output_url": f"https://storage.example.com/{name}",
        **changes,
    }
    return {"name": name, "actions": [action]}


def test_steps_are_told_in_order_with_where_their_output_lies() -> None:
    found = outputs_of([a_step("Checkout code"), a_step("make test", "failed")])
    assert found == [
        Output("Checkout code", "https://storage.example.com/Checkout code", False, NOON, NOON + 60_000),
        Output("make test", "https://storage.example.com/make test", True, NOON, NOON + 60_000),
    ]


@pytest.mark.parametrize("status", ["failed", "timedout", "canceled", "infrastructure_fail"])
def test_step_failed_where_its_word_says_so(status: str) -> None:
    assert outputs_of([a_step("make test", status, failed=None)])[0].failed


def test_what_wrote_nothing_or_runs_in_the_background_is_left_out() -> None:
    steps = [a_step("a", output_url=None), a_step("b", background=True), {"name": "c"}, {"name": "d", "actions": [1]}]
    assert outputs_of(steps) == []


def test_containers_that_share_a_job_have_outputs_of_their_own() -> None:
    step = a_step("make test")
    step["actions"].append({**step["actions"][0], "index": 1, "status": "failed", "name": None, "end_time": None})
    assert [(one.name, one.failed, one.ended) for one in outputs_of([step])] == [
        ("make test", False, NOON + 60_000),
        ("make test", True, None),
    ]


def test_parts_of_an_output_are_one_text() -> None:
    parts: list[dict[str, Any]] = [
        {"message": "\x1b[31mFAILED\x1b[0m te"},
        {"message": "st_pay\r\nboom\r\n\r\n"},
        {"message": None},
        {},
    ]
    step = circleci_step(Output("make test", "x", True, NOON, NOON + 5), parts)
    assert step == ("make test", ("FAILED test_pay", "boom"), NOON, NOON + 5, True)


def test_of_very_much_the_end_is_read() -> None:
    step = circleci_step(Output("x", "x", False, None, None), [{"message": "a" * MOST_CHARACTERS + "\nend\n"}])
    assert step.lines == ("end",)
