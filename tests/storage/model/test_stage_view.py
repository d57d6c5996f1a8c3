"""Which stages an attempt shows: what it ran, what it carries over, what may still come."""

from __future__ import annotations

import pytest

from storage.model.document import replace
from storage.model.entities import Execution, Status
from storage.model.events import AnyEvent
from storage.model.stage_view import fold
from tests.factories import MINUTE, NOW, a_run, action_changed, execution_changed, stage_changed
from tests.storage.model.views import shown


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


def test_jobs_of_a_matrix_are_one_stage_that_is_red_as_soon_as_one_is() -> None:
    jobs = [action_changed(name=f"test ({n})", stage="test", leg=str(n), queued_at=NOW) for n in (3, 11, 12)]
    failed = replace(jobs[1], status=Status.FAILED, finished=True, finished_at=NOW + MINUTE)
    (stage,) = shown(*jobs, failed).stages
    assert (stage.status, len(stage.actions), stage.finished_at) == (Status.FAILED, 3, NOW + MINUTE)


def test_legs_that_name_environments_are_stages_of_their_own() -> None:
    jobs = [
        action_changed(name=f"deploy ({leg})", stage="deploy", leg=leg, queued_at=NOW)
        for leg in ("staging", "production")
    ]
    assert [stage.name for stage in shown(*jobs).stages] == ["deploy (production)", "deploy (staging)"]


def test_stages_stand_as_the_tool_tells_them_before_and_after_they_begin() -> None:
    told = execution_changed(stages=(".pre", "build", "test", "deploy"))
    jobs = [
        action_changed(stage=name, action=name, status=Status.QUEUED) for name in ("deploy", "test", "build", ".pre")
    ]
    assert [stage.name for stage in shown(told, *jobs).stages] == [".pre", "build", "test", "deploy"]
    begun = [replace(jobs[0], status=Status.RUNNING, started_at=NOW, at=NOW + 1)]
    assert [stage.name for stage in shown(told, *jobs, *begun).stages] == [".pre", "build", "test", "deploy"]


def test_stage_that_is_not_among_those_told_comes_after_them() -> None:
    told = execution_changed(stages=("build", "test"))
    names = ("extra", "test", "build")
    jobs = [action_changed(stage=name, action=name, started_at=NOW + place) for place, name in enumerate(names)]
    assert [stage.name for stage in shown(told, *jobs).stages] == ["build", "test", "extra"]


def test_stage_that_the_tool_tells_is_one_whatever_its_legs() -> None:
    told = execution_changed(stages=("deploy",))
    jobs = [
        action_changed(name=f"deploy: [{leg}]", stage="deploy", leg=leg, queued_at=NOW)
        for leg in ("staging", "production")
    ]
    assert [stage.name for stage in shown(told, *jobs).stages] == ["deploy"]


def test_red_job_that_may_fail_leaves_its_stage_green() -> None:
    lint = action_changed("5001", "lint", stage="test", status=Status.FAILED, finished=True, allowed_to_fail=True)
    unit = action_changed("5001", "unit", stage="test", status=Status.SUCCEEDED, finished=True)
    (stage,) = shown(lint, unit).stages
    assert (stage.status, [action.status for action in stage.actions]) == (
        Status.SUCCEEDED,
        [Status.FAILED, Status.SUCCEEDED],
    )
    (stage,) = shown(replace(lint, allowed_to_fail=False), unit).stages
    assert stage.status is Status.FAILED


def leg(name: str, queued_at: int, finished_at: int) -> AnyEvent:
    return action_changed(
        name=f"check ({name})",
        stage="check",
        leg=name,
        status=Status.SUCCEEDED,
        finished=True,
        queued_at=queued_at,
        started_at=queued_at,
        finished_at=finished_at,
    )


def test_legs_one_of_which_was_made_after_another_had_ended_are_stages_of_their_own() -> None:
    told = (leg("first", NOW, NOW + MINUTE), leg("second", NOW + MINUTE, NOW + 2 * MINUTE))
    assert [stage.name for stage in shown(*told).stages] == ["check (first)", "check (second)"]


def test_leg_that_took_no_time_does_not_take_a_matrix_apart() -> None:
    told = (leg("first", NOW, NOW), leg("second", NOW, NOW + MINUTE))
    assert [stage.name for stage in shown(*told).stages] == ["check"]


def test_leg_that_is_run_again_does_not_take_a_matrix_apart() -> None:
    told = (leg("first", NOW, NOW + MINUTE), leg("second", NOW, NOW + 3 * MINUTE))
    again = replace(leg("first", NOW + MINUTE, NOW + 2 * MINUTE), action="again", own_attempt=2)
    (stage,) = shown(*told, again).stages
    assert [action.key for action in stage.actions] == ["5001-check (second)", "again"]


def test_stages_stand_in_the_order_they_began_and_what_has_not_begun_last() -> None:
    told = [
        stage_changed(stage="waiting for its turn", queued_at=NOW - MINUTE, status=Status.QUEUED),
        stage_changed(stage="second", started_at=NOW + 2),
        stage_changed(stage="first", started_at=NOW + 1),
    ]
    assert [stage.name for stage in shown(*told).stages] == ["first", "second", "waiting for its turn"]


def test_stage_that_waits_inside_reads_as_waiting_though_its_tool_says_running() -> None:
    found = shown(stage_changed(stage="Prod"), action_changed(stage="Prod", name="Approve", status=Status.WAITING))
    assert found.stages[0].status is Status.WAITING


def test_stage_whose_end_was_lost_is_over_once_a_later_one_began() -> None:
    built = action_changed(status=Status.SUCCEEDED, finished=True, started_at=NOW, finished_at=NOW + MINUTE)
    lost = stage_changed(stage="build", started_at=NOW)
    later = action_changed(name="test", started_at=NOW + MINUTE)
    assert shown(lost, built).stages[0].status is Status.RUNNING
    assert shown(lost, built, later).stages[0].status is Status.SUCCEEDED


# A newer attempt.


def line(found: Execution) -> list[tuple[str, str, bool, bool]]:
    return [(stage.name, str(stage.status), stage.carried, stage.pending) for stage in found.stages]


FIRST = a_run(began=NOW, outcome=Status.FAILED)
AGAIN = NOW + 20 * MINUTE


def test_rerun_of_failed_jobs_leaves_the_others_standing() -> None:
    again = action_changed(name="deploy production", attempt=2, started_at=AGAIN, queued_at=AGAIN, action="again")
    found = shown(*FIRST, execution_changed(attempt=2, at=AGAIN), again)
    assert line(found) == [
        ("build", "succeeded", True, False),
        ("test", "succeeded", True, False),
        ("deploy production", "running", False, False),
    ]
    assert len(found.stages[2].actions) == 1


def test_what_comes_after_the_earliest_stage_of_a_rerun_is_pending_until_it_is_heard_of() -> None:
    again = action_changed(name="test", attempt=2, started_at=AGAIN, queued_at=AGAIN, action="again")
    found = shown(*a_run(began=NOW), execution_changed(attempt=2, at=AGAIN), again)
    assert line(found) == [
        ("build", "succeeded", True, False),
        ("test", "running", False, False),
        ("deploy production", "queued", False, True),
    ]
    assert found.status is Status.RUNNING


def test_what_was_not_green_is_pending_before_any_stage_of_a_rerun_is_heard_of() -> None:
    found = shown(*FIRST, execution_changed(attempt=2, at=AGAIN))
    assert line(found)[1:] == [("test", "succeeded", True, False), ("deploy production", "queued", False, True)]


def test_nothing_is_pending_once_a_rerun_has_ended() -> None:
    told = a_run(began=AGAIN, attempt=2, stages=("test",), outcome=Status.FAILED)
    found = shown(*FIRST, *told)
    assert line(found) == [
        ("build", "succeeded", True, False),
        ("test", "failed", False, False),
        ("deploy production", "failed", True, False),
    ]


def test_red_stage_of_an_older_attempt_never_makes_the_newer_one_red() -> None:
    told = a_run(began=AGAIN, attempt=2, stages=("test",))
    found = shown(*FIRST, *told)
    assert (found.status, line(found)[2]) == (Status.SUCCEEDED, ("deploy production", "failed", True, False))


def test_action_run_again_within_an_attempt_takes_the_place_of_the_one_before() -> None:
    told = [
        action_changed(action="one", status=Status.FAILED, finished=True, finished_at=NOW, own_attempt=1),
        action_changed(action="two", status=Status.RUNNING, started_at=NOW + 1, own_attempt=2),
    ]
    (stage,) = shown(*told).stages
    assert [action.key for action in stage.actions] == ["two"]
    assert stage.status is Status.RUNNING


def test_action_of_a_matrix_that_a_rerun_left_out_is_carried_over() -> None:
    def job(name: str, attempt: int, status: Status) -> AnyEvent:
        at = NOW + attempt * 10 * MINUTE
        return action_changed(
            name=f"test ({name})",
            stage="test",
            leg=name,
            action=f"{attempt}-{name}",
            attempt=attempt,
            status=status,
            finished=status.finished,
            at=at,
            queued_at=at,
            started_at=at,
            finished_at=at + MINUTE if status.finished else None,
        )

    (stage,) = shown(job("a", 1, Status.SUCCEEDED), job("b", 1, Status.FAILED), job("b", 2, Status.RUNNING)).stages
    assert [(a.name, a.attempt, a.carried) for a in stage.actions] == [("test (a)", 1, True), ("test (b)", 2, False)]
    assert stage.status is Status.RUNNING


def test_stage_that_stands_for_the_run_goes_with_its_jobs_where_others_are() -> None:
    stand_in = stage_changed(stage="shop", stands_for_run=True, status=Status.RUNNING)
    log = action_changed(stage="shop", name="Console", action="console")
    assert [stage.name for stage in shown(stand_in, log).stages] == ["shop"]
    others = [stage_changed(stage=name, status=Status.SUCCEEDED, finished=True) for name in ("Build", "Test")]
    assert sorted(stage.name for stage in shown(stand_in, log, *others).stages) == ["Build", "Test"]
    assert sorted(stage.name for stage in shown(*others, log, stand_in).stages) == ["Build", "Test"]
    moved = replace(log, stage="Test", at=log.at + 1)
    (test,) = (stage for stage in shown(moved, *others, log, stand_in).stages if stage.name == "Test")
    assert [action.name for action in test.actions] == ["Console"], "a job that is told to be of another stage is"
