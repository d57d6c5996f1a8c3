"""Whole CircleCI workflows through the recorder: any order and repeats of their events give one state and one row."""

from __future__ import annotations

from storage.model.entities import Status
from storage.model.events import AnyEvent
from tests.dashboard.sources.any_order import row_in_any_order, shown, stages_of
from tests.dashboard.sources.circleci_bodies import WORKFLOW, ended, ended_job

AGAIN = "c0ffee00-9999-4222-8333-444455556666"
Said = tuple[AnyEvent, ...]


def green() -> list[Said]:
    return [
        ended_job("build", "success", 0.5, 2),
        ended_job("unit", "success", 2.1, 4),
        ended_job("lint", "success", 2.1, 3),
        ended_job("deploy", "success", 4.2, 6),
        ended("success", 6.1),
    ]


def red() -> list[Said]:
    return [ended_job("build", "success", 0.5, 2), ended_job("unit", "failed", 2.1, 4), ended("failed", 4.1)]


def test_a_workflow_is_drawn_with_its_jobs_in_the_order_they_began():
    row = row_in_any_order(green())

    assert row.result is not None
    assert (row.result.status, row.name, row.label) == (Status.SUCCEEDED, "checkout · build-test-deploy", "checkout")
    assert list(stages_of(row)) == ["build", "lint", "unit", "deploy"]
    assert set(stages_of(row).values()) == {Status.SUCCEEDED}
    assert shown(green(), WORKFLOW).finished_at == row.result.at


def test_a_workflow_whose_end_did_not_come_runs_on():
    row = row_in_any_order(green()[:-1])

    assert row.result is None
    assert [(one.number, one.status, one.branch) for one in row.in_flight] == [("812", Status.RUNNING, "main")]


def test_an_end_alone_creates_what_it_ends():
    row = row_in_any_order([ended("failed", 4.1)])

    assert row.red
    assert stages_of(row) == {}


def test_an_end_stands_whenever_its_jobs_are_heard_of():
    row = row_in_any_order(red())

    assert row.red
    assert row.result is not None
    assert (row.result.stage, row.in_flight) == ("unit", ())
    assert stages_of(row) == {"build": Status.SUCCEEDED, "unit": Status.FAILED}


def rerun() -> list[Said]:
    """From what failed: what was green is not told again."""
    return [
        ended_job("unit", "success", 90.2, 92, AGAIN, 90),
        ended_job("deploy", "success", 92.1, 94, AGAIN, 90),
        ended("success", 94.1, AGAIN, 90),
    ]


def test_a_workflow_that_is_run_again_is_another_run_of_the_same_number_which_speaks_last():
    row = row_in_any_order([*red(), *rerun()])

    assert row.result is not None
    assert (row.result.status, row.result.number) == (Status.SUCCEEDED, "812")
    assert stages_of(row) == {"unit": Status.SUCCEEDED, "deploy": Status.SUCCEEDED}
    assert [status for status, _ in row.spark] == [Status.FAILED, Status.SUCCEEDED]


def test_an_older_pipeline_that_is_run_again_does_not_speak_for_a_newer_one():
    newer = ended("success", 30, "c0ffee00-7777-4222-8333-444455556666", 20, 813)
    row = row_in_any_order([newer, ended("failed", 94.1, AGAIN, 90)])

    assert row.result is not None
    assert (row.result.number, row.result.status) == ("813", Status.SUCCEEDED)


def test_a_workflow_that_was_canceled_says_nothing():
    row = row_in_any_order([*green(), ended("canceled", 95, AGAIN, 90, 813)])

    assert row.result is not None
    assert (row.result.number, row.result.status) == ("812", Status.SUCCEEDED)
    assert row.after is not None
    assert (row.after.number, row.after.status) == ("813", Status.CANCELLED)


def test_a_branch_that_is_not_the_usual_one_does_not_speak_for_the_pipeline():
    feature = ended("failed", 30, "c0ffee00-7777-4222-8333-444455556666", 20, 813, branch="retry-once")
    row = row_in_any_order([*green(), feature])

    assert row.result is not None
    assert (row.result.number, row.result.status, row.default_branch) == ("812", Status.SUCCEEDED, "main")
