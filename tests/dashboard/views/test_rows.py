"""What the row of a pipeline says, case by case: docs/rows.md."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import Origin
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.store import Store
from tests.dashboard.views.rows import Told, back, job, plain, red, run, waits, word
from tests.dashboard.visiting import Visitor
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    REF,
    Clock,
    a_pipeline_execution,
    a_team,
    record,
)


@pytest.fixture
def team_id(store: Store) -> str:
    return a_team(store).id


@pytest.fixture
def told(visitor: Visitor, team_id: str) -> Told:
    found = Told(visitor, team_id)
    for place in range(6):
        record(visitor.store, run(100 + place, 900 - place * 100), team_id)
    return found


# A red result stands


def test_failed_run_says_where_and_since_when(told: Told) -> None:
    row = told(red(210, 20))
    assert (row.condition, row.says) == (
        "failing",
        "Failed at deploy production 11:43 · since d2eeeee by Mara · Take it (checkout)",
    )


def test_retry_in_flight_is_said_beside_the_result_that_stands(told: Told) -> None:
    row = told(red(210, 20), run(210, 2, None, attempt=2))
    assert row.condition == "failing"
    assert row.says.startswith("Failed at deploy production 11:43 · retrying at deploy production, 11:58")
    assert told.network == {"Failing": "deploy production retrying at deploy production since d2eeeee by Mara"}


def test_retry_that_was_only_told_to_run_is_at_no_stage_yet(told: Told) -> None:
    row = told(red(210, 20), [word(210, Status.QUEUED, 1, attempt=2)])
    assert "Failed at deploy production 11:43 · retry queued, 11:59" in row.says
    assert row.stops["deploy production"].startswith("pending")
    assert told.network == {"Failing": "deploy production retry queued since d2eeeee by Mara"}


def test_next_run_in_flight_is_said_with_its_number(told: Told) -> None:
    row = told(red(210, 20), run(211, 2, None))
    assert "Failed at deploy production 11:43 · run 211 at deploy production, 11:58" in row.says


def test_line_of_the_next_run_shows_where_the_result_that_stands_went_red(told: Told) -> None:
    row = told(red(210, 20), run(211, 2, None, stages=("build",)))
    assert row.before == {"deploy production": "210"}
    row = told([job(211, "build", Status.SUCCEEDED, 1), job(211, "deploy production", Status.RUNNING, 1)])
    assert row.before == {}


def test_run_that_says_nothing_is_noted_and_changes_nothing(told: Told) -> None:
    row = told(red(210, 20), run(211, 9, Status.CANCELLED), run(212, 5, Status.SKIPPED))
    assert (row.condition, row.says) == (
        "failing",
        "Failed at deploy production 11:43 · since d2eeeee by Mara · run 212 skipped · Take it (checkout)",
    )
    assert told(run(213, 4)).says == "Passed 11:59"


def test_red_runs_in_a_row_are_one_failure_since_the_first(told: Told) -> None:
    stages = ("build", "test")
    row = told(red(210, 20), red(211, 9, stages=stages))
    assert row.says.startswith("Failed at test 11:43")


def test_green_only_when_it_was_run_again_is_said(told: Told) -> None:
    row = told(red(210, 40), run(210, 20, attempt=2))
    assert (row.condition, row.says) == ("passing", "Passed 11:43 · green on a re-run")


# Waiting


def test_run_that_waits_says_where_and_since_when(told: Told) -> None:
    row = told(waits(210, 20))
    assert (row.condition, row.says) == ("waiting", "Waiting for approval 11:41 · at approve")


def test_older_run_that_waits_is_named_and_stands_beside_the_line_of_the_newer(told: Told) -> None:
    row = told(waits(210, 20), run(211, 2, None))
    assert (row.condition, row.says) == ("waiting", "Waiting for approval 11:41 · run 210 at approve")
    (also,) = row.also["build"]
    assert also.startswith("Run 210: waiting for approval at approve -> /executions/")
    assert row.stops["deploy production"].startswith("running")
    assert told.visitor.get(also.partition(" -> ")[2]).status_code == 200


def test_two_that_wait_are_both_counted(told: Told) -> None:
    row = told(waits(210, 20), waits(211, 10))
    assert row.says == "Waiting for approval 11:51 · at approve, and 1 more"


def test_failing_pipeline_whose_older_run_waits_stands_in_both_lists(told: Told) -> None:
    row = told(waits(210, 20), red(211, 9), run(212, 2, None))
    assert row.condition == "failing"
    assert row.says.startswith("Failed at deploy production 11:54 · run 212 at deploy production, 11:58 · ")
    assert "since d3eeeee by Mara · run 210 waits at approve" in row.says
    assert told.network == {
        "Failing": "deploy production run 212 at deploy production since d3eeeee by Mara",
        "Waiting for approval": "approve",
    }


def test_more_than_two_runs_at_a_stage_are_counted(told: Told) -> None:
    row = told(*(run(210 + place, 6 - place, None, stages=("build", "test")) for place in range(5)))
    assert len(row.also["test"]) == 2
    assert '<span class="also">+2</span>' in row.markup
    assert "5 in flight" in row.says


# Re-deploys and rollbacks


def test_redeploy_of_an_older_run_leads_and_the_newer_result_stands(told: Told) -> None:
    row = told(run(103, 5, None, attempt=2, stages=("deploy production",)))
    assert (row.condition, row.says) == ("running", "Re-deploy of 103 at deploy production")
    assert "from an earlier attempt" in row.stops["build"]


def test_redeploy_that_failed_is_red_until_something_newer_ends(told: Told) -> None:
    row = told(run(103, 15, Status.FAILED, attempt=2, stages=("deploy production",)))
    assert row.says.startswith("Re-deploy of 103 failed at deploy production 11:46")
    row = told(run(211, 9, Status.CANCELLED), run(212, 2, None))
    assert row.says.startswith("Re-deploy of 103 failed at deploy production 11:46 · run 212 at deploy production")
    assert told(run(212, 3)).says == "Passed 12:00"


def test_rolled_back_pipeline_still_fails_and_says_to_which(visitor: Visitor, team_id: str) -> None:
    told = Told(visitor, team_id)
    row = told(
        a_pipeline_execution("aaaa1111-0", began=NOW - 90 * MINUTE),
        a_pipeline_execution("bbbb2222-0", began=NOW - 30 * MINUTE, outcome=Status.FAILED),
        back("cccc3333-0", 2, None),
    )
    assert "Failed at Prod 11:33 · rolling back at Prod, 11:58" in row.says
    row = told(back("cccc3333-0", 2, Status.SUCCEEDED))
    assert (row.condition, row.says) == ("failing", "Failed at Prod 11:33 · rolled back to aaaa111 · Take it (ledger)")


def test_rollback_that_failed_is_red(visitor: Visitor, team_id: str) -> None:
    told = Told(visitor, team_id)
    row = told(a_pipeline_execution("bbbb2222-0", began=NOW - 30 * MINUTE), back("cccc3333-0", 5, Status.FAILED))
    assert row.says.startswith("Rollback to aaaa111 failed at Prod 11:56")


def test_rollback_of_a_green_pipeline_is_noted(visitor: Visitor, team_id: str) -> None:
    told = Told(visitor, team_id)
    row = told(
        a_pipeline_execution("bbbb2222-0", began=NOW - 30 * MINUTE),
        back("cccc3333-0", 5, Status.SUCCEEDED, to=""),
    )
    assert row.condition == "passing"
    assert row.says.startswith("Passed 11:33 · rolled back")


# What runs


def test_running_says_where_and_when_it_is_due(told: Told) -> None:
    row = told(run(210, 2, None))
    assert (row.condition, row.says) == ("running", "Running deploy production · due ~12:01")


def test_no_due_time_of_what_is_late_held_run_again_or_red_already(told: Told) -> None:
    told(run(209, 30, Status.CANCELLED))
    assert "due" not in told(run(210, 5, None)).says
    assert told.row.condition == "slow"
    told(run(210, 5))
    held = [*run(211, 3, None, stages=("build",)), job(211, "build", Status.SUCCEEDED, 2)]
    assert "due" not in told(held).says
    told([job(211, "test", Status.FAILED, 1), job(211, "lint", Status.RUNNING, 1)])
    assert told.row.says == "Running lint, test failed"
    told(run(211, 3), run(211, 1, None, attempt=2))
    assert "due" not in told.row.says


def test_red_job_of_a_run_that_goes_on_is_red_on_its_line_and_no_failure_yet(told: Told) -> None:
    begun = run(210, 3, None, stages=("build",))
    row = told([*begun, job(210, "build", Status.SUCCEEDED, 2), job(210, "test", Status.FAILED, 1)])
    assert row.condition == "running"
    assert row.stops["test"].startswith("failed")
    assert told([word(210, Status.FAILED, 0)]).says.startswith("Failed at test")


def test_run_between_stages_is_queued_however_long(told: Told, clock: Clock) -> None:
    told([*run(210, 400, None, stages=("build",)), job(210, "build", Status.SUCCEEDED, 398)])
    assert (told.row.condition, told.row.says) == ("queued", "Queued 05:22 · past build")


def test_lost_run_says_when_it_was_last_heard_of(told: Told) -> None:
    row = told(run(210, 90, None))
    assert (row.condition, row.says) == ("no_signal", "No signal 10:32 · last heard of at deploy production")
    assert row.stops["deploy production"].startswith("no end event")
    assert told(run(211, 20)).condition == "passing"


def test_retry_draws_what_an_earlier_attempt_left_and_what_is_yet_to_come(told: Told) -> None:
    told(red(210, 40, stages=("build", "test", "deploy production")))
    row = told([word(210, Status.RUNNING, 2, attempt=2), job(210, "test", Status.RUNNING, 2, attempt=2)])
    assert "from an earlier attempt" in row.stops["build"]
    assert row.stops["test"].startswith("running")
    assert row.stops["deploy production"].startswith("pending")
    assert row.markup.count("is-carried") == 1
    assert 'data-stage="deploy production" data-status="queued"' in row.markup


def test_run_that_another_workflow_started_says_so(told: Told) -> None:
    assert told(run(210, 2, None, upstream="workflow_run")).says.endswith("started by another workflow")


# What does not speak for the default branch


def test_pipeline_of_change_requests_only_is_idle_and_counts_them(visitor: Visitor, team_id: str) -> None:
    told = Told(visitor, team_id)
    asked: dict[str, Any] = {"origin": Origin.CHANGE_REQUEST}
    row = told(red(1, 40, branch="fix", change_request="41", **asked))
    assert (row.condition, row.says) == ("idle", "#41: failed")
    row = told(run(2, 20, branch="feature", change_request="42", **asked))
    assert (row.condition, row.says) == ("idle", "2 change requests, 1 red")
    assert "#42" in row.of


def test_change_request_that_runs_is_named(visitor: Visitor, team_id: str) -> None:
    row = Told(visitor, team_id)(run(1, 2, None, origin=Origin.CHANGE_REQUEST, change_request="41", branch="fix"))
    assert (row.condition, row.says) == ("idle", "#41: running 11:58")


def test_other_branch_is_named_until_a_person_makes_it_the_one_that_speaks(visitor: Visitor, team_id: str) -> None:
    told = Told(visitor, team_id)
    row = told(red(1, 40, branch="develop"))
    assert (row.condition, row.says) == ("idle", "develop: failed")
    (stored,) = visitor.store.pipelines.list_board(team_id)
    wanted = PipelineOverrides(default_branch="develop")
    visitor.store.override_writer.override(team_id, stored.id, wanted, NO_OVERRIDES, BY)
    assert told.row.says.startswith("Failed at deploy production 11:23")


def test_tags_speak_where_nothing_else_does_and_are_named(visitor: Visitor, team_id: str) -> None:
    row = Told(visitor, team_id)(red(1, 40, branch="v1.2.0", origin=Origin.TAG))
    assert row.says.startswith("Failed at deploy production")
    assert "v1.2.0" in row.of


def test_run_that_never_said_anything_leaves_a_pipeline_idle(visitor: Visitor, team_id: str) -> None:
    row = Told(visitor, team_id)(run(1, 40, Status.CANCELLED))
    assert row.condition == "idle"
    assert row.says.startswith("Cancelled")


def test_workflow_whose_file_was_renamed_says_that_another_row_goes_on(told: Told) -> None:
    renamed = replace(REF, key="github.com/1296269/4712", path=".github/workflows/pipeline.yml", aliases=())
    visitor = told.visitor
    record(visitor.store, run(210, 2, ref=renamed), told.team_id)
    visitor.store.rebuilder.rename(told.team_id)
    rows = visitor.text("/teams/payments").split('<li class="row ')[1:]
    said = [plain(row) for row in rows if "Its workflow file was renamed: another row goes on" in row]
    assert len(rows) == 2
    assert len(said) == 1


# Names


def test_row_goes_by_its_repository_and_tells_its_full_name(told: Told) -> None:
    row = told(red(210, 20))
    assert re.search(r'class="who__name trunc"><a [^>]*title="checkout · CI">checkout</a>', row.markup)
