"""Whole Buildkite builds through the recorder: any order and repeats of their events give one state and one row."""

from __future__ import annotations

from typing import Any

from storage.model.entities import StageKind, Status
from storage.model.events import AnyEvent
from tests.dashboard.sources.any_order import row_in_any_order, shown, stages_of
from tests.dashboard.sources.buildkite_bodies import BUILD, at, parse, told, told_job

Said = tuple[AnyEvent, ...]
AGAIN: dict[str, Any] = {"retries_count": 1, "retry_source": {"job_id": "unit", "retry_type": "manual"}}
BLOCK: dict[str, Any] = {"type": "manual", "agent_query_rules": [], "exit_status": None, "command": None}


def first_half() -> list[Said]:
    """Scheduled, running, a build step and three parallel tests of which the second fails."""
    parts: list[dict[str, Any]] = [{"parallel_group_index": place, "parallel_group_total": 3} for place in range(3)]
    return [
        told("build.scheduled", "scheduled", started_at=None),
        told("build.running", "running"),
        told_job("make", ":package: Build", "scheduled", 0.9),
        told_job("make", ":package: Build", "running", 0.9, 1),
        told_job("make", ":package: Build", "passed", 0.9, 1, 4, exit_status=0),
        *(told_job(f"unit{n}", ":rspec: RSpec", "running", 4, 5, **part) for n, part in enumerate(parts)),
        told_job("unit0", ":rspec: RSpec", "passed", 4, 5, 8, **parts[0]),
        told_job("unit1", ":rspec: RSpec", "failed", 4, 5, 7, during="failing", exit_status=1, **parts[1]),
        told_job("unit2", ":rspec: RSpec", "passed", 4, 5, 9, during="failing", **parts[2]),
    ]


def test_a_build_with_a_red_parallel_job_is_red_at_its_stage():
    row = row_in_any_order([*first_half(), told("build.finished", "failed", 9.1)])

    assert row.red
    assert row.latest is not None
    assert (row.latest.number, row.latest.status) == ("812", Status.FAILED)
    assert stages_of(row) == {"Build": Status.SUCCEEDED, "RSpec": Status.FAILED}
    assert [stage.jobs for stage in row.stages] == [1, 3]


def retried() -> list[Said]:
    """The red job alone is run again, in the same build, which begins anew and passes."""
    part: dict[str, Any] = {"parallel_group_index": 1, "parallel_group_total": 3, "created": 20, **AGAIN}
    again = {"started_at": at(20.2)}
    return [
        *first_half(),
        told("build.finished", "failed", 9.1),
        told_job("unit1-again", ":rspec: RSpec", "scheduled", 20.1, build=again, **part),
        told("build.running", "running", **again),
        told_job("unit1-again", ":rspec: RSpec", "running", 20.1, 20.2, build=again, **part),
        told_job("unit1-again", ":rspec: RSpec", "passed", 20.1, 20.2, 23, build=again, **part),
    ]


def test_a_job_that_is_retried_makes_its_build_run_again_under_its_id():
    row = row_in_any_order(retried()[:-1])

    assert row.red, "what was red stays so until it is green"
    assert [(one.number, one.status) for one in row.in_flight] == [("812", Status.RUNNING)]
    assert stages_of(row) == {"Build": Status.SUCCEEDED, "RSpec": Status.RUNNING}


def test_a_job_that_is_retried_takes_the_place_of_the_one_before():
    row = row_in_any_order([*retried(), told("build.finished", "passed", 23.1, started_at=at(20.2))])

    assert row.result is not None
    assert row.result.status is Status.SUCCEEDED
    assert row.in_flight == ()
    assert stages_of(row) == {"Build": Status.SUCCEEDED, "RSpec": Status.SUCCEEDED}
    assert [stage.jobs for stage in row.stages] == [1, 3]


def blocked() -> list[Said]:
    return [
        told("build.running", "running"),
        told_job("make", ":package: Build", "passed", 0.9, 1, 4, exit_status=0),
        told("build.finished", "passed", 4.1, blocked=True),
    ]


def unblocked() -> list[Said]:
    """Its start is not told anew; the unblocked step and what runs next tell that it moves."""
    by: dict[str, Any] = {"unblocked_at": at(60), "unblocked_by": {"name": "Ada Byron"}}
    return [
        *blocked(),
        told_job("gate", ":rocket: Release to production", "unblocked", **BLOCK, **by),
        told("build.running", "running"),
        told_job("ship", "Deploy to production", "scheduled", 60.1),
    ]


def test_a_build_that_is_blocked_waits_for_a_person_and_speaks_for_nothing_yet():
    row = row_in_any_order(blocked())

    assert row.result is None
    assert [(one.status, one.raw_status) for one in row.in_flight] == [(Status.WAITING, "blocked")]


def test_a_build_that_is_unblocked_runs_on():
    row = row_in_any_order(unblocked())

    assert [one.status for one in row.in_flight] == [Status.RUNNING]
    assert stages_of(row) == {
        "Build": Status.SUCCEEDED,
        "Approval: Release to production": Status.SUCCEEDED,
        "Deploy to production": Status.QUEUED,
    }


def test_only_the_deployment_counts_as_one_and_not_that_somebody_let_it_begin():
    told_all = [
        *unblocked(),
        told_job("ship", "Deploy to production", "passed", 60.1, 60.5, 64, exit_status=0),
        told("build.finished", "passed", 64.1),
    ]
    row, execution = row_in_any_order(told_all), shown(told_all, BUILD)

    kinds = {stage.name: stage.kind for stage in execution.stages}
    assert kinds["Approval: Release to production"] is StageKind.ACCEPTANCE
    assert kinds["Deploy to production"] is StageKind.PRODUCTION
    assert row.production is not None
    assert row.production.at == execution.stages[-1].finished_at
    (asked,) = execution.stages[1].actions
    assert (asked.name, asked.by) == (":rocket: Release to production", "Ada Byron")


def test_the_end_alone_creates_what_it_ends():
    row = row_in_any_order([told("build.finished", "failed", 9.1)])

    assert row.red
    assert row.name == "Checkout"


def test_a_job_alone_creates_its_build_as_far_as_it_shows_it():
    row = row_in_any_order([told_job("make", ":package: Build", "passed", 0.9, 1, 4, exit_status=0)])

    assert [(one.number, one.status, one.branch) for one in row.in_flight] == [("812", Status.RUNNING, "main")]


def test_a_job_that_ends_after_its_build_changes_nothing_of_that():
    late = told_job("make", ":package: Build", "canceled", 0.9, 1, 5, during="canceled", build={"finished_at": at(4)})
    told_all = [told("build.running", "running"), told("build.finished", "canceled", 4), late]
    row, execution = row_in_any_order(told_all), shown(told_all, BUILD)

    assert (row.result, row.in_flight) == (None, ())
    assert [(stage.name, stage.status) for stage in execution.stages] == [("Build", Status.CANCELLED)]
    assert (execution.status, execution.finished_at) == (Status.CANCELLED, row.latest and row.latest.finished_at)


def test_a_soft_failure_is_red_by_itself_and_no_more():
    told_all = [
        told_job("lint", "Lint", "failed", 0.9, 1, 2, soft_failed=True, exit_status=1),
        told("build.finished", "passed", 4.1),
    ]
    row, execution = row_in_any_order(told_all), shown(told_all, BUILD)

    assert row.result is not None
    assert (row.result.status, row.in_flight) == (Status.SUCCEEDED, ())
    ((action,),) = [stage.actions for stage in execution.stages]
    assert (action.status, action.allowed_to_fail, action.note) == (Status.FAILED, True, "exit status 1")


def test_a_webhook_and_eventbridge_tell_of_one_build():
    by_webhook = [told("build.running", "running")]
    event = {
        "id": "6a1d0c1e-0000-4000-8000-000000000009",
        "detail-type": "Build Finished",
        "time": "2026-11-20T10:09:01Z",
        "detail": {
            "build": {"uuid": BUILD, "number": 812, "state": "passed", "finished_at": "2026-11-20 10:09:00 UTC"},
            "pipeline": {"uuid": by_webhook[0][0].pipeline.key, "slug": "checkout"},
            "organization": {"slug": "acme"},
        },
    }
    row = row_in_any_order([*by_webhook, parse(event).events])

    assert row.result is not None
    assert (row.name, row.default_branch, row.result.status) == ("Checkout", "main", Status.SUCCEEDED)


def test_a_pull_request_of_a_fork_does_not_speak_for_the_pipeline():
    request = {"id": "44", "base": "main", "repository": "https://github.com/octo/checkout.git"}
    row = row_in_any_order([told("build.finished", "failed", 4, branch="octo:main", pull_request=request)])

    assert row.result is None
    assert [(one.ref, one.status) for one in row.about] == [("#44", Status.FAILED)]
