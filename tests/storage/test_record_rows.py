"""What the real way of an event into the table comes to: long and old executions, and which run a row shows."""

from __future__ import annotations

from dataclasses import replace

from storage import keys
from storage.codec import items
from storage.model.board_row import Acknowledgement, BoardRow, LatestExecution, condition
from storage.model.entities import Condition, Status
from storage.store import Store
from storage.table import Key, Query
from tests.factories import (
    BY,
    DAY,
    MINUTE,
    NOW,
    REF,
    SHA,
    TEAM_ID,
    UNNAMED,
    a_run,
    action_changed,
    delivery,
    deployment_changed,
    execution_changed,
    record,
    stage_changed,
)

PIPELINE_ID = keys.pipeline_id(TEAM_ID, "github", REF.key)


def execution_id(external: str = "5001") -> str:
    return keys.execution_id(TEAM_ID, "github", external)


def row_of(store: Store) -> BoardRow:
    stored = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
    assert stored is not None
    return stored.row()


def latest_of(store: Store) -> LatestExecution:
    latest = row_of(store).latest
    assert latest is not None
    return latest


# Long and old executions


def test_execution_too_long_for_one_item_is_kept_in_parts_and_grows(store: Store) -> None:
    long = [action_changed(name=f"job {n:04d} " + "x" * 150, note="n" * 100) for n in range(700)]
    store.recorder.apply(TEAM_ID, long)
    head = store.table.get(items.execution_key(execution_id()))
    assert head is not None
    assert int(head["parts"]) >= 1
    store.recorder.apply(TEAM_ID, [action_changed(name="one more", status=Status.FAILED, finished=True)], delivery())
    found = store.executions.get(execution_id())
    assert len(found.stages) == 701
    assert latest_of(store).status is Status.FAILED


def test_event_for_an_execution_past_its_retention_begins_from_what_stands(store: Store) -> None:
    record(store, a_run(began=NOW - 401 * DAY))
    assert store.executions.find(execution_id()) is None
    late = execution_changed(attempt=2, at=NOW - 400 * DAY, queued_at=NOW - 400 * DAY)
    applied = store.recorder.apply(TEAM_ID, [late], delivery())
    item = store.table.engine.get(Key(keys.execution(execution_id()), "EXECUTION"), consistent=True)
    assert applied.changed
    assert item is not None
    stored = items.execution_of([item])
    assert stored is not None
    assert sorted(stored[0].state.attempts) == [1, 2]


# Which pipeline, and which run of it


def test_event_without_a_pipeline_before_the_run_is_kept_without_a_row(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [action_changed(pipeline=UNNAMED)])
    assert store.pipelines.list_board(TEAM_ID) == []
    assert [stage.name for stage in store.executions.get(execution_id()).stages] == ["build"]
    store.recorder.apply(TEAM_ID, [execution_changed()])
    assert [stop.name for stop in row_of(store).stops] == ["build"]


def test_event_without_a_pipeline_after_the_run_moves_its_row(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()])
    store.recorder.apply(TEAM_ID, [action_changed(name="deploy", pipeline=UNNAMED)])
    assert [stop.name for stop in row_of(store).stops] == ["deploy"]


def test_older_execution_does_not_replace_the_latest_on_its_row(store: Store) -> None:
    record(store, a_run("5002", began=NOW - 10 * MINUTE))
    record(store, a_run("5001", began=NOW - 90 * MINUTE, outcome=Status.FAILED))
    assert latest_of(store).execution_id == execution_id("5002")
    assert condition(row_of(store), NOW) is Condition.PASSING
    assert row_of(store).rate.counted == 2


def test_run_that_turns_out_to_be_of_another_branch_gives_its_row_back(store: Store) -> None:
    record(store, a_run("5001"))
    store.recorder.apply(TEAM_ID, [deployment_changed("5002", environment="staging", order=5002)])
    assert latest_of(store).execution_id == execution_id("5002")
    store.recorder.apply(TEAM_ID, [execution_changed("5002", branch="topic")])
    assert latest_of(store).execution_id == execution_id("5001")
    assert [stop.name for stop in row_of(store).stops] == ["build", "test", "deploy production"]


def test_pull_request_of_a_forks_main_is_not_mainline(store: Store) -> None:
    record(store, a_run("5001"))
    record(store, a_run("5002", began=NOW - 5 * MINUTE, outcome=Status.FAILED, branch="main", trigger="pull_request"))
    assert latest_of(store).execution_id == execution_id("5001")
    assert condition(row_of(store), NOW) is Condition.PASSING
    assert not store.executions.get(execution_id("5002")).mainline


def test_who_has_a_stopped_pipeline_is_forgotten_when_it_is_green_again(store: Store) -> None:
    record(store, a_run("5001", outcome=Status.FAILED))
    stored = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
    assert stored is not None
    store.pipelines.take(replace(stored.row(), taken=Acknowledgement("u1", "Mara", NOW)), stored.version, BY)
    record(store, a_run("5002", began=NOW - 5 * MINUTE, outcome=None))
    assert row_of(store).taken is not None
    record(store, a_run("5002", began=NOW - 5 * MINUTE))
    assert row_of(store).taken is None


def test_executions_of_a_commit_and_of_a_pipeline_are_listed_newest_first(store: Store) -> None:
    for number in range(3):
        record(store, a_run(f"500{number}", began=NOW - (30 - number) * MINUTE))
    first = store.executions.list_of_pipeline(PIPELINE_ID, limit=2)
    rest = store.executions.list_of_pipeline(PIPELINE_ID, limit=2, cursor=first.next)
    assert [brief.external_id for brief in (*first.items, *rest.items)] == ["5002", "5001", "5000"]
    assert len(store.executions.list_of_commit(SHA[:7]).items) == 3


def test_change_names_every_topic_that_shows_it(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()])
    (change,) = store.changes.list_since(NOW - 1000, NOW)
    assert set(change.topics) == {f"execution:{execution_id()}", f"pipeline:{PIPELINE_ID}", f"team:{TEAM_ID}"}
    assert len(store.table.query(Query(keys.changes(NOW))).items) == 1


def test_word_on_production_that_was_taken_back_leaves_no_mark_whichever_came_first(store: Store) -> None:
    done = stage_changed("9", "Production", absorbing=False, status=Status.SUCCEEDED, finished=True, finished_at=NOW)
    failed = replace(done, status=Status.FAILED, at=NOW + 1000, finished_at=NOW + 1000)
    for team_id, told in (("t1", [done, failed]), ("t2", [failed, done])):
        record(store, told, team_id)
        (stored,) = store.pipelines.list_board(team_id)
        assert stored.row().production is None, told
