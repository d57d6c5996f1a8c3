"""Whole runs of Azure Pipelines: however their events arrive, one state and one row of the board come of them."""

from __future__ import annotations

from typing import Any

from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Condition, Execution, Stage, Status, Voice
from tests.dashboard.sources.any_order import row_in_any_order, shown
from tests.dashboard.sources.azuredevops_bodies import approval, build, job, listed, milliseconds, parse, run, stage

Json = dict[str, Any]
BEGUN = [
    run("inProgress", 0, stages=[listed("Build", "notStarted"), listed("Release", "notStarted")]),
    job("Compile", "Build", "waiting", None, at=0.2),
    stage("Build", "running", 0.3),
    job("Compile", "Build", "running", 0.5),
    job("Compile", "Build", "completed", 0.5, 3.9, result="succeeded"),
    stage("Build", "completed", 0.3, 4, result="succeeded"),
]
ASKED = [
    stage("Release", "waiting", None, at=4),
    approval("Release", "pending", 4),
]
FAILED = [
    stage("Release", "running", 6),
    job("Deploy", "Release", "running", 6.2),
    job("Deploy", "Release", "completed", 6.2, 8, result="failed"),
    stage("Release", "completed", 6, 8.1, result="failed"),
    run("completed", 8.2, "failed"),
]
AGAIN = [
    run("inProgress", 20, stages=[listed("Build", "completed"), listed("Release", "notStarted", 2)]),
    stage("Release", "running", 20.2, attempt=2),
    job("Deploy", "Release", "running", 20.3, attempt=2),
]


def stage_of(execution: Execution, name: str) -> Stage:
    (found,) = [stage for stage in execution.stages if stage.name == name]
    return found


def played(bodies: list[Json], right: Any) -> None:
    told = [parse(body).events for body in bodies]
    assert all(told), "none of them may be ignored"
    right(row_in_any_order(told), shown(told, told[0][0].execution))


def test_run_that_has_begun_shows_the_stages_to_come() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.number) == (Status.RUNNING, "20260302.4")
        assert [(each.name, each.status) for each in execution.stages] == [
            ("Build", Status.RUNNING),
            ("Release", Status.QUEUED),
        ]
        assert execution.queued_at == milliseconds(0)
        assert execution.started_at == milliseconds(0.3)
        assert row.in_flight[0].status is Status.RUNNING

    played(BEGUN[:4], right)


def test_stage_that_ends_does_not_end_its_run() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.ended) == (Status.RUNNING, False)
        assert stage_of(execution, "Build").status is Status.SUCCEEDED
        (compiled,) = stage_of(execution, "Build").actions
        assert (compiled.name, compiled.queued_at, compiled.started_at) == (
            "Compile",
            milliseconds(0.3),
            milliseconds(0.5),
        )
        assert row.result is None

    played(BEGUN, right)


def test_run_waits_for_whoever_may_approve() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        (leader,) = row.in_flight
        assert (leader.status, leader.place) == (Status.WAITING, "Release")
        assert condition(row, milliseconds(30)) is Condition.WAITING
        (asked,) = stage_of(execution, "Release").actions
        assert (asked.name, asked.status) == ("Approval: Production", Status.WAITING)
        assert asked.deciders == "Tom Reyes, [Web Shop]\\Release Managers"

    played([*BEGUN, *ASKED], right)


def test_approval_alone_shows_where_its_run_waits() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert execution.status is Status.WAITING
        assert row.in_flight[0].place == "Release"

    played([BEGUN[0], ASKED[1]], right)


def test_approved_run_ends_green_and_its_wait_is_kept_apart() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert row.result is not None
        assert (row.result.status, condition(row, milliseconds(30))) == (Status.SUCCEEDED, Condition.PASSING)
        assert [(each.name, each.status) for each in row.stages] == [
            ("Build", Status.SUCCEEDED),
            ("Release", Status.SUCCEEDED),
        ]
        approved, deployed = stage_of(execution, "Release").actions
        assert (approved.by, approved.status, deployed.name) == ("Tom Reyes", Status.SUCCEEDED, "Deploy")
        assert round(execution.wait_ms / 1000) == 60 * 2 - 6
        assert (execution.trigger, execution.voice) == ("individualCI", Voice.DEFAULT)

    played(
        [
            *BEGUN,
            *ASKED,
            approval("Release", "approved", 6),
            stage("Release", "running", 6),
            job("Deploy", "Release", "running", 6.2),
            job("Deploy", "Release", "completed", 6.2, 8, result="succeeded"),
            stage("Release", "completed", 6, 8.1, result="succeeded"),
            run("completed", 8.2, "succeeded"),
            build(8.3, "succeeded"),
        ],
        right,
    )


def test_rejected_run_is_red_at_its_stage() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert row.result is not None
        assert (row.result.status, row.result.stage) == (Status.FAILED, "Release")
        assert stage_of(execution, "Release").raw_status == "rejected"

    played(
        [
            *BEGUN,
            *ASKED,
            approval("Release", "rejected", 6),
            stage("Release", "completed", None, 6.1, result="rejected"),
            run("completed", 6.2, "failed"),
        ],
        right,
    )


def test_stage_that_runs_again_opens_its_run_and_the_row_still_fails() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, execution.attempt, execution.ended) == (Status.RUNNING, 1, False)
        release = stage_of(execution, "Release")
        assert release.status is Status.RUNNING
        (deploy,) = release.actions
        assert (deploy.status, deploy.own_attempt) == (Status.RUNNING, 2)
        assert condition(row, milliseconds(21)) is Condition.FAILING
        assert row.in_flight[0].place == "Release"

    played([*BEGUN, *FAILED, *AGAIN], right)


def test_stage_that_ran_again_turns_its_run_green() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert execution.status is Status.SUCCEEDED
        (deploy,) = stage_of(execution, "Release").actions
        assert (deploy.status, deploy.own_attempt) == (Status.SUCCEEDED, 2)
        assert row.result is not None
        assert (row.result.status, row.in_flight) == (Status.SUCCEEDED, ())

    played(
        [
            *BEGUN,
            *FAILED,
            *AGAIN,
            job("Deploy", "Release", "completed", 20.3, 22, result="succeeded", attempt=2),
            stage("Release", "completed", 20.2, 22.1, result="succeeded", attempt=2),
            run("completed", 22.2, "succeeded"),
        ],
        right,
    )


def test_what_a_run_lists_at_its_end_stands_in_for_events_that_were_lost() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert [(each.name, each.status) for each in execution.stages] == [
            ("Build", Status.SUCCEEDED),
            ("Audit", Status.SKIPPED),
            ("Release", Status.SUCCEEDED),
        ]
        assert row.result is not None

    stages = [
        stage("Build", "completed", 0.3, 4, result="succeeded"),
        stage("Audit", "completed", None, 6, result="skipped"),
        stage("Release", "completed", 6, 8.1, result="succeeded"),
    ]
    over = run("completed", 8.2, "succeeded", [body["resource"]["stage"] for body in stages])
    played([run("inProgress", 0), over], right)


def test_run_that_is_cancelled_says_nothing_of_its_pipeline() -> None:
    def right(row: BoardRow, execution: Execution) -> None:
        assert (execution.status, stage_of(execution, "Build").status) == (Status.CANCELLED, Status.CANCELLED)
        assert row.result is None

    played([*BEGUN[:4], run("canceling", 1), run("completed", 1.2, "canceled")], right)
