"""Teams: two people at once, and a summary that moves under them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from storage.errors import AlreadyExists, Conflict
from storage.model.team_summary import TeamSummary
from storage.store import Store
from tests.factories import BY


def test_rename_survives_a_summary_that_was_refreshed_meanwhile(store: Store) -> None:
    entry = store.teams.get(store.teams.create("Checkout", "checkout", BY).id)
    store.teams.put_summary(entry, TeamSummary(measured=3))
    store.teams.update(entry, replace(entry.team, name="Basket", slug="basket"), BY)
    found = store.teams.get(entry.team.id)
    assert (found.team.name, found.team.slug, found.summary.measured) == ("Basket", "basket", 3)


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
