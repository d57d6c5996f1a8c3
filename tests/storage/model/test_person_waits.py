"""What waits for a person: jobs, stages, whole runs, whatever they are for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storage.codec import documents
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, Origin
from storage.model.person_waits import MOST_RUNS, MOST_WAITS, PersonWait, WaitingRun, waits_of
from storage.model.pipeline_summary import PipelineSummary, row_of, summarise
from storage.store import Store
from tests.factories import (
    MINUTE,
    NOW,
    REF,
    TEAM_ID,
    a_run,
    action_changed,
    execution_changed,
    pipeline_action,
    pipeline_execution,
    pipeline_stage,
    record,
)
from tests.storage.model.views import shown

WAITING, RUNNING, QUEUED = Status.WAITING, Status.RUNNING, Status.QUEUED
ASKED: dict[str, Any] = {"change_request": "41", "origin": Origin.CHANGE_REQUEST, "branch": "topic"}


def asks(name: str, minute: float = 0, execution: str = "5001", **said: Any) -> AnyEvent:
    at = NOW + round(minute * MINUTE)
    return action_changed(execution, name, status=WAITING, raw_status="waiting", at=at, queued_at=at, **said)


def row_after(store: Store, *runs: Sequence[AnyEvent]) -> BoardRow:
    for events in runs:
        record(store, events)
    (stored,) = store.pipelines.list_board(TEAM_ID)
    return stored.row()


# In one execution


def test_job_that_waits_tells_where_who_may_and_where_to_act() -> None:
    wait = asks("ship", environment="production", deciders=("ops", "mara"), url="https://ci.example/job/1")
    found = waits_of(shown(execution_changed(), wait))
    assert found == (PersonWait(NOW, "ship", "", "production", "ops, mara", "https://ci.example/job/1"),)


def test_job_of_a_stage_of_another_name_is_named() -> None:
    wait = pipeline_action("x", "Prod", WAITING, NOW, name="approve")
    found = waits_of(shown(pipeline_execution("x", RUNNING, NOW), pipeline_stage("x", "Prod", RUNNING, NOW), wait))
    assert [(one.stage, one.job) for one in found] == [("Prod", "approve")]


def test_job_that_waits_while_others_run_waits_all_the_same() -> None:
    execution = shown(execution_changed(), action_changed(name="lint", started_at=NOW), asks("ship"))
    assert execution.status is RUNNING
    assert [one.stage for one in waits_of(execution)] == ["ship"]


def test_several_that_wait_are_told_oldest_first() -> None:
    found = waits_of(shown(execution_changed(), asks("late", 5), asks("soon", 1)))
    assert [(one.stage, one.since) for one in found] == [("soon", NOW + MINUTE), ("late", NOW + 5 * MINUTE)]


def test_stage_without_jobs_waits_itself() -> None:
    stage = pipeline_stage("x", "Prod", WAITING, NOW, started_at=NOW)
    assert waits_of(shown(stage)) == (PersonWait(NOW, "Prod"),)


def test_run_that_nobody_let_begin_waits_as_a_whole_since_it_was_told_so() -> None:
    told = [execution_changed(status=QUEUED, at=NOW), execution_changed(status=WAITING, at=NOW + MINUTE)]
    assert waits_of(shown(*told)) == (PersonWait(NOW + MINUTE),)


def test_nothing_waits_of_what_was_let_go_on_or_has_ended() -> None:
    let = [execution_changed(), asks("ship"), action_changed(name="ship", status=QUEUED, at=NOW + MINUTE)]
    assert waits_of(shown(*let)) == ()
    ended = execution_changed(status=Status.CANCELLED, finished=True, at=NOW + MINUTE)
    assert waits_of(shown(execution_changed(), asks("ship"), ended)) == ()


def test_wait_of_an_attempt_before_is_none_of_the_newest() -> None:
    again = execution_changed(status=RUNNING, attempt=2, at=NOW + MINUTE)
    assert waits_of(shown(execution_changed(), asks("ship"), again)) == ()


# On a pipeline's row


def waits_at(number: int, since: int, **said: Any) -> list[AnyEvent]:
    execution = str(number)
    begun = execution_changed(execution, number=execution, at=NOW - since * MINUTE, **said)
    return [begun, asks("ship", -since, execution, action=f"{number}-ship")]


def test_runs_of_change_requests_branches_and_tags_wait_as_those_of_the_default_branch_do(store: Store) -> None:
    row = row_after(
        store,
        a_run("1", began=NOW - 300 * MINUTE),
        waits_at(2, 40, **ASKED),
        waits_at(3, 30, branch="docs"),
        waits_at(4, 20, origin=Origin.TAG, branch="v1.2.0"),
        waits_at(5, 10),
    )
    assert [(run.number, run.ref) for run in row.waiting] == [
        ("2", "#41"),
        ("3", "docs"),
        ("4", "v1.2.0"),
        ("5", "main"),
    ]
    assert [one.number for one in row.in_flight] == ["5"]
    assert row.waiting[0].since == NOW - 40 * MINUTE
    assert row.waiting[0].url.endswith("/runs/2")


def test_of_a_change_request_only_the_newest_run_waits(store: Store) -> None:
    row = row_after(store, waits_at(2, 40, **ASKED), waits_at(3, 30, **ASKED), waits_at(4, 20, branch="docs"))
    assert [run.number for run in row.waiting] == ["3", "4"]
    newer = [execution_changed("9", number="9", **ASKED)]
    assert [run.number for run in row_after(store, newer).waiting] == ["4"]


def test_older_run_of_a_branch_waits_beside_a_newer_one(store: Store) -> None:
    row = row_after(store, waits_at(2, 40, branch="docs"), waits_at(3, 30, branch="docs"))
    assert [run.number for run in row.waiting] == ["2", "3"]


def test_run_whose_change_request_is_told_later_leaves_room_for_those_it_hid(store: Store) -> None:
    old, new = waits_at(2, 40, **ASKED), waits_at(3, 30, **ASKED)
    record(store, [*old, *new])
    told = execution_changed("3", number="3", at=NOW + MINUTE, **{**ASKED, "change_request": "42"})
    applied = store.recorder.apply(TEAM_ID, [told])
    assert applied.stale
    store.rebuilder.fold(applied.pipeline_id)
    assert [(run.number, run.ref) for run in row_after(store).waiting] == [("2", "#41"), ("3", "#42")]


def test_run_waits_no_more_once_it_has_ended(store: Store) -> None:
    ended = execution_changed("2", status=Status.CANCELLED, finished=True, finished_at=NOW, **ASKED)
    row = row_after(store, waits_at(2, 40, **ASKED), [ended])
    assert (row.waiting, row.elsewhere) == ((), ())


def test_run_waits_still_once_its_pipeline_is_known_by_another_key(store: Store) -> None:
    old = replace(REF, key="1296269/CI")
    record(store, [replace(event, pipeline=old) if event.pipeline.key else event for event in waits_at(2, 40, **ASKED)])
    applied = store.recorder.apply(TEAM_ID, [execution_changed("5", pipeline=replace(REF, aliases=(old.key,)))])
    assert [run.number for run in row_after(store).waiting] == ["2"]
    store.rebuilder.fold(applied.pipeline_id)
    assert [run.number for run in row_after(store).waiting] == ["2"]


def test_of_very_many_those_that_speak_for_the_pipeline_are_kept_and_the_others_counted(store: Store) -> None:
    runs = [waits_at(number, 100 - number, branch=f"topic-{number}") for number in range(2, 2 + MOST_RUNS + 3)]
    row = row_after(store, waits_at(1, 200), *runs)
    assert len(row.waiting) == MOST_RUNS
    assert row.waiting_left_out == 4
    assert [run.number for run in row.waiting[:2]] == ["1", "6"]


def test_of_many_that_wait_in_a_run_the_oldest_are_told_and_the_others_counted(store: Store) -> None:
    many = [asks(f"to {place}", place, action=f"a{place}") for place in range(MOST_WAITS + 2)]
    (run,) = row_after(store, [execution_changed(), *many]).waiting
    assert ([one.stage for one in run.waits], run.more) == ([f"to {place}" for place in range(MOST_WAITS)], 2)


def test_summary_tells_all_of_it_and_stays_small_however_many_wait(store: Store) -> None:
    runs = [
        [
            execution_changed(str(number), branch=f"topic-{number}", message=f"{number}" * 100, number=str(number)),
            *(asks(f"stage {place} of it", place, str(number), action=f"{number}{place}") for place in range(9)),
        ]
        for number in range(100, 120)
    ]
    row = row_after(store, *runs)
    packed = documents.pack(summarise(row))
    assert len(packed) < 4096
    back = row_of(documents.unpack(PipelineSummary, packed), row.id, row.team_id)
    assert (back.waiting, back.waiting_left_out, back.source) == (row.waiting, row.waiting_left_out, "github")


@pytest.mark.parametrize("first", [0, 1])
def test_whichever_is_told_first_the_same_wait(store: Store, first: int) -> None:
    runs = [waits_at(2, 40, **ASKED), waits_at(3, 30, **ASKED)]
    row = row_after(store, runs[first], runs[1 - first])
    assert [run.number for run in row.waiting] == ["3"]
    assert isinstance(row.waiting[0], WaitingRun)
