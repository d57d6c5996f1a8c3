"""Facts through the recorder: what an event costs, what a mark, a rule and a move do, and what is left of a team."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from storage import keys
from storage.codec import fact_items
from storage.errors import Conflict
from storage.model.entities import Status
from storage.model.facts import DAY_MS, Fact
from storage.model.marks import DeploymentMark
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.windows import WINDOWS
from storage.repositories.windows import list_short_facts
from storage.store import Store
from storage.table import Item, Query, Write, metered
from tests.factories import BY, MINUTE, NOW, Clock, a_run, a_team, delivery, record, stored_items
from tests.storage.recording.tables import fold_facts

STAGES = ("build", "unit", "contract", "integration", "scan", "package", "staging", "smoke", "accept", "production")


def facts_of(store: Store, pipeline_id: str) -> list[Fact]:
    """Once the job has put them in their places."""
    for day in store.fact_folder.stale_days():
        store.fact_folder.fold_day(day)
    return [fact_items.fact_of(item) for item in store.table.query(Query(keys.facts(pipeline_id))).items]


def pipeline_of(store: Store, team_id: str) -> str:
    return store.rebuilder.list_pipelines(team_id)[0]


def test_fact_is_there_once_something_has_ended_and_says_what(store: Store) -> None:
    team = a_team(store)
    events = a_run("1", stages=("build", "production"), began=NOW - 30 * MINUTE)
    record(store, events[:-1], team.id)
    pipeline_id = pipeline_of(store, team.id)
    assert facts_of(store, pipeline_id) == []
    record(store, events, team.id)
    (fact,) = facts_of(store, pipeline_id)
    assert (fact.status, fact.first, [stage.name for stage in fact.stages]) == (
        Status.SUCCEEDED, Status.SUCCEEDED, ["build", "production"],
    )  # fmt: skip
    assert len(fact.deployed) == 1
    assert fact.day == fact.at // DAY_MS


def test_event_that_ends_a_run_of_ten_stages_writes_twenty_units_at_most(store: Store) -> None:
    team = a_team(store)
    for number in range(31):
        record(store, a_run(str(number), stages=STAGES, began=NOW - (40 - number) * 60 * MINUTE), team.id)
    *before, last = a_run("99", stages=STAGES, began=NOW - 30 * MINUTE)
    record(store, before, team.id)
    with metered() as meter:
        store.recorder.apply(team.id, [last], delivery())
    assert (meter.calls, meter.wcu) == (2, 19)


def test_fact_of_very_many_long_stages_fits(store: Store) -> None:
    team, dice = a_team(store), random.Random(5)
    names = tuple("".join(dice.choice("abcdefghijklmnop") for _ in range(90)) for _ in range(60))
    record(store, a_run("1", stages=names, outcome=Status.FAILED), team.id)
    (item,) = store.table.query(Query(keys.stale_days())).items
    assert len(bytes(item["doc"])) <= fact_items.MOST_BYTES  # type: ignore[arg-type]
    assert any(stage.status.red for stage in fact_items.fact_of(item).stages)


def test_rule_that_changes_makes_the_facts_it_would_have_made(store: Store) -> None:
    team = a_team(store)
    for number in range(5):
        record(store, a_run(str(number), stages=("build", "ship"), began=NOW - (9 - number) * 60 * MINUTE), team.id)
    pipeline_id = pipeline_of(store, team.id)
    assert not any(fact.deployed for fact in facts_of(store, pipeline_id))
    wanted = PipelineOverrides(default_branch="trunk")
    store.override_writer.override(team.id, pipeline_id, wanted, NO_OVERRIDES, BY)
    assert store.rebuilder.refold(pipeline_id).facts == 5
    assert {str(fact.voice) for fact in facts_of(store, pipeline_id)} == {"other"}
    assert store.rebuilder.refold(pipeline_id).facts == 0


def test_fact_is_in_its_place_and_in_its_day_after_whatever_step_the_job_was_stopped(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = a_team(store)
    for number in range(3):
        record(store, a_run(str(number), began=NOW - number * 60 * MINUTE), team.id)
    write, transact, left = store.table.write, store.table.transact, [0]

    def stopping(carry_out: Callable[[Any], None]) -> Callable[[Any], None]:
        def carried_out(writes: Any) -> None:
            if not left[0]:
                raise KeyboardInterrupt
            left[0] -= 1
            carry_out(writes)

        return carried_out

    monkeypatch.setattr(store.table, "write", stopping(write))
    monkeypatch.setattr(store.table, "transact", stopping(transact))
    for steps in range(4):
        left[0] = steps
        with suppress(KeyboardInterrupt):
            fold_facts(store)
    monkeypatch.undo()
    fold_facts(store)
    pipeline_id = pipeline_of(store, team.id)
    assert len(list_short_facts(store.table, pipeline_id, 0)) == len(store.windows.list_facts(pipeline_id, 0)) == 3
    assert list(store.fact_folder.stale_days()) == []


def test_fact_that_changes_while_its_day_is_folded_is_folded_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = a_team(store)
    record(store, a_run("1", outcome=Status.FAILED), team.id)
    execution_id = record(store, a_run("2", began=NOW - 60 * MINUTE), team.id)
    transact = store.table.transact

    def late(writes: Sequence[Write]) -> None:
        monkeypatch.undo()
        mark = DeploymentMark(failed=True, unplanned=None, reason="an outage", by="Mara", at=NOW)
        store.mark_writer.mark(team.id, execution_id, mark, BY)
        transact(writes)

    monkeypatch.setattr(store.table, "transact", late)
    fold_facts(store)
    (day,) = store.fact_folder.stale_days()
    store.fact_folder.fold_day(day)
    told = {fact.id: fact.mark for fact in list_short_facts(store.table, pipeline_of(store, team.id), 0)}
    assert len(told) == 2
    assert told[execution_id] is not None


def test_mark_is_in_the_fact_before_any_job_has_run(store: Store) -> None:
    team = a_team(store)
    execution_id = record(store, a_run("1"), team.id)
    mark = DeploymentMark(failed=True, unplanned=None, reason="an outage", by="Mara", at=NOW)
    pipeline_id, day = store.mark_writer.mark(team.id, execution_id, mark, BY)
    (fact,) = store.windows.list_facts(pipeline_id, 0)
    assert fact.mark == mark
    store.fact_folder.fold_now(team.id, pipeline_id, day)
    (short,) = list_short_facts(store.table, pipeline_id, 0)
    assert short.mark == mark


def five_runs_of_another_branch(store: Store) -> str:
    """By what people said since. Their pipeline."""
    team = a_team(store)
    for number in range(5):
        record(store, a_run(str(number), began=NOW - (9 - number) * 60 * MINUTE), team.id)
    pipeline_id = pipeline_of(store, team.id)
    wanted = PipelineOverrides(default_branch="trunk")
    store.override_writer.override(team.id, pipeline_id, wanted, NO_OVERRIDES, BY)
    return pipeline_id


def test_facts_that_change_are_written_several_at_once(store: Store) -> None:
    pipeline_id = five_runs_of_another_branch(store)
    with metered() as meter:
        store.rebuilder.refold(pipeline_id)
    # One with all facts, one with the record.
    assert meter.operations.count("transact") == 2


def test_fact_of_an_execution_that_others_write_meanwhile_is_settled_alone(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline_id, transact = five_runs_of_another_branch(store), store.table.transact
    refused: list[int] = []

    def refuses(writes: Sequence[Write]) -> None:
        if len(refused) < 2:
            refused.append(len(writes))
            raise Conflict("others write it")
        transact(writes)

    monkeypatch.setattr(store.table, "transact", refuses)
    assert store.rebuilder.refold(pipeline_id).facts == 5
    assert refused[0] > refused[1]
    assert {str(fact.voice) for fact in facts_of(store, pipeline_id)} == {"other"}


def test_windows_are_the_same_however_often_they_are_worked_out(store: Store, clock: Clock) -> None:
    team = a_team(store)
    for number in range(8):
        outcome = Status.FAILED if number % 3 == 0 else Status.SUCCEEDED
        events = a_run(str(number), stages=("build", "production"), began=NOW - number * DAY_MS, outcome=outcome)
        record(store, events, team.id)
    fold_facts(store)
    first = windows_in(store)
    assert len(first) == 3 * len(WINDOWS)
    assert not store.fact_folder.fold_team(team.id)
    assert (list(store.fact_folder.stale_days()), store.fact_folder.list_stale_teams()) == ([], [])
    pipeline_id = pipeline_of(store, team.id)
    for item in store.table.query(Query(keys.parts(pipeline_id))).items:
        store.table.delete(fact_items.part_key(pipeline_id, int(str(item["sk"])[:6]), 0))
    assert store.fact_folder.fold_team(team.id)
    for fact in facts_of(store, pipeline_id):
        store.table.put(note_of_the_build_before(pipeline_id, fact.day))
    fold_facts(store)
    assert windows_in(store) == first
    clock.now += DAY_MS
    store.fact_folder.note_old_teams()
    fold_facts(store)
    assert windows_in(store) != first


def note_of_the_build_before(pipeline_id: str, day: int) -> Item:
    return {"pk": keys.stale_days(), "sk": f"{pipeline_id}#{keys.day_sort(day)}", "version": 1}


def windows_in(store: Store) -> dict[str, object]:
    found = (item for item in stored_items(store) if str(item["sk"]).startswith(keys.WINDOWS))
    return {f"{item['pk']!r} {item['sk']!r}": item["doc"] for item in found}


def test_moved_pipeline_counts_with_the_team_it_is_of(store: Store) -> None:
    home, to = a_team(store), a_team(store, "Ledger", "ledger")
    record(store, a_run("1", stages=("build", "production")), home.id)
    fold_facts(store)
    assert deployments(store) == {"Ledger": 0, home.name: 1}
    store.override_writer.move(pipeline_of(store, home.id), home, to, BY)
    fold_facts(store)
    assert deployments(store) == {"Ledger": 1, home.name: 0}


def deployments(store: Store) -> dict[str, int]:
    return {
        found.team.name: sum(window.now.deployments for window in found.windows if window.days == 30)
        for found in store.windows.list_all()
    }
