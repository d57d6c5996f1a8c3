"""Folding again what is derived: the same as what events left, however busy the pipeline, however long its history."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from storage import keys
from storage.codec import items
from storage.errors import Conflict, NotFound
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.pipeline_record import PipelineRecord
from storage.recording.histories import AT_ONCE
from storage.store import Store
from storage.table import Table, Write, metered
from tests.copies import copied
from tests.factories import BY, DAY, MINUTE, NOW, REF, TEAM_ID, a_run, execution_changed, record

PIPELINE = keys.pipeline_id(TEAM_ID, "github", REF.key)


@pytest.fixture
def shop(sqlite_table: Table) -> Store:
    """A pipeline of sixty runs, some red, one under way."""
    store = Store(sqlite_table)
    store.recorder._pause = store.rebuilder._pause = lambda _: None
    copied(store, record_sixty_runs)
    return store


def record_sixty_runs(store: Store) -> None:
    for number in range(60):
        began = NOW - DAY + number * 10 * MINUTE
        record(store, a_run(str(5000 + number), began=began, outcome=outcome_of(number), stages=("build",)))
    record(store, a_run("5060", began=NOW - 10 * MINUTE, outcome=None, stages=("build",)))


def outcome_of(number: int) -> Status:
    return Status.FAILED if number % 9 == 0 or number > 57 else Status.SUCCEEDED


def both(store: Store) -> tuple[PipelineRecord, BoardRow]:
    pair = store.pipelines.find_pair(TEAM_ID, PIPELINE)
    assert pair is not None
    return pair[0], pair[1].row()


def test_fold_of_what_events_left_changes_nothing(shop: Store) -> None:
    shop.rebuilder.rename(TEAM_ID)
    before = both(shop)
    assert not shop.rebuilder.fold(PIPELINE)
    assert both(shop) == before


def test_fold_makes_the_same_of_the_executions_alone(shop: Store) -> None:
    before = both(shop)
    bare = replace(before[0], history=replace(before[0].history, runs=(), quiet=(), stale=True), texts={})
    shop.table.put(items.record_item(bare, 900))
    shop.table.delete(items.row_key(TEAM_ID, PIPELINE))
    assert shop.rebuilder.fold(PIPELINE)
    assert both(shop) == before


def test_fold_on_every_engine_makes_what_events_left(large_table: Table) -> None:
    store = Store(large_table)
    for number in range(AT_ONCE + 8):
        began = NOW - DAY + number * 10 * MINUTE
        record(store, a_run(str(5000 + number), began=began, outcome=outcome_of(number), stages=("build",))[-1:])
    before = both(store)
    store.table.delete(items.row_key(TEAM_ID, PIPELINE))
    assert store.rebuilder.fold(PIPELINE)
    assert both(store) == before
    assert not store.rebuilder.fold(PIPELINE)


def test_executions_are_read_a_few_at_a_time(shop: Store) -> None:
    with metered() as meter:
        shop.rebuilder.fold(PIPELINE)
    reads = [name for name in meter.operations if name == "batch_get"]
    assert AT_ONCE < 60
    assert len(reads) == -(-61 // AT_ONCE)
    assert meter.operations.count("query") == 2


def test_pipeline_that_never_rests_is_folded_all_the_same(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before each try to write there are events: all executions are read once, then those that the events touched."""
    stale = replace(both(shop)[0].history, stale=True)
    shop.table.put(items.record_item(replace(both(shop)[0], history=stale), 900))
    transact = shop.table.transact
    coming = iter(busy_events())

    def interrupted(writes: Sequence[Write]) -> None:
        monkeypatch.setattr(shop.table, "transact", transact)
        for event in next(coming, ()):
            shop.recorder.apply(TEAM_ID, [event])
        monkeypatch.setattr(shop.table, "transact", interrupted)
        transact(writes)

    monkeypatch.setattr(shop.table, "transact", interrupted)
    with metered() as meter:
        assert shop.rebuilder.fold(PIPELINE)
    monkeypatch.undo()
    assert next(coming, None) is None
    assert meter.operations.count("query") == 2
    folded, row = both(shop)
    assert not folded.history.stale
    # Run 5060 is silent, and newer ones have spoken since.
    assert [one.execution_id for one in row.in_flight] == [keys.execution_id(TEAM_ID, "github", "5119")]
    assert row.result is not None
    assert row.result.number == "17"
    assert [one.number for one in row.waiting] == ["18"]
    assert not shop.rebuilder.fold(PIPELINE)


def busy_events() -> Iterator[Sequence[AnyEvent]]:
    for number in range(5100, 5119):
        yield a_run(str(number), began=NOW + (number - 5100) * MINUTE, stages=("build",))
    waits = execution_changed("5120", number="18", branch="topic", status=Status.WAITING, at=NOW + 61 * MINUTE)
    yield [*a_run("5119", began=NOW + 60 * MINUTE, outcome=None, stages=("build",)), waits]


def test_one_that_loses_every_race_says_so(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(writes: Sequence[Write]) -> None:
        raise Conflict("somebody else wrote first")

    monkeypatch.setattr(shop.table, "transact", refused)
    with pytest.raises(Conflict, match="written by others"):
        shop.rebuilder.fold(PIPELINE, lambda record: replace(record, overrides=PipelineOverrides(name="Other")))


def test_what_people_change_meanwhile_is_folded_with(shop: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another default branch: every execution reads otherwise."""
    shop.table.put(items.record_item(replace(both(shop)[0], history=replace(both(shop)[0].history, stale=True)), 900))
    transact = shop.table.transact

    def interrupted(writes: Sequence[Write]) -> None:
        monkeypatch.setattr(shop.table, "transact", transact)
        trunk = PipelineOverrides(default_branch="trunk")
        shop.override_writer.override(TEAM_ID, PIPELINE, trunk, NO_OVERRIDES, BY)
        transact(writes)

    monkeypatch.setattr(shop.table, "transact", interrupted)
    shop.rebuilder.fold(PIPELINE)
    folded, row = both(shop)
    assert (folded.overrides.default_branch, row.result, row.in_flight) == ("trunk", None, ())
    assert not shop.rebuilder.fold(PIPELINE)


def test_run_whose_execution_has_expired_stays_remembered(shop: Store) -> None:
    before = both(shop)
    newest_red = before[0].history.runs[0]
    shop.table.delete(items.execution_key(newest_red.id))
    shop.rebuilder.fold(PIPELINE)
    assert both(shop)[1].result == before[1].result


def test_execution_of_another_pipeline_is_not_folded_in(shop: Store) -> None:
    ref = replace(REF, key="1296269/Other", name="Other")
    shop.recorder.apply(TEAM_ID, [execution_changed("5060", pipeline=ref, at=NOW + MINUTE)])
    assert both(shop)[1].in_flight == ()
    shop.rebuilder.fold(PIPELINE)
    assert both(shop)[1].in_flight == ()
    assert not shop.rebuilder.fold(PIPELINE)


def test_pipeline_that_is_not_there_is_not_found(shop: Store) -> None:
    with pytest.raises(NotFound):
        shop.rebuilder.fold("f" * 32)
