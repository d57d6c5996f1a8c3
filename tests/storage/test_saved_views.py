"""Saved views and stars of a person, on every engine."""

from __future__ import annotations

import pytest

from storage.errors import Conflict
from storage.keys import new_id
from storage.model.accounts import Session, User
from storage.model.document import replace
from storage.model.saved_views import MOST_STARS, MOST_VIEWS, Full, SavedView, Screen, ViewSet
from storage.store import Store
from storage.table import Table, metered
from tests.factories import BY, NOW

NOTHING = ViewSet("u" * 32)
MINE = SavedView("v1", "Red ones", Screen.BOARD, "t1", query="is:failing", sort="longest", group="label", dense=True)


@pytest.fixture
def store(table: Table) -> Store:
    """A store of this engine."""
    return Store(table)


def test_views_and_stars_come_back_as_they_went(store: Store) -> None:
    after = NOTHING.with_view(MINE).with_star(team_id="t1").with_star(pipeline_id="p1")
    written = store.view_sets.put(NOTHING, after)
    assert written.version == 1
    assert store.view_sets.find(NOTHING.user_id) == written
    assert store.view_sets.find("w" * 32) == ViewSet("w" * 32)


def test_second_of_two_windows_is_told_and_begins_again(store: Store) -> None:
    store.view_sets.put(NOTHING, NOTHING.with_star(team_id="t1"))
    with pytest.raises(Conflict):
        store.view_sets.put(NOTHING, NOTHING.with_star(team_id="t2"))
    changed = store.view_sets.change(NOTHING, lambda present: present.with_star(team_id="t2"))
    assert changed.teams == ("t1", "t2")
    assert store.view_sets.find(NOTHING.user_id) == changed


def test_change_gives_up_where_others_write_again_and_again(store: Store) -> None:
    def change(present: ViewSet) -> ViewSet:
        other = store.view_sets.find(present.user_id)
        store.view_sets.put(other, other.with_star(team_id=f"t{other.version}"))
        return present.with_star(pipeline_id="p")

    with pytest.raises(Conflict):
        store.view_sets.change(NOTHING, change)


def test_change_that_changes_nothing_writes_nothing(store: Store) -> None:
    with metered() as meter:
        assert store.view_sets.change(NOTHING, lambda present: present.without_star(team_id="t")) is NOTHING
    assert meter.operations == []


def test_whoever_comes_brings_them_in_the_same_read(store: Store) -> None:
    user = User(new_id(), "mara@example.com", "Mara", "hash", is_admin=False, created_at=NOW)
    store.users.create(user, BY)
    store.sessions.put(Session(user.id, "k" * 64, 0, NOW, NOW + 1000), BY)
    mine = ViewSet(user.id)
    assert store.users.arrive(user.id, "k" * 64).views == mine
    kept = store.view_sets.put(mine, mine.with_view(MINE))
    with metered() as meter:
        arrival = store.users.arrive(user.id, "k" * 64, "payments")
    assert meter.operations == ["batch_get"]
    assert arrival.views == kept


def test_view_of_the_same_name_on_the_same_page_is_replaced() -> None:
    other = replace(MINE, id="v2", query="is:idle")
    elsewhere = replace(MINE, id="v3", team_id="t2")
    kept = NOTHING.with_view(MINE).with_view(elsewhere).with_view(other)
    assert kept.views == (other, elsewhere)
    assert kept.of(Screen.BOARD, "t1") == (other,)
    assert kept.of(Screen.NETWORK) == ()


def test_view_is_renamed_in_place_and_takes_the_place_of_its_namesake() -> None:
    other = replace(MINE, id="v2", name="Idle ones")
    kept = NOTHING.with_view(MINE).with_view(other)
    assert [view.name for view in kept.renamed("v1", "Broken").views] == ["Broken", "Idle ones"]
    assert kept.renamed("v2", "Red ones").views == (replace(other, name="Red ones"),)
    assert kept.renamed("nobody's", "x") == kept
    assert kept.without_view("v1").views == (other,)


def test_no_more_views_and_stars_than_fit() -> None:
    full = replace(NOTHING, views=tuple(replace(MINE, id=str(n), name=str(n)) for n in range(MOST_VIEWS)))
    with pytest.raises(Full, match="50 views"):
        full.with_view(MINE)
    assert len(full.with_view(replace(MINE, id="7")).views) == MOST_VIEWS
    stars = replace(NOTHING, pipelines=tuple(map(str, range(MOST_STARS))))
    with pytest.raises(Full, match="200 stars"):
        stars.with_star(team_id="t")
    assert stars.with_star(pipeline_id="7") == stars
    assert len(stars.without_star(pipeline_id="7").with_star(team_id="t").pipelines) == MOST_STARS - 1
