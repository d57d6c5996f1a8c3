"""The real way of an event into the table: one read, one transaction, whatever the order."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import keys
from storage.engines.sqlite import SqliteEngine
from storage.engines.sqlite_schema import row_of as row_of_item
from storage.errors import Conflict, Unavailable
from storage.model.board_row import condition
from storage.model.entities import Condition, Status
from storage.model.events import AnyEvent
from storage.recording.recorder import Unsettled
from storage.store import Store
from storage.table import Item, Table, Write, count_request, metered
from tests.factories import (
    IN_MEMORY,
    MINUTE,
    NOW,
    REF,
    TEAM_ID,
    a_run,
    action_changed,
    delivery,
    execution_changed,
    record,
    stored_items,
)
from tests.storage.strategies import events

PIPELINE_ID = keys.pipeline_id(TEAM_ID, "github", REF.key)


def execution_id(external: str = "5001", source: str = "github") -> str:
    return keys.execution_id(TEAM_ID, source, external)


def row_of(store: Store):
    stored = store.pipelines.find_row(TEAM_ID, PIPELINE_ID)
    assert stored is not None
    return stored.row()


@contextmanager
def scratch() -> Iterator[Store]:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        engine = SqliteEngine(Path(folder) / "test.db")
        engine.prepare()
        store = Store(Table(engine, lambda: NOW), retention_days=36_500)
        store.recorder._pause = lambda _: None
        yield store
        engine.close()


def documents(store: Store) -> dict[str, object]:
    """What pages read of every execution and pipeline: byte for byte but for how often it was written."""
    return {
        " ".join((str(item["pk"]), str(item["sk"]))): {
            name: item[name] for name in item if name not in ("version", "expires")
        }
        for item in stored_items(store)
        if str(item["pk"]).startswith(("EXECUTION#", "TEAM#"))
    }


# Any order


@st.composite
def several_runs(draw: st.DrawFn) -> tuple[list[AnyEvent], list[AnyEvent]]:
    """Events of up to three executions of one pipeline, and the same interleaved otherwise, some of them twice."""
    source, absorbing = draw(st.sampled_from([("github", True), ("codepipeline", False)]))
    runs = [st.lists(events(name, absorbing, source), max_size=5) for name in ("1", "2", "3")]
    told = [event for run in runs for event in draw(run)]
    repeated = draw(st.lists(st.sampled_from(told), max_size=3)) if told else []
    return draw(st.permutations(told)), draw(st.permutations([*told, *repeated]))


@given(several_runs())
def test_order_and_repetition_of_events_do_not_change_a_byte_of_what_pages_read(
    told: tuple[list[AnyEvent], list[AnyEvent]],
) -> None:
    found = []
    for order in told:
        with scratch() as store:
            for event in order:
                store.recorder.apply(TEAM_ID, [event])
            found.append(documents(store))
    assert found[0] == found[1]


@given(st.permutations([*a_run("1"), *a_run("2", began=NOW - 20 * MINUTE, outcome=Status.FAILED)]))
def test_two_runs_in_any_order_leave_the_board_of_the_usual_order(shuffled: Sequence[AnyEvent]) -> None:
    with scratch() as store, scratch() as usual:
        for event in shuffled:
            store.recorder.apply(TEAM_ID, [event])
        record(usual, [*a_run("1"), *a_run("2", began=NOW - 20 * MINUTE, outcome=Status.FAILED)])
        assert documents(store) == documents(usual)
        assert row_of(store).latest.number == "17"
        assert condition(row_of(store), NOW) is Condition.FAILING


@given(st.permutations(a_run("1", attempt=1, outcome=Status.FAILED) + a_run("1", attempt=2, began=NOW - MINUTE)))
def test_rerun_reads_right_in_any_order(shuffled: Sequence[AnyEvent]) -> None:
    with scratch() as store:
        for event in shuffled:
            store.recorder.apply(TEAM_ID, [event])
        found = store.executions.get(execution_id("1"))
        assert (found.attempt, found.status) == (2, Status.SUCCEEDED)
        assert [attempt.status for attempt in found.attempts] == [Status.FAILED, Status.SUCCEEDED]
        first = store.executions.find(execution_id("1"), attempt=1)
        assert first is not None
        assert first.stages[-1].status is Status.FAILED


# What an event costs


@pytest.mark.parametrize("before", [0, 1, 3], ids=["first event", "second event", "later event"])
def test_event_costs_one_read_and_one_transaction(store: Store, before: int) -> None:
    events = a_run()
    record(store, events[:before]) if before else None
    with metered() as meter:
        store.recorder.apply(TEAM_ID, [events[before]], delivery())
    assert meter.operations == ["batch_get", "transact"]


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
        seen.append([str(write.item["pk"]).partition("#")[0] for write in writes])  # type: ignore[union-attr]
        transact(writes)

    monkeypatch.setattr(store.table.engine, "transact", watched)
    store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    assert seen == [["DELIVERY", "EXECUTION", "PIPELINE", "TEAM", "CHANGES"]]


def test_repeated_delivery_changes_nothing(store: Store) -> None:
    store.recorder.apply(TEAM_ID, [execution_changed()], delivery())
    before = documents(store)
    again = store.recorder.apply(TEAM_ID, [execution_changed(status=Status.FAILED, finished=True)], delivery())
    assert (again.duplicate, again.changed) == (True, False)
    assert documents(store) == before


@pytest.mark.parametrize("position", range(5), ids=["claim", "execution", "pipeline", "row", "notice"])
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
    assert meter.operations == ["batch_get", "transact"] * 8
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
