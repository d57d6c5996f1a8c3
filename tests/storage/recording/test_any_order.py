"""Whatever the order, repetition and interleaving of what tools tell: the same executions, records, rows and summaries,
and the same as folding them again from the executions."""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.model import run_history, scheduled_runs
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import AnyEvent, ExecutionChanged, Origin
from storage.model.execution_view import build
from storage.model.merge import EMPTY, State, merge
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import run_of
from storage.recording import projections
from storage.recording.projections import Pipeline, Projected
from storage.store import Store
from tests.factories import DAY, MINUTE, NOW, TEAM_ID, a_run
from tests.storage.model.test_billing import slowly
from tests.storage.recording.cases import apply, at, run, summary_differs
from tests.storage.recording.tables import assert_same, fold_facts, scratch, standing, unmarked
from tests.storage.recording.worlds import events_of_one_pipeline, orders_of, worlds

CI = bool(os.environ.get("CI"))
many = settings(max_examples=1000 if CI else 25)
some = settings(max_examples=50 if CI else 6)


# Without a table: one pipeline's record and row.


def projected(updates: Sequence[tuple[str, State]]) -> Projected:
    """The pipeline after executions were as these states say, one after another."""
    before, after = Pipeline(), None
    for name, state in updates:
        shown = build(state, execution_id=name, pipeline_id="p", team_id="t")
        after = projections.project(before, state, shown, run_of(state, shown))
        before = Pipeline(after.record, after.row)
    assert after is not None
    return after


def growing(told: Sequence[AnyEvent]) -> list[tuple[str, State]]:
    """The states that these events make, from where each names its pipeline."""
    states: dict[str, State] = {}
    found = []
    for event in told:
        states[event.execution] = merge(states.get(event.execution, EMPTY), [event])
        if "pipeline_key" in states[event.execution].texts:
            found.append((event.execution, states[event.execution]))
    return found


@many
@given(st.data())
def test_row_and_record_follow_from_the_executions_alone(data: st.DataObject) -> None:
    executions = data.draw(events_of_one_pipeline())
    told = [event for events in executions for event in events]
    shuffled = data.draw(orders_of(told))
    ends = [(events[0].execution, merge(EMPTY, events)) for events in executions]
    found, right = projected(growing(shuffled)), projected(data.draw(st.permutations(ends)))
    if not found.record.history.stale:
        assert_same({"row": found.row}, {"row": right.row})
        assert_same({"record": unmarked(found.record)}, {"record": unmarked(right.record)})
    assert summary_differs(right.row) == []


def test_run_of_the_default_branch_is_not_overtaken_by_one_of_a_tag() -> None:
    """Else it were gone for good once another run tells that the pipeline does not go by its tags."""
    tag = [
        replace(each, origin=Origin.TAG, branch="v1") if isinstance(each, ExecutionChanged) else each
        for each in a_run("3", began=NOW + MINUTE, outcome=Status.SUCCEEDED)
    ]
    row = projected(growing([*a_run("2", began=NOW, outcome=None), *tag])).row
    assert [one.execution_id for one in row.in_flight] == ["2"]


# Through the recorder: several pipelines.


def played(told: Sequence[AnyEvent], store: Store) -> dict[str, object]:
    for event in told:
        apply(store, event)
    store.rebuilder.rename(TEAM_ID)
    fold_facts(store)
    return as_compared(store)


def as_compared(store: Store) -> dict[str, object]:
    return {key: unmarked(one) if isinstance(one, PipelineRecord) else one for key, one in standing(store).items()}


@some
@given(st.data())
def test_all_that_stands_is_the_same_in_any_order(data: st.DataObject) -> None:
    told = data.draw(worlds())
    shuffled = data.draw(orders_of(told))
    with scratch() as store:
        right = played(told, store)
    with scratch() as store:
        found = played(shuffled, store)
    assert_same(found, right)


@some
@given(st.data())
def test_folding_again_changes_nothing_that_is_shown(data: st.DataObject) -> None:
    with scratch() as store:
        before = played(data.draw(orders_of(data.draw(worlds()))), store)
        ids = store.rebuilder.list_pipelines(TEAM_ID)
        for pipeline_id in ids:
            store.rebuilder.fold(pipeline_id)
        assert [pipeline_id for pipeline_id in ids if store.rebuilder.refold(pipeline_id).facts] == []
        assert_same(as_compared(store), before)
        assert [pipeline_id for pipeline_id in ids if store.rebuilder.fold(pipeline_id)] == []
        assert not store.rebuilder.rename(TEAM_ID)


@some
@given(st.data())
def test_minutes_of_every_fact_are_those_of_all_events(data: st.DataObject) -> None:
    told = data.draw(worlds())
    with scratch() as store:
        for event in data.draw(orders_of(told)):
            apply(store, event)
        for pipeline_id in store.rebuilder.list_pipelines(TEAM_ID):
            for fact in store.windows.list_facts(pipeline_id, 0):
                stored, _ = store.executions.get_stored(fact.id)
                shown = store.executions.read(stored)
                counted = [event for event in told if event.execution == stored.state.external_id]
                if not shown.ended:
                    counted = [event for event in counted if event.attempt <= fact.attempts[-1].number]
                assert {one.label: (one.minutes, one.rerun_minutes) for one in fact.billed} == slowly(counted)


# More executions than are remembered.

outcomes = st.sampled_from([Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])


@st.composite
def long_histories(draw: st.DrawFn) -> list[AnyEvent]:
    """One event for each run; one of them is deployed again at the end. A schedule may have begun them every night."""
    events, nightly = list[AnyEvent](), draw(st.booleans())
    for number, outcome in enumerate(draw(st.lists(outcomes, min_size=6, max_size=12)), 1):
        said = {"scheduled_at": at(0) + number * DAY} if nightly else {}
        events += run(number, number * 10, outcome, stages=(), **said)[-1:]
    again = draw(st.integers(1, 4))
    ended = draw(st.sampled_from([None, Status.SUCCEEDED, Status.FAILED]))
    return events + (run(again, 200, ended, "deploy production", attempt=2) if draw(st.booleans()) else [])


@some
@given(st.data())
def test_more_executions_than_are_remembered_leave_the_same_in_any_order(data: st.DataObject) -> None:
    told = data.draw(long_histories())
    shuffled = data.draw(orders_of(told))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_history, "KEPT", 3)
        patch.setattr(scheduled_runs, "KEPT_TIMES", 5)
        with scratch() as store:
            right = played(told, store)
            for pipeline_id in store.rebuilder.list_pipelines(TEAM_ID):
                store.rebuilder.fold(pipeline_id)
            assert_same(as_compared(store), right)
        with scratch() as store:
            assert_same(played(shuffled, store), right)
