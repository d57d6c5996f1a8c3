"""Facts through the recorder: what an event costs, what a mark, a rule and a move do, and what is left of a team."""

from __future__ import annotations

import random

from storage import keys
from storage.codec import fact_items
from storage.model.entities import Status
from storage.model.facts import DAY_MS, Fact
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.windows import WINDOWS
from storage.store import Store
from storage.table import Query, metered
from tests.factories import BY, MINUTE, NOW, Clock, a_run, a_team, record, stored_items
from tests.storage.recording.tables import fold_facts

STAGES = ("build", "unit", "contract", "integration", "scan", "package", "staging", "smoke", "accept", "production")


def facts_of(store: Store, pipeline_id: str) -> list[Fact]:
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


def test_event_that_ends_a_run_writes_a_fact_and_a_note_of_its_day_beside_all_else(store: Store) -> None:
    team = a_team(store)
    for number in range(31):
        record(store, a_run(str(number), stages=STAGES, began=NOW - (40 - number) * 60 * MINUTE), team.id)
    *before, last = a_run("99", stages=STAGES, began=NOW - 30 * MINUTE)
    record(store, before, team.id)
    with metered() as meter:
        store.recorder.apply(team.id, [last])
    assert (meter.calls, meter.wcu) == (2, 20 + 4)


def test_fact_of_very_many_long_stages_fits(store: Store) -> None:
    team, dice = a_team(store), random.Random(5)
    names = tuple("".join(dice.choice("abcdefghijklmnop") for _ in range(90)) for _ in range(60))
    record(store, a_run("1", stages=names, outcome=Status.FAILED), team.id)
    (item,) = store.table.query(Query(keys.facts(pipeline_of(store, team.id)))).items
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
    assert store.rebuilder.settle_facts(pipeline_id) == 5
    assert {str(fact.voice) for fact in facts_of(store, pipeline_id)} == {"other"}
    assert store.rebuilder.settle_facts(pipeline_id) == 0


def test_windows_are_the_same_however_often_they_are_worked_out(store: Store, clock: Clock) -> None:
    team = a_team(store)
    for number in range(8):
        outcome = Status.FAILED if number % 3 == 0 else Status.SUCCEEDED
        events = a_run(str(number), stages=("build", "production"), began=NOW - number * DAY_MS, outcome=outcome)
        record(store, events, team.id)
    fold_facts(store)
    first = windows_in(store)
    assert len(first) == 2 * len(WINDOWS)
    assert not store.fact_folder.fold_team(team.id)
    assert (list(store.fact_folder.stale_days()), store.fact_folder.list_stale_teams()) == ([], [])
    pipeline_id = pipeline_of(store, team.id)
    for item in store.table.query(Query(keys.parts(pipeline_id))).items:
        store.table.delete(fact_items.part_key(pipeline_id, int(str(item["sk"])[:6]), 0))
    assert store.fact_folder.fold_team(team.id)
    for fact in facts_of(store, pipeline_id):
        store.table.put(fact_items.stale_item(pipeline_id, fact.day))
    fold_facts(store)
    assert windows_in(store) == first
    clock.now += DAY_MS
    store.fact_folder.note_old_teams()
    fold_facts(store)
    assert windows_in(store) != first


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
