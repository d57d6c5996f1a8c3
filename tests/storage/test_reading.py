"""From merged state to an execution as people see it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from storage.model.entities import Execution, StageKind, Status
from storage.model.events import AnyEvent
from storage.model.execution_view import fold, read
from storage.model.merge import EMPTY, merge
from tests.factories import (
    MINUTE,
    NOW,
    REF,
    a_run,
    action_changed,
    deployment_changed,
    execution_changed,
    stage_changed,
)


def shown(*events: AnyEvent, attempt: int | None = None) -> Execution:
    return read(merge(EMPTY, events), execution_id="e", pipeline_id="p", team_id="t", attempt=attempt)


@pytest.mark.parametrize(
    ("statuses", "folded"),
    [
        ([], Status.UNKNOWN),
        (["succeeded", "failed", "running"], Status.FAILED),
        (["timed_out", "errored"], Status.TIMED_OUT),
        (["succeeded", "running", "waiting"], Status.RUNNING),
        (["waiting", "queued", "succeeded"], Status.WAITING),
        (["queued", "queued"], Status.QUEUED),
        (["queued", "succeeded"], Status.RUNNING),
        (["cancelled", "succeeded"], Status.CANCELLED),
        (["skipped", "succeeded"], Status.SUCCEEDED),
        (["skipped"], Status.SKIPPED),
        (["unknown", "succeeded"], Status.UNKNOWN),
    ],
)
def test_many_statuses_fold_into_one(statuses: list[str], folded: Status) -> None:
    assert fold(map(Status, statuses)) is folded


def test_whole_run_reads_as_it_was_told() -> None:
    found = shown(*a_run())
    assert found.status is Status.SUCCEEDED
    assert [stage.name for stage in found.stages] == ["build", "test", "deploy production"]
    assert [stage.kind for stage in found.stages] == [StageKind.COMMIT, StageKind.COMMIT, StageKind.PRODUCTION]
    assert found.started_at is not None
    assert found.queued_at == found.started_at - 1000
    assert found.mainline


def test_jobs_of_a_matrix_are_one_stage_that_is_red_as_soon_as_one_is() -> None:
    jobs = [action_changed(name=f"test ({n})", stage="test") for n in (3, 11, 12)]
    (stage,) = shown(*jobs, replace(jobs[1], status=Status.FAILED, finished=True, finished_at=NOW)).stages
    assert (stage.status, len(stage.actions)) == (Status.FAILED, 3)
    assert stage.finished_at == NOW


def test_execution_runs_as_soon_as_one_of_its_stages_does() -> None:
    found = shown(execution_changed(status=Status.QUEUED), action_changed(started_at=NOW))
    assert found.status is Status.RUNNING


def test_execution_waits_where_a_stage_waits_and_none_runs() -> None:
    waiting = action_changed(name="approve", status=Status.WAITING)
    assert shown(execution_changed(), waiting).status is Status.WAITING
    assert shown(execution_changed(), waiting, action_changed()).status is Status.RUNNING


def test_stage_that_waits_inside_reads_as_waiting_though_its_tool_says_running() -> None:
    found = shown(stage_changed(stage="Prod"), action_changed(stage="Prod", name="Approve", status=Status.WAITING))
    assert found.stages[0].status is Status.WAITING


def test_ended_execution_has_no_running_stage() -> None:
    ended = execution_changed(status=Status.CANCELLED, finished=True, finished_at=NOW)
    found = shown(action_changed(started_at=NOW), ended)
    assert found.stages[0].status is Status.CANCELLED
    assert found.stages[0].actions[0].status is Status.CANCELLED


def test_stage_whose_end_was_lost_is_over_once_a_later_one_began() -> None:
    built = action_changed(status=Status.SUCCEEDED, finished=True, started_at=NOW, finished_at=NOW + MINUTE)
    lost = stage_changed(stage="build", started_at=NOW)
    later = action_changed(name="test", started_at=NOW + MINUTE)
    assert shown(lost, built).stages[0].status is Status.RUNNING
    assert shown(lost, built, later).stages[0].status is Status.SUCCEEDED


def test_rerun_of_failed_jobs_leaves_the_others_standing() -> None:
    first = a_run(attempt=1, outcome=Status.FAILED)
    again = action_changed(name="deploy production", attempt=2, started_at=NOW, action="again")
    found = shown(*first, execution_changed(attempt=2, at=NOW + 1), again)
    assert [stage.status for stage in found.stages] == [Status.SUCCEEDED, Status.SUCCEEDED, Status.RUNNING]
    assert len(found.stages[2].actions) == 1


def test_earlier_attempt_is_shown_as_it_was() -> None:
    told = [*a_run(attempt=1, outcome=Status.FAILED), *a_run(attempt=2, began=NOW)]
    assert shown(*told).status is Status.SUCCEEDED
    assert shown(*told, attempt=1).status is Status.FAILED
    assert shown(*told, attempt=9).attempt == 2


@pytest.mark.parametrize(
    ("said", "mainline"),
    [
        ({"branch": "main"}, True),
        ({"branch": ""}, True),
        ({"branch": "topic"}, False),
        ({"branch": "main", "trigger": "pull_request"}, False),
        ({"branch": "main", "trigger": "merge_group"}, False),
        ({"branch": "topic", "pipeline": replace(REF, default_branch="")}, True),
    ],
)
def test_mainline_is_the_default_branch_itself(said: dict[str, Any], mainline: bool) -> None:
    assert shown(execution_changed(**said)).mainline is mainline


def test_order_is_the_tools_own_number_else_when_it_was_first_heard_of() -> None:
    assert shown(execution_changed("17")).order == 17
    assert shown(execution_changed("x", queued_at=NOW - 5), stage_changed("x", started_at=NOW - 9)).order == NOW - 9


def test_stages_stand_in_the_order_they_began_and_what_has_not_begun_last() -> None:
    told = [
        stage_changed(stage="waiting for its turn", queued_at=NOW - MINUTE, status=Status.QUEUED),
        stage_changed(stage="second", started_at=NOW + 2),
        stage_changed(stage="first", started_at=NOW + 1),
    ]
    assert [stage.name for stage in shown(*told).stages] == ["first", "second", "waiting for its turn"]


def test_deployment_reads_with_its_environment_and_time() -> None:
    (found,) = shown(deployment_changed()).deployments
    assert (found.environment, found.status, found.at) == ("production", Status.SUCCEEDED, NOW)


def test_unknown_word_that_ends_has_an_end() -> None:
    found = shown(execution_changed(status=Status.UNKNOWN, raw_status="odd", finished=True, finished_at=NOW))
    assert (found.status, found.raw_status, found.finished_at) == (Status.UNKNOWN, "odd", NOW)
