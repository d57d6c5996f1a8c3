"""What the real way of an event into the table comes to: long executions, and what a row shows."""

from __future__ import annotations

import os

from storage import keys, topics
from storage.codec import items
from storage.model.board_row import LatestExecution
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.model.events import Origin
from storage.model.pipeline_record import Acknowledgement
from storage.store import Store
from storage.table import Query
from tests.factories import (
    BY,
    MINUTE,
    NOW,
    REF,
    SHA,
    TEAM_ID,
    UNNAMED,
    a_pipeline_execution,
    a_run,
    action_changed,
    delivery,
    deployment_changed,
    execution_changed,
    pipeline_stage,
    record,
)
from tests.storage.recording.tables import PIPELINE_ID, execution_id, row_of


def latest_of(store: Store) -> LatestExecution:
    latest = row_of(store).latest
    assert latest is not None
    return latest


# Long executions


def test_execution_of_very_many_jobs_is_kept_in_buckets_and_grows(store: Store) -> None:
    long = [action_changed(name=f"job {n:04d}", note=os.urandom(600).hex()) for n in range(700)]
    store.recorder.apply(TEAM_ID, [execution_changed(), *long])
    head = store.table.get(items.execution_key(execution_id()))
    assert head is not None
    assert head["split"] == 1
    store.recorder.apply(TEAM_ID, [action_changed(name="one more", status=Status.FAILED, finished=True)], delivery())
    found = store.executions.get(execution_id())
    assert len(found.stages) == 701
    assert latest_of(store).status is Status.RUNNING
    assert latest_of(store).place == "one more"


# Which pipeline, and which run of it


def test_event_without_a_pipeline_before_the_run_is_kept_without_a_row(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [action_changed(pipeline=UNNAMED)])
    assert store.pipelines.list_board(TEAM_ID) == []
    assert [stage.name for stage in store.executions.get(execution_id()).stages] == ["build"]
    store.recorder.apply(TEAM_ID, [execution_changed()])
    assert [cell.name for cell in row_of(store).stages] == ["build"]


def test_event_without_a_pipeline_after_the_run_moves_its_row(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()])
    store.recorder.apply(TEAM_ID, [action_changed(name="deploy", pipeline=UNNAMED)])
    assert [cell.name for cell in row_of(store).stages] == ["deploy"]


def test_older_execution_does_not_replace_the_latest_on_its_row(store: Store) -> None:
    record(store, a_run("5002", began=NOW - 10 * MINUTE))
    record(store, a_run("5001", began=NOW - 90 * MINUTE, outcome=Status.FAILED))
    assert latest_of(store).execution_id == execution_id("5002")
    assert condition(row_of(store), NOW) is Condition.PASSING
    assert row_of(store).rate.counted == 2


def test_run_that_turns_out_to_be_of_another_branch_was_never_on_the_row(store: Store) -> None:
    record(store, a_run("5001"))
    store.recorder.apply(TEAM_ID, [deployment_changed("5002", environment="staging", order=5002)])
    assert row_of(store).in_flight == ()
    store.recorder.apply(TEAM_ID, [execution_changed("5002", branch="topic")])
    assert latest_of(store).execution_id == execution_id("5001")
    assert [cell.name for cell in row_of(store).stages] == ["build", "test", "deploy production"]


def test_fork_is_found_out_whatever_came_first(store: Store) -> None:
    record(store, a_run("5001"))
    record(store, a_run("5002", began=NOW - 5 * MINUTE, outcome=Status.FAILED, origin=None, branch=""))
    assert condition(row_of(store), NOW) is Condition.FAILING
    record(store, [execution_changed("5002", origin=Origin.FORK, branch="main", head="somebody/checkout")])
    assert latest_of(store).execution_id == execution_id("5001")
    assert condition(row_of(store), NOW) is Condition.PASSING


def take(store: Store, at: int = NOW) -> None:
    store.override_writer.take(TEAM_ID, PIPELINE_ID, Acknowledgement("u1", "Mara", at), BY, "pipeline.taken")


def test_who_has_a_failing_pipeline_is_shown_until_a_green_result_and_never_deleted(store: Store) -> None:
    record(store, a_run("5001", outcome=Status.FAILED))
    take(store, NOW - 20 * MINUTE)
    record(store, a_run("5002", began=NOW - 5 * MINUTE, outcome=None))
    assert row_of(store).taken is not None
    record(store, a_run("5002", began=NOW - 5 * MINUTE))
    assert row_of(store).taken is None
    assert row_of(store).acknowledged is not None


def test_taking_it_twice_changes_nothing_the_second_time(store: Store) -> None:
    record(store, a_run("5001", outcome=Status.FAILED))
    holder = Acknowledgement("u1", "Mara", NOW)
    assert store.override_writer.take(TEAM_ID, PIPELINE_ID, holder, BY, "pipeline.taken")
    assert not store.override_writer.take(TEAM_ID, PIPELINE_ID, holder, BY, "pipeline.taken")
    assert store.override_writer.take(TEAM_ID, PIPELINE_ID, None, BY, "pipeline.released")
    assert row_of(store).taken is None
    noted = {entry.action: (entry.before, entry.after) for entry in store.audit.list_all().items}
    mara = (("holder", "Mara"),)
    assert noted == {"pipeline.taken": ((), mara), "pipeline.released": (mara, ())}


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
    assert set(change.topics) == {
        f"execution:{execution_id()}",
        f"pipeline:{PIPELINE_ID}",
        f"team:{TEAM_ID}",
        topics.NETWORK,
    }
    assert len(store.table.query(Query(keys.changes(NOW))).items) == 1


def test_change_that_pages_over_all_teams_do_not_show_does_not_concern_them(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed(at=NOW - 3000)])
    (before,) = store.changes.list_since(NOW - 1000, NOW)
    store.recorder.apply(TEAM_ID, [execution_changed(at=NOW - 2000, actor="mara")])
    (after,) = (change for change in store.changes.list_since(NOW - 1000, NOW) if change != before)
    assert topics.NETWORK in before.topics
    assert topics.NETWORK not in after.topics


def test_word_on_production_that_was_taken_back_leaves_no_mark_whichever_came_first(store: Store) -> None:
    done = pipeline_stage("9", "Production", Status.SUCCEEDED, NOW)
    failed = pipeline_stage("9", "Production", Status.FAILED, NOW + 1000)
    for team_id, told in (("t1", [done, failed]), ("t2", [failed, done])):
        record(store, told, team_id)
        (stored,) = store.pipelines.list_board(team_id)
        assert stored.row().production is None, told


def test_rerun_takes_no_version_out_of_production(store: Store) -> None:
    record(store, a_run("100", began=NOW - 60 * MINUTE))
    before = row_of(store).production
    record(store, a_run("100", began=NOW - 10 * MINUTE, attempt=2, outcome=Status.FAILED))
    assert before is not None
    assert row_of(store).production == before


# The line, estimates and marks of a row


def some_green(store: Store, count: int = 5) -> None:
    for number in range(count):
        record(store, a_run(str(100 + number), began=NOW - (100 - number) * 10 * MINUTE))


def test_moving_run_is_drawn_on_the_line_of_the_last_green_one(store: Store) -> None:
    some_green(store)
    record(store, a_run("200", began=NOW - MINUTE, stages=("build",), outcome=None))
    row = row_of(store)
    assert [(cell.name, cell.status) for cell in row.stages] == [
        ("build", Status.RUNNING),
        ("test", None),
        ("deploy production", None),
    ]
    assert [cell.usual_seconds for cell in row.stages] == [60, 60, 60]


def test_estimates_stay_away_until_there_are_five_green_runs(store: Store) -> None:
    some_green(store, 4)
    assert (row_of(store).usual_seconds, row_of(store).late_seconds) == (None, None)
    record(store, a_run("105", began=NOW - 20 * MINUTE))
    assert row_of(store).usual_seconds == 180


def test_row_remembers_last_green_production_and_the_red_run_before(store: Store) -> None:
    some_green(store)
    record(store, a_run("200", began=NOW - 20 * MINUTE, outcome=Status.FAILED))
    record(store, a_run("201", began=NOW - MINUTE, outcome=None))
    row = row_of(store)
    assert row.last_green is not None
    assert row.production is not None
    assert row.last_green.execution_id == row.production.execution_id
    assert row.result is not None
    assert (row.result.stage, row.result.status) == ("deploy production", Status.FAILED)


def test_long_words_are_cut_on_the_row(store: Store) -> None:
    record(store, [execution_changed(message="m" * 5000, author="a" * 500)])
    assert (len(latest_of(store).message), len(latest_of(store).author)) == (120, 60)


def test_row_without_news_is_not_written_again(store: Store) -> None:
    record(store, a_run("200", began=NOW - MINUTE))
    (before,) = store.pipelines.list_board(TEAM_ID)
    record(store, [execution_changed("200", at=NOW - 2 * MINUTE, message="", status=None, queued_at=None)])
    (after,) = store.pipelines.list_board(TEAM_ID)
    assert after == before


def test_pipeline_of_another_tool_stands_on_the_same_board(store: Store) -> None:
    record(store, [*a_run("200")])
    record(store, a_pipeline_execution("x", outcome=Status.FAILED))
    rows = sorted((each.row() for each in store.pipelines.list_board(TEAM_ID)), key=lambda row: row.label)
    assert [(row.label, condition(row, NOW)) for row in rows] == [
        ("checkout", Condition.PASSING),
        ("ledger", Condition.FAILING),
    ]


# Keys that change


def test_execution_whose_workflow_is_told_anew_leaves_the_row_it_was_on(store: Store) -> None:
    record(store, a_run("5000", began=NOW - 90 * MINUTE))
    record(store, a_run("5001", outcome=Status.FAILED))
    assert condition(row_of(store), NOW) is Condition.FAILING
    other = replace(REF, key="github.com/1296269/9999", name="Deploy")
    record(store, [replace(a_run("5001", outcome=Status.FAILED)[-1], at=NOW + 1, pipeline=other)])
    assert condition(row_of(store), NOW) is Condition.PASSING
    (moved,) = (each.row() for each in store.pipelines.list_board(TEAM_ID) if each.id != PIPELINE_ID)
    assert condition(moved, NOW) is Condition.FAILING
    assert [brief.external_id for brief in store.executions.list_of_pipeline(moved.id).items] == ["5001"]
    assert [brief.external_id for brief in store.executions.list_of_pipeline(PIPELINE_ID).items] == ["5000"]


def test_pipeline_whose_key_has_changed_takes_over_what_was_kept_under_the_old_one(store: Store) -> None:
    old = replace(REF, key="1296269/CI")
    record(store, a_run("5000", began=NOW - 90 * MINUTE, ref=old, outcome=Status.FAILED))
    (before,) = store.pipelines.list_board(TEAM_ID)
    holder = Acknowledgement("u1", "Mara", NOW)
    store.override_writer.take(TEAM_ID, before.id, holder, BY, "pipeline.taken")
    applied = store.recorder.apply(TEAM_ID, [execution_changed("5001", pipeline=replace(REF, aliases=(old.key,)))])
    assert applied.stale
    store.rebuilder.fold(applied.pipeline_id)
    (stored,) = store.pipelines.list_board(TEAM_ID)
    row = stored.row()
    assert (stored.id, row.taken, condition(row, NOW)) == (PIPELINE_ID, holder, Condition.FAILING)
    assert [one.number for one in row.in_flight] == ["17"]
    assert len(store.executions.list_of_pipeline(PIPELINE_ID).items) == 2


def test_late_event_of_an_execution_that_was_taken_over_goes_to_the_new_pipeline(store: Store) -> None:
    old = replace(REF, key="1296269/CI")
    told = a_run("5000", began=NOW - 90 * MINUTE, ref=old)
    record(store, told[:-1])
    store.recorder.apply(TEAM_ID, [execution_changed("5001", pipeline=replace(REF, aliases=(old.key,)))])
    record(store, told[-1:])
    store.rebuilder.fold(PIPELINE_ID)
    (stored,) = store.pipelines.list_board(TEAM_ID)
    assert stored.row().result is not None
    assert stored.id == PIPELINE_ID
