"""What a deleted team leaves behind goes a moment's work at a time, and all of it, whatever fails in between."""

from __future__ import annotations

from dashboard.jobs import apply_conventions
from storage.codec.convention_items import StoredConventions
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import StageKind
from storage.model.stage_rules import Conventions, StageRule
from storage.recording.removals import MOST
from storage.store import Store
from storage.table import metered
from tests.dashboard.jobs.doing import do
from tests.factories import BY, REF, Clock, a_member, a_run, a_team, record, stored_items


def left_of(store: Store, team_id: str) -> int:
    """How many calls it takes until nothing is left."""
    for call in range(100):
        with metered() as meter:
            done = store.removals.remove_some(team_id)
        assert meter.operations.count("delete") <= MOST
        if done:
            return call
    raise AssertionError("it never ends")


def test_large_team_goes_in_many_small_steps(store: Store, clock: Clock) -> None:
    team, other = a_team(store), a_team(store, "Other", "other")
    runs = [record(store, a_run(f"{5000 + n}", ref=replace(REF, key=f"1/{n % 3}")), team.id) for n in range(120)]
    kept = record(store, a_run("9000"), other.id)
    a_member(store, team, Role.MEMBER)
    store.teams.delete(team, BY)
    assert left_of(store, team.id) >= 2
    assert [run for run in runs if store.executions.find(run)] == []
    assert store.executions.find(kept) is not None
    assert store.removals.list_all() == [team.id]
    clock.move(600_000)
    assert store.removals.remove_some(team.id)
    assert store.removals.list_all() == []


def test_facts_that_no_job_has_put_in_their_places_go_with_their_team(store: Store) -> None:
    team = a_team(store)
    record(store, a_run("1"), team.id)
    store.teams.delete(team, BY)
    left_of(store, team.id)
    assert [
        str(item["pk"]) for item in stored_items(store) if str(item["pk"]).startswith(("FACTS", "STALE_DAYS"))
    ] == []


def test_rules_about_stages_go_with_their_team_and_keep_no_job_busy(store: Store) -> None:
    team = a_team(store)
    rules = Conventions((StageRule("*", StageKind.OTHER),))
    store.stage_conventions.put(team.id, StoredConventions(), rules, BY, team.name)
    store.teams.delete(team, BY)
    left_of(store, team.id)
    assert store.stage_conventions.find(team.id).version == 0
    do(apply_conventions.JOB, store)
    assert not apply_conventions.is_needed(store)
