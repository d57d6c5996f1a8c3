"""The table of what a row says (docs/rows.md), in order and in any order. What is not in it: see row_table."""

from __future__ import annotations

import os
from functools import cache

import pytest

from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Condition
from storage.model.events import AnyEvent
from storage.model.overrides import PipelineOverrides
from storage.store import Store
from tests.factories import BY, TEAM_ID
from tests.storage.recording.cases import GREEN, RED, Case, at, played, run, said, shuffled, summary_differs
from tests.storage.recording.row_table import AGAIN, CASES, FAILING, IDLE


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_row_says_what_the_table_says(case: Case) -> None:
    assert said(case, row_after(case.name)) == case.right


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_row_says_the_same_in_any_order_with_repeats(case: Case) -> None:
    for seed in range(1, 21 if os.environ.get("CI") else 9):
        with played(case, shuffled(case, seed), seed) as (_, row):
            assert said(case, row) == case.right, f"order {seed}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_summary_is_judged_as_the_row_is(case: Case) -> None:
    assert summary_differs(row_after(case.name)) == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_folding_again_changes_nothing(case: Case) -> None:
    with played(case, case.events) as (store, row):
        store.rebuilder.fold(case.pipeline_id)
        stored = store.pipelines.find_row(TEAM_ID, case.pipeline_id)
        assert stored is not None
        assert stored.row() == row
        assert not store.rebuilder.fold(case.pipeline_id)


# What the lines say beside that.


def shown(name: str) -> Case:
    (case,) = [case for case in CASES if case.name == name]
    return case


@cache
def row_after(name: str) -> BoardRow:
    """Played in order, once."""
    case = shown(name)
    with played(case, case.events) as (_, row):
        return row


def test_retry_that_succeeded_counts_as_a_failure_that_went_green_when_run_again() -> None:
    rate = row_after("7 a retry succeeded").rate
    assert (rate.green, rate.counted, rate.rerun) == (0, 1, 1)


def test_rejection_tells_by_whom() -> None:
    case = shown("10 a person rejected it")
    with played(case, case.events) as (store, row):
        assert row.result is not None
        found = store.executions.get(row.result.execution_id)
        assert [(action.by, action.note) for action in found.stages[-1].actions] == [("Mara", "rejected by a person")]


def test_rolled_back_version_is_the_one_in_production_and_the_line_keeps_its_order() -> None:
    row = row_after("15 rolled back")
    assert row.result is not None
    assert row.result.rolled_back_to == "one"
    assert row.production is not None
    assert (row.production.number, row.production.at) == ("back", at(31))
    assert [cell.name for cell in row.stages] == ["Build", "Prod"]


def test_silent_run_with_a_red_job_shows_where_it_is_red() -> None:
    row = row_after("17 a job failed, which may be forgiven, and nothing more came")
    assert row.leader is not None
    assert row.leader.place == "deploy production"


def test_lost_run_stays_in_history() -> None:
    case = shown("19 it is silent and the next succeeded")
    with played(case, case.events) as (store, _):
        listed = store.executions.list_of_pipeline(case.pipeline_id).items
        assert [(brief.number, brief.ended) for brief in listed] == [("8", True), ("7", False)]


def test_change_requests_are_told_of_with_their_newest_results() -> None:
    row = row_after("21 change requests only")
    assert [(one.ref, one.status) for one in row.about] == [("#42", GREEN), ("#41", RED)]


def test_branch_that_is_not_the_default_is_named_and_can_be_made_to_speak() -> None:
    case = shown("24 another branch only")
    with played(case, case.events) as (store, row):
        assert [(one.ref, one.status) for one in row.about] == [("topic", RED)]
        wanted = PipelineOverrides(default_branch="topic")
        store.override_writer.override(TEAM_ID, row.id, wanted, row.overrides, BY)
        assert condition_of(store, case) is FAILING
        store.override_writer.override(TEAM_ID, row.id, PipelineOverrides(), wanted, BY)
        assert condition_of(store, case) is IDLE


def condition_of(store: Store, case: Case) -> Condition:
    stored = store.pipelines.find_row(TEAM_ID, case.pipeline_id)
    assert stored is not None
    return condition(stored.row(), at(case.look))


def test_renamed_workflow_stays_one_row_under_its_new_name() -> None:
    case = shown("25 renamed, broken and mended")
    with played(case, shuffled(case, 5)) as (store, row):
        assert len(store.pipelines.list_board(TEAM_ID)) == 1
        assert row.name == "checkout · Build and test"


def test_job_that_may_fail_is_marked() -> None:
    case = shown("27 a job that may fail did")
    with played(case, case.events) as (store, row):
        assert row.result is not None
        last = store.executions.get(row.result.execution_id).stages[-1]
        assert [(action.status, action.allowed_to_fail) for action in last.actions] == [(RED, True)]


def test_red_job_of_a_run_that_goes_on_is_where_it_is_red() -> None:
    row = row_after("28 a job failed, the run goes on")
    assert row.leader is not None
    assert row.leader.place == "lint"


def test_nothing_usual_is_said_of_a_first_run() -> None:
    row = row_after("29 the first of all runs")
    assert (row.usual_seconds, row.late_seconds, row.rate.counted) == (None, None, 0)


def greens(count: int = 6) -> list[AnyEvent]:
    return [event for n in range(count) for event in run(n + 1, n * 10)]


def test_leader_is_slow_once_it_runs_longer_than_nineteen_of_twenty() -> None:
    case = Case("slow", [*greens(), *run(9, 100, None)], Condition.SLOW)
    with played(case, case.events) as (_, row):
        assert row.late_seconds == 180
        assert [condition(row, at(minute)) for minute in (102, 104)] == [Condition.RUNNING, Condition.SLOW]
        assert summary_differs(row) == []


def test_rerun_and_redeploy_are_never_slow() -> None:
    again = run(9, 100, None, "deploy production", **AGAIN)
    redeploy = run(2, 100, None, "deploy production", **AGAIN)
    for events in ([*run(9, 70, RED), *again], redeploy):
        case = Case("again", [*greens(), *events], Condition.RUNNING)
        with played(case, case.events) as (_, row):
            assert condition(row, at(130)) is not Condition.SLOW
            assert row.leader is not None
