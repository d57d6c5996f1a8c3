"""Folding a pipeline again from its executions: what it mends, and what it must not lose."""

from __future__ import annotations

import pytest

from storage.codec import items
from storage.errors import NotFound
from storage.model import run_history
from storage.model.document import replace
from storage.model.entities import Status
from storage.model.events import Origin
from storage.model.overrides import PipelineOverrides
from storage.store import Store
from tests.factories import BY, CODEPIPELINE, REF, TEAM_ID, pipeline_execution, record
from tests.storage.recording.cases import at, end_of, quiet, run, stage, told
from tests.storage.recording.tables import PIPELINE_ID, record_of, row_of

DEPLOY = replace(REF, key="github.com/1296269/4712", name="Deploy", path=".github/workflows/deploy.yml")


def flying(store: Store) -> list[str]:
    return [one.number for one in row_of(store).in_flight]


def test_run_that_a_fork_had_pushed_aside_comes_back_once_that_is_known(store: Store) -> None:
    record(store, run(7, 0, None))
    record(store, run(8, 30, origin=None))
    assert flying(store) == []
    fork = told(8, Status.SUCCEEDED, 60, origin=Origin.FORK, head="somebody/checkout")
    applied = store.recorder.apply(TEAM_ID, [fork])
    assert applied.stale
    assert store.rebuilder.fold(PIPELINE_ID)
    assert flying(store) == ["7"]
    assert not record_of(store).history.stale


def test_execution_that_a_rollback_had_pushed_aside_comes_back_once_that_is_known(store: Store) -> None:
    record(store, stage("seven", "Build", 0, None))
    record(store, stage("eight", "Build", 30)[2:])
    record(store, [replace(event, decisive=True) for event in stage("eight", "Prod", 31, Status.FAILED)[2:3]])
    rollback = pipeline_execution("eight", Status.FAILED, at(33), rollback=True)
    applied = store.recorder.apply(TEAM_ID, [rollback])
    assert applied.stale
    store.rebuilder.fold(applied.pipeline_id)
    row = row_of(store, applied.pipeline_id)
    assert [one.number for one in row.in_flight] == ["seven"]
    assert row.source == CODEPIPELINE.source


def test_pipeline_whose_executions_turned_out_to_be_of_another_is_removed(store: Store) -> None:
    record(store, run(7, 0, None, ref=DEPLOY))
    (before,) = store.pipelines.list_board(TEAM_ID)
    applied = store.recorder.apply(TEAM_ID, [told(7, Status.FAILED, 60)])
    assert applied.left_id == before.id
    assert store.rebuilder.fold(before.id)
    assert [row.id for row in store.pipelines.list_board(TEAM_ID)] == [PIPELINE_ID]
    assert store.pipelines.find(before.id) is None
    with pytest.raises(NotFound):
        store.rebuilder.fold(before.id)


def test_pipeline_of_which_people_made_something_stays_without_executions(store: Store) -> None:
    record(store, run(7, 0, None, ref=DEPLOY))
    (before,) = store.pipelines.list_board(TEAM_ID)
    store.override_writer.override(TEAM_ID, before.id, PipelineOverrides(name="Ours"), PipelineOverrides(), BY)
    store.recorder.apply(TEAM_ID, [told(7, Status.FAILED, 60)])
    store.rebuilder.fold(before.id)
    assert row_of(store, before.id).name == "Ours"


def test_words_of_an_execution_that_left_are_no_longer_the_pipelines(store: Store) -> None:
    record(store, run(7, 0, ref=REF))
    record(store, run(8, 30, None, ref=replace(REF, name="Another")))
    store.recorder.apply(TEAM_ID, [told(8, Status.FAILED, 60, pipeline=DEPLOY)])
    store.rebuilder.fold(PIPELINE_ID)
    found = record_of(store)
    assert (found.text("name"), found.last_order) == ("CI", 7)


def expire(store: Store, *execution_ids: str) -> None:
    for execution_id in execution_ids:
        store.table.delete(items.execution_key(execution_id))


def test_runs_whose_executions_have_expired_are_still_remembered(store: Store) -> None:
    old = record(store, run(7, 0, Status.FAILED))
    record(store, run(8, 30, Status.FAILED))
    before = row_of(store)
    expire(store, old)
    store.rebuilder.fold(PIPELINE_ID)
    assert row_of(store) == before
    assert record_of(store).first_order == 7


def test_colour_has_held_since_before_what_is_remembered_though_that_has_expired(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_history, "KEPT", 3)
    ids = [record(store, quiet(n, n * 10, Status.FAILED)) for n in range(1, 8)]
    assert row_of(store).since == end_of(10, 0)
    for gone in (ids[:1], ids[:4]):
        expire(store, *gone)
        store.rebuilder.fold(PIPELINE_ID)
        result = row_of(store).result
        assert result is not None
        assert (result.since, result.first_red_number, result.number) == (end_of(10, 0), "1", "7")


def test_on_another_default_branch_nothing_is_kept_of_what_has_expired(store: Store) -> None:
    expire(store, record(store, run(7, 0, Status.FAILED)))
    record(store, run(8, 30, branch="topic"))
    store.override_writer.override(
        TEAM_ID, PIPELINE_ID, PipelineOverrides(default_branch="topic"), PipelineOverrides(), BY
    )
    assert [run.number for run in record_of(store).history.runs] == ["8"]


def test_names_are_told_apart_anew_when_one_takes_the_place_of_another(store: Store) -> None:
    record(store, run(7, 0))
    moved = replace(DEPLOY, name="CI")
    applied = store.recorder.apply(TEAM_ID, run(8, 30, ref=moved)[:1])
    assert applied.renames
    store.rebuilder.rename(TEAM_ID)
    assert {row.row().label for row in store.pipelines.list_board(TEAM_ID)} == {"checkout", "checkout · CI (ci.yml)"}
    assert not store.recorder.apply(TEAM_ID, [told(7, Status.SUCCEEDED, 20, actor="mara")]).renames
    assert record_of(store).retired
    assert store.recorder.apply(TEAM_ID, run(9, 60)[:1]).renames
    store.rebuilder.rename(TEAM_ID)
    assert not record_of(store).retired
