"""Teams: their boards beside each other, and two people at once."""

from __future__ import annotations

import pytest

from storage.errors import AlreadyExists, Conflict
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Status
from storage.store import Store
from tests.factories import BY, NOW, a_pipeline_execution, a_run, a_team, record


def test_boards_of_all_teams_stand_by_name_with_their_pipelines(store: Store) -> None:
    ledger = a_team(store, "Ledger", "ledger")
    checkout = a_team(store, "Checkout", "checkout")
    record(store, a_run("1", outcome=Status.FAILED), checkout.id)
    record(store, a_pipeline_execution("x"), checkout.id)
    found = store.teams.list_boards()
    assert [entry.team.name for entry in found] == [checkout.name, ledger.name]
    assert [(row.label, condition(row, NOW)) for row in found[0].rows] == [
        ("checkout", Condition.FAILING),
        ("ledger", Condition.PASSING),
    ]
    assert found[1].rows == ()


def test_pipeline_that_people_hid_is_on_no_board_of_all_teams(store: Store) -> None:
    team = a_team(store)
    record(store, a_run("1"), team.id)
    (stored,) = store.pipelines.list_board(team.id)
    for hidden, shown in ((True, 0), (False, 1)):
        found = store.pipelines.find(stored.id)
        assert found is not None
        store.override_writer.override(team.id, stored.id, replace(found.overrides, hidden=hidden), found.overrides, BY)
        assert len(store.teams.list_boards()[0].rows) == shown
        assert len(store.pipelines.list_board(team.id)) == shown
        assert len(store.pipelines.list_board(team.id, hidden=True)) == 1


def test_second_of_two_people_who_edit_a_team_is_told(store: Store, clock) -> None:
    entry = store.teams.get(store.teams.create("Checkout", "checkout", BY).id)
    clock.move(1000)
    store.teams.update(entry, replace(entry.team, name="Basket"), BY)
    with pytest.raises(Conflict):
        store.teams.update(entry, replace(entry.team, name="Cart"), BY)
    assert store.teams.get(entry.team.id).team.name == "Basket"


def test_address_of_another_team_is_refused_and_nothing_changes(store: Store) -> None:
    store.teams.create("Payments", "payments", BY)
    entry = store.teams.get(store.teams.create("Checkout", "checkout", BY).id)
    with pytest.raises(AlreadyExists):
        store.teams.update(entry, replace(entry.team, slug="payments"), BY)
    assert store.teams.get(entry.team.id).team.slug == "checkout"
