"""Whole runs of Jenkins: however their posts arrive, one state and one row of the board come of them."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Condition, Execution, Status, Voice
from tests.dashboard.sources.any_order import row_in_any_order, shown
from tests.dashboard.sources.jenkins_bodies import QUEUED, event, note, parse

GIT = {"url": "https://git.acme.example/acme/shop.git", "branch": "origin/stock", "commit": "9f2b7c41"}
BEGUN = [note("QUEUED", 0), note("STARTED", 30)]


def played(bodies: list[dict[str, Any]], right: Any) -> None:
    told = [parse(body).events for body in bodies]
    assert all(told), "none of them may be ignored"
    right(row_in_any_order(told), shown(told, told[0][0].execution))


def test_run_is_a_line_of_one_stage_from_its_queue_to_its_end() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.number, execution.branch) == (Status.SUCCEEDED, "42", "main")
        assert (execution.queued_at, execution.started_at) == (QUEUED, QUEUED + 30_000)
        (stage,) = execution.stages
        assert (stage.name, stage.status, stage.started_at) == ("release", Status.SUCCEEDED, QUEUED + 30_000)
        assert [(each.name, each.status) for each in row.stages] == [("release", Status.SUCCEEDED)]
        assert row.result is not None
        assert condition(row, QUEUED + 400_000) is Condition.PASSING

    ends = [note("COMPLETED", 330, "SUCCESS", duration=300_000), note("FINALIZED", 331, "SUCCESS", duration=300_000)]
    played([*BEGUN, *ends], right)


def test_run_in_progress_runs_at_its_stage() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert execution.status is Status.RUNNING
        assert (row.in_flight[0].status, row.in_flight[0].place) == (Status.RUNNING, "release")
        assert (execution.branch, execution.commit) == ("stock", "9f2b7c41")

    played([*BEGUN, note("NONE", 60, scm=GIT), note("COMPLETED", 70, scm=GIT)], right)


@pytest.mark.parametrize("phase", ["COMPLETED", "FINALIZED"])
def test_end_alone_is_a_run(phase: str) -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.finished_at) == (Status.FAILED, QUEUED + 330_000)
        assert row.result is not None
        assert row.result.stage == "release"

    played([note(phase, 330, "FAILURE")], right)


def test_result_that_grew_worse_after_the_run_holds() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.raw_status) == (Status.FAILED, "UNSTABLE")
        assert execution.reason == "3 of 120 tests failed"
        assert execution.stages[0].status is Status.FAILED
        assert condition(row, QUEUED + 400_000) is Condition.FAILING

    tests = {"test_summary": {"total": 120, "failed": 3}}
    played([*BEGUN, note("COMPLETED", 330, "SUCCESS"), note("FINALIZED", 334, "UNSTABLE", **tests)], right)


def test_job_that_turns_out_to_be_a_branch_moves_to_its_project() -> None:
    """Nothing but what it checked out says so, and that is told at its end."""
    stock = "job/acme/job/shop/job/stock/"

    def right(row: BoardRow, execution: Execution) -> None:
        assert (row.label, execution.voice, execution.ref) == ("shop", Voice.OTHER, "stock")
        assert (row.result, [one.ref for one in row.about]) == (None, ["stock"])
        assert [stage.name for stage in execution.stages] == ["stock"]

    begun = [note("QUEUED", 0, url=stock), note("STARTED", 30, url=stock)]
    played([*begun, note("COMPLETED", 330, "FAILURE", url=stock, scm=GIT)], right)


def test_run_of_a_pull_request_says_nothing_of_its_project() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.voice, execution.ref) == (Voice.OTHER, "#41")
        assert row.result is None

    url = "job/acme/job/shop/job/PR-41/"
    played([note("STARTED", 30, url=url), note("COMPLETED", 330, "FAILURE", url=url)], right)


def test_blocks_of_a_pipeline_are_actions_of_its_stage() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        (stage,) = execution.stages
        assert (stage.name, stage.status) == ("release", Status.SUCCEEDED)
        assert [(action.name, action.status) for action in stage.actions] == [
            ("Build", Status.SUCCEEDED),
            ("Branch: linux", Status.SUCCEEDED),
        ]
        assert (execution.branch, row.label) == ("main", "release")

    played(
        [
            event("pipelinerun__started_in_its_envelope", 1),
            event("taskrun__stage_started", 2),
            event("taskrun__branch_of_parallel_started", 3),
            event("pipelinerun__finished", 50),
        ],
        right,
    )


def test_blocks_of_a_pipeline_that_failed_do_not_say_which_did() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        (stage,) = execution.stages
        assert (stage.status, [action.status for action in stage.actions]) == (Status.FAILED, [Status.UNKNOWN] * 2)
        assert row.result is not None
        assert row.result.stage == "release"

    failed = event("pipelinerun__finished", 50)
    failed["customData"]["build"]["status"] = "FAILURE"
    blocks = [event("taskrun__stage_started", 2), event("taskrun__branch_of_parallel_started", 3)]
    played([event("pipelinerun__started_in_its_envelope", 1), *blocks, failed], right)
