"""The real way of an event into the table: one read, one transaction, whatever the order."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pytest

from storage import keys
from storage.codec import items
from storage.engines.sqlite_schema import row_of as row_of_item
from storage.errors import Conflict, Unavailable
from storage.model.entities import Status
from storage.recording.recorder import Unsettled
from storage.store import Store
from storage.table import Item, Put, Query, Write, count_request, metered
from tests.factories import (
    CODEPIPELINE,
    DAY,
    MINUTE,
    NOW,
    TEAM_ID,
    a_pipeline_execution,
    a_run,
    action_changed,
    delivery,
    execution_changed,
    record,
    stored_items,
)
from tests.storage.recording.tables import execution_id, row_of, standing

# What an event costs


@pytest.mark.parametrize("before", [1, 2, 3], ids=["second event", "first job", "later event"])
def test_event_costs_one_read_and_one_transaction(store: Store, before: int) -> None:
    events = a_run()
    record(store, events[:before])
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [events[before]], delivery())
    assert meter.operations == ["batch_get", "transact"]


def test_first_event_of_a_pipeline_reads_what_its_team_agreed_on_besides(store: Store) -> None:
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [a_run()[0]], delivery())
    assert meter.operations == ["batch_get", "batch_get", "transact"]


def test_job_whose_run_another_process_recorded_costs_one_read_more(store: Store) -> None:
    events = a_run()
    record(store, events[:2])
    other = Store(store.table)
    with metered() as meter:
        other.recorder.apply(TEAM_ID, [events[2]], delivery())
    assert meter.operations == ["batch_get", "batch_get", "transact"]


def test_stage_of_a_pipeline_is_one_read_and_one_transaction(store: Store) -> None:
    events = a_pipeline_execution("x")
    record(store, events[:2])
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [events[2]], delivery())
    assert meter.operations == ["batch_get", "transact"]
    assert events[2].pipeline == CODEPIPELINE


def test_event_of_another_execution_costs_no_more(store: Store) -> None:
    for number in range(12):
        record(store, a_run(str(100 + number), began=NOW - (60 - number) * MINUTE))
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [a_run("200", began=NOW - MINUTE)[0]], delivery())
    assert meter.operations == ["batch_get", "transact"]


def test_event_that_says_nothing_new_costs_its_claim_alone(store: Store) -> None:
    record(store, a_run())
    with metered() as meter:
        applied = store.recorder.apply(TEAM_ID, [a_run()[0]], delivery())
    assert not applied.changed
    assert meter.operations == ["batch_get", "transact"]


# All or nothing


def test_delivery_claim_execution_pipeline_row_and_notice_are_written_in_one_transaction(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    transact = store.table.engine.transact

    def watched(writes: Sequence[Write]) -> None:
        seen.append([str(write.item["pk"]).partition("#")[0] for write in writes if isinstance(write, Put)])
        transact(writes)

    monkeypatch.setattr(store.table.engine, "transact", watched)
    store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    assert seen == [["DELIVERY", "EXECUTION", "PIPELINE", "TEAM", "TEAMS", "CHANGES"]]


def test_repeated_delivery_changes_nothing(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    before = standing(store)
    again = store.recorder.apply(TEAM_ID, [execution_changed(status=Status.FAILED, finished=True)], delivery())
    assert (again.duplicate, again.changed) == (True, False)
    assert standing(store) == before


@pytest.mark.parametrize("position", range(6), ids=["claim", "execution", "pipeline", "row", "summary", "notice"])
def test_engine_that_fails_at_any_write_leaves_nothing_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch, position: int
) -> None:
    written = iter(range(100))

    def failing(item: Item) -> object:
        if next(written) == position:
            raise Unavailable("the disk is gone")
        return row_of_item(item)

    monkeypatch.setattr("storage.engines.sqlite.row_of", failing)
    with pytest.raises(Unavailable):
        store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    monkeypatch.undo()
    assert stored_items(store) == []
    assert store.recorder.apply(TEAM_ID, [execution_changed()], delivery()).changed


def test_writer_that_came_between_is_merged_not_overwritten(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    record(store, a_run()[:1])
    between = [action_changed(name="deploy"), action_changed(name="lint")]
    transact = store.table.engine.transact

    def interrupted(writes: Sequence[Write]) -> None:
        if between:
            event = between.pop()
            monkeypatch.setattr(store.table.engine, "transact", transact)
            Store(store.table).recorder.apply(TEAM_ID, [event])
            monkeypatch.setattr(store.table.engine, "transact", interrupted)
        transact(writes)

    monkeypatch.setattr(store.table.engine, "transact", interrupted)
    store.recorder.apply(TEAM_ID, [action_changed(name="build")], delivery())
    found = store.executions.get(execution_id())
    assert {stage.name for stage in found.stages} == {"build", "lint", "deploy"}


def test_events_that_never_get_their_turn_are_unsettled_and_write_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(writes: Sequence[Write]) -> None:
        count_request()
        raise Conflict("somebody else wrote first", index=1)

    monkeypatch.setattr(store.table.engine, "transact", refused)
    with metered() as meter, pytest.raises(Unsettled):
        store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    assert meter.operations == ["batch_get", "batch_get", "transact"] * 8
    assert stored_items(store) == []


def test_reply_lost_after_the_write_is_a_duplicate_the_second_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    transact = store.table.engine.transact

    def lost(writes: Sequence[Write]) -> None:
        transact(writes)
        raise Unavailable("no answer in time")

    monkeypatch.setattr(store.table.engine, "transact", lost)
    with pytest.raises(Unavailable):
        store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    monkeypatch.setattr(store.table.engine, "transact", transact)
    assert store.recorder.apply(TEAM_ID, [execution_changed()], delivery()).duplicate
    assert store.executions.get(execution_id()).status is Status.RUNNING


# Past its retention


def test_event_for_an_execution_past_its_retention_begins_from_what_stands(store: Store) -> None:
    record(store, a_run(began=NOW - 401 * DAY))
    assert store.executions.find(execution_id()) is None
    late = execution_changed(attempt=2, at=NOW - 400 * DAY, queued_at=NOW - 400 * DAY)
    assert store.recorder.apply(TEAM_ID, [late], delivery()).changed
    (stored, _), _ = stored_of(store)
    assert sorted(stored.state.attempts) == [1, 2]


def stored_of(store: Store) -> Any:
    item = store.table.engine.get(items.execution_key(execution_id()), consistent=True)
    assert item is not None
    return items.execution_of([item]), item


def test_job_of_an_execution_past_its_retention_settles_though_it_names_no_pipeline(store: Store) -> None:
    record(store, a_run(began=NOW - 401 * DAY)[:2])
    job = action_changed(name="late", at=NOW - 401 * DAY + MINUTE)
    applied = Store(store.table).recorder.apply(TEAM_ID, [job], delivery())
    assert applied.changed
    assert applied.pipeline_id == row_of(store).id
    (stored, _), _ = stored_of(store)
    assert list(stored.state.actions) == [job.action]


def test_events_all_of_which_are_past_their_retention_settle_one_by_one(store: Store) -> None:
    events = a_run(began=NOW - 3 * 365 * DAY)
    for event in [*events, *events[::-1]]:
        store.recorder.apply(TEAM_ID, [event])
    (stored, _), _ = stored_of(store)
    assert stored.state.attempts[1].verdict.status is Status.SUCCEEDED


def test_long_execution_past_its_retention_settles(store: Store) -> None:
    old = NOW - 401 * DAY
    long = [action_changed(name=f"job {n:04d}", note=os.urandom(600).hex(), at=old) for n in range(700)]
    store.recorder.apply(TEAM_ID, long)
    assert store.recorder.apply(TEAM_ID, [execution_changed(at=old, queued_at=old)], delivery()).changed
    page = store.table.engine.query(Query(keys.execution(execution_id()), consistent=True))
    found = items.execution_of(page.items)
    assert found is not None
    assert (len(page.items) > 1, len(found[0].state.actions)) == (True, 700)
