"""From merged state to an execution as people see it."""

from __future__ import annotations

from typing import Any

import pytest

from storage.model.document import replace
from storage.model.entities import Deployment, StageKind, Status, Voice
from storage.model.events import AnyEvent, Origin
from storage.model.overrides import PipelineOverrides, StageOverride
from tests.factories import (
    CODEPIPELINE,
    MINUTE,
    NOW,
    REF,
    a_pipeline_execution,
    a_run,
    action_changed,
    deployment_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    pipeline_stage,
    stage_changed,
)
from tests.storage.model.views import shown


def test_whole_run_reads_as_it_was_told() -> None:
    found = shown(*a_run())
    assert found.status is Status.SUCCEEDED
    assert [stage.name for stage in found.stages] == ["build", "test", "deploy production"]
    assert [stage.kind for stage in found.stages] == [StageKind.COMMIT, StageKind.COMMIT, StageKind.PRODUCTION]
    assert found.voice is Voice.DEFAULT
    assert found.ended


def test_work_begins_with_the_first_job_where_the_tool_tells_no_start() -> None:
    told = a_run(began=NOW)
    assert shown(*told[:1]).started_at is None
    found = shown(*told)
    assert (found.queued_at, found.started_at) == (NOW, NOW + 1000)


def test_run_whose_jobs_are_unknown_began_when_it_was_first_told_to_run() -> None:
    found = shown(*a_run(began=NOW, stages=(), outcome=None))
    assert (found.status, found.started_at) == (Status.RUNNING, NOW + 1000)


def test_execution_runs_as_soon_as_one_of_its_stages_does() -> None:
    found = shown(execution_changed(status=Status.QUEUED), action_changed(started_at=NOW))
    assert found.status is Status.RUNNING


def test_execution_waits_where_a_stage_waits_and_none_runs() -> None:
    waiting = action_changed(name="approve", status=Status.WAITING)
    assert shown(execution_changed(), waiting).status is Status.WAITING
    assert shown(execution_changed(), waiting, action_changed()).status is Status.RUNNING


def test_rerun_that_only_its_jobs_told_of_is_queued_not_ended() -> None:
    again = action_changed(attempt=2, status=Status.QUEUED, raw_status="queued", queued_at=NOW, action="again")
    found = shown(*a_run(outcome=Status.FAILED), again)
    assert (found.attempt, found.status, found.ended) == (2, Status.QUEUED, False)
    assert [stage.status for stage in found.stages] == [Status.QUEUED, Status.QUEUED, Status.QUEUED]


def test_earlier_attempt_is_shown_as_it_was() -> None:
    told = [*a_run(attempt=1, outcome=Status.FAILED), *a_run(attempt=2, began=NOW)]
    assert shown(*told).status is Status.SUCCEEDED
    assert shown(*told, attempt=1).status is Status.FAILED
    assert shown(*told, attempt=9).attempt == 2


def test_ended_execution_has_no_running_stage() -> None:
    ended = execution_changed(status=Status.CANCELLED, finished=True, finished_at=NOW)
    found = shown(action_changed(started_at=NOW), ended)
    assert found.stages[0].status is Status.CANCELLED
    assert found.stages[0].actions[0].status is Status.CANCELLED


def test_unknown_word_that_ends_has_an_end() -> None:
    found = shown(execution_changed(status=Status.UNKNOWN, raw_status="odd", finished=True, finished_at=NOW))
    assert (found.status, found.raw_status, found.finished_at, found.ended) == (Status.UNKNOWN, "odd", NOW, True)


# Where a red stage ends the execution.


def test_red_stage_ends_an_execution_whose_own_end_was_lost_where_its_tool_forgives_none() -> None:
    found = shown(*a_pipeline_execution("x", outcome=Status.FAILED)[:-1])
    assert (found.status, found.ended, found.finished_at) == (Status.FAILED, True, found.stages[-1].finished_at)


def test_red_stage_that_runs_again_reopens_its_execution() -> None:
    told = a_pipeline_execution("x", began=NOW, outcome=Status.FAILED)[:-1]
    resumed = pipeline_stage("x", "Prod", Status.RUNNING, NOW + 9 * MINUTE)
    found = shown(*told, resumed)
    assert (found.status, found.ended) == (Status.RUNNING, False)


def test_red_stage_ends_nothing_once_the_tool_has_a_newer_word() -> None:
    told = a_pipeline_execution("x", began=NOW, outcome=Status.FAILED)[:-1]
    assert shown(*told, pipeline_execution("x", Status.RUNNING, NOW + 9 * MINUTE)).status is Status.RUNNING


def test_red_job_ends_nothing_where_it_may_be_forgiven() -> None:
    failed = action_changed(status=Status.FAILED, finished=True, finished_at=NOW)
    found = shown(execution_changed(), failed)
    assert (found.status, found.ended) == (Status.RUNNING, False)


# For whom it speaks.


@pytest.mark.parametrize(
    ("said", "voice"),
    [
        ({"branch": "main"}, Voice.DEFAULT),
        ({"branch": ""}, Voice.DEFAULT),
        ({"branch": "topic"}, Voice.OTHER),
        ({"branch": "main", "origin": Origin.CHANGE_REQUEST}, Voice.OTHER),
        ({"branch": "main", "origin": Origin.FORK}, Voice.OTHER),
        ({"branch": "v1.2.0", "origin": Origin.TAG}, Voice.TAG),
        ({"branch": "", "origin": Origin.TAG}, Voice.TAG),
        ({"branch": "topic", "origin": None}, Voice.OTHER),
        ({"branch": "topic", "pipeline": replace(REF, default_branch="")}, Voice.DEFAULT),
        ({"branch": "topic", "pipeline": replace(REF, default_branch="topic")}, Voice.DEFAULT),
    ],
)
def test_execution_speaks_for_the_default_branch_a_tag_or_something_else(said: dict[str, Any], voice: Voice) -> None:
    assert shown(execution_changed(**said)).voice is voice


def test_job_or_deployment_alone_speaks_for_nobody() -> None:
    assert shown(action_changed()).voice is Voice.UNDECIDED
    assert shown(deployment_changed(branch="main")).voice is Voice.UNDECIDED
    assert shown(pipeline_action("x", "Build", Status.RUNNING, NOW)).voice is Voice.DEFAULT


def test_branch_that_people_made_the_default_one_is_what_it_speaks_for() -> None:
    overrides = PipelineOverrides(default_branch="topic")
    assert shown(execution_changed(branch="topic"), overrides=overrides).voice is Voice.DEFAULT
    assert shown(execution_changed(branch="main"), overrides=overrides).voice is Voice.OTHER


@pytest.mark.parametrize(
    ("said", "ref"),
    [
        ({"branch": "main"}, "main"),
        ({"origin": Origin.CHANGE_REQUEST, "branch": "topic", "change_request": "41"}, "#41"),
        ({"origin": Origin.FORK, "branch": "main", "head": "somebody/checkout"}, "somebody:main"),
        ({"origin": Origin.FORK, "branch": "main", "head": "somebody/checkout", "change_request": "7"}, "#7"),
        ({"origin": Origin.TAG, "branch": "v1.2.0"}, "v1.2.0"),
    ],
)
def test_execution_is_for_what_people_call_it(said: dict[str, Any], ref: str) -> None:
    assert shown(execution_changed(**said)).ref == ref


def test_order_is_the_tools_own_number_else_when_it_was_first_heard_of() -> None:
    assert shown(execution_changed("17")).order == 17
    assert shown(execution_changed("x", queued_at=NOW - 5), stage_changed("x", started_at=NOW - 9)).order == NOW - 9
    assert shown(pipeline_execution("x", Status.RUNNING, NOW, started_at=None)).order == NOW


# Deployments, waits and what people made of it.


def test_deployment_reads_with_its_environment_and_time() -> None:
    (found,) = shown(deployment_changed()).deployments
    assert (found.environment, found.status, found.at) == ("production", Status.SUCCEEDED, NOW)


def test_stage_that_people_said_deploys_is_a_deployment() -> None:
    overrides = PipelineOverrides(stages=(StageOverride("test", None, "staging"),))
    found = shown(*a_run(began=NOW), overrides=overrides)
    assert found.deployments == (Deployment("staging", Status.SUCCEEDED, NOW + 1000 + 2 * MINUTE, ""),)


def test_wait_for_a_person_is_told_apart_from_what_ran() -> None:
    told: list[AnyEvent] = [
        pipeline_execution("x", Status.RUNNING, NOW),
        pipeline_action("x", "Prod", Status.WAITING, NOW, action="Prod/approve", name="approve"),
        pipeline_action("x", "Prod", Status.RUNNING, NOW + 2 * MINUTE, action="Prod/scan", name="scan"),
        pipeline_action("x", "Prod", Status.SUCCEEDED, NOW + 3 * MINUTE, action="Prod/scan", name="scan"),
        pipeline_action("x", "Prod", Status.SUCCEEDED, NOW + 10 * MINUTE, action="Prod/approve", name="approve"),
    ]
    found = shown(*told)
    assert found.wait_ms == 9 * MINUTE
    assert found.stages[0].wait_seconds == 9 * 60


def test_wait_that_goes_on_is_not_counted_yet() -> None:
    waiting = pipeline_action("x", "Prod", Status.WAITING, NOW)
    assert shown(waiting).wait_ms == 0


def test_execution_tells_of_a_rollback_and_why_it_ended() -> None:
    found = shown(
        pipeline_execution(
            "x", Status.FAILED, NOW, rollback=True, rollback_to="w", reason="rejected by a person", by="Mara"
        )
    )
    assert (found.rollback, found.rollback_to, found.reason, found.by) == (True, "w", "rejected by a person", "Mara")
    assert found.source == CODEPIPELINE.source


def test_tool_that_keeps_a_run_back_is_told() -> None:
    pending = execution_changed(status=Status.QUEUED, raw_status="pending", told_to_wait=True, at=NOW)
    assert shown(pending).told_to_wait
    assert not shown(pending, execution_changed(at=NOW + 1)).told_to_wait
