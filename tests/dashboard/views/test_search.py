"""What the palette and /search find, for whom, and at what cost."""

from __future__ import annotations

import re

import pytest

from storage.model.accounts import Role
from storage.model.saved_views import SavedView, Screen
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.town import RED, Town
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, a_member, a_team, a_user

HIT = re.compile(r'<a class="palette__item" href="([^"]+)"')


def hits(visitor: Visitor, query: str) -> list[str]:
    """Where the hits lead, in their order."""
    return HIT.findall(text_of(visitor.get(f"/search?q={query}", **HX)))


def test_person_leads_to_what_they_changed_and_have_taken(visitor: Visitor, town: Town, store: Store) -> None:
    a_member(store, town.team, Role.MEMBER, "jo@example.com", name="Jo O'Neil")
    a_user(store, "lost@example.com", name="Jo Elsewhere")
    assert hits(visitor, "o'neil") == ["/?q=by%3A%22jo%20o%27neil%22"]
    assert hits(visitor, "elsewhere") == []


def test_who_was_kept_out_is_not_found(visitor: Visitor, town: Town, store: Store) -> None:
    user = a_member(store, town.team, Role.MEMBER, "jo@example.com", name="Jo Neil")
    store.users.set_standing(user, BY, is_admin=False, is_active=False)
    assert hits(visitor, "neil") == []


def test_stage_at_which_something_happens_leads_to_all_that_is_there(visitor: Visitor, town: Town) -> None:
    assert hits(visitor, "approve") == ["/?q=stage%3Aapprove"]
    assert "1 pipeline there now" in visitor.text("/search?q=approve")


@pytest.mark.parametrize("query", ["17", "%2317", "run 17", "gift 17"])
def test_run_is_found_by_its_number_and_its_pipeline(visitor: Visitor, town: Town, query: str) -> None:
    found = hits(visitor, query)
    assert f"/executions/{town.red}" in found
    assert (f"/executions/{town.moving}" in found) is ("gift" not in query)
    assert hits(visitor, "nothing 17") == []


def test_starred_ones_come_first_and_are_there_before_anything_is_typed(visitor: Visitor, town: Town) -> None:
    gift = f"{town.board}/pipelines/{town.pipeline_of(RED.key)}"
    assert hits(visitor, "") == []
    visitor.post(f"{gift}/star")
    visitor.post(f"{town.board}/star")
    visitor.post("/account/views", {"name": "Mine at once", "screen": "network", "q": "is:red"})
    assert hits(visitor, "") == ["/?q=is%3Afailing", town.board, gift]
    assert hits(visitor, "payments")[:2] == [town.board, gift]
    assert hits(visitor, "mine") == ["/?q=is%3Afailing"]


def test_nothing_of_a_closed_team_is_found_by_others(visitor: Visitor, town: Town, store: Store) -> None:
    closed = a_team(store, "Secret", "secret", is_open=False)
    a_member(store, closed, Role.MEMBER, "spy@example.com", name="Spy Hidden")
    other = Visitor(store, a_user(store, "outside@example.com"))
    assert visitor.user is not None
    views = store.view_sets.find(other.user.id if other.user else "")
    kept = views.with_star(team_id=closed.id).with_view(SavedView("v", "Secret one", Screen.BOARD, closed.id))
    store.view_sets.put(views, kept)
    assert hits(other, "secret") == hits(other, "spy") == hits(other, "") == []
    assert hits(visitor, "secret") == ["/teams/secret"]
    assert hits(visitor, "spy") == ["/?q=by%3A%22spy%20hidden%22"]


def test_search_costs_two_queries_and_on_a_page_of_its_own_one_more_for_an_authors_commits(
    visitor: Visitor, town: Town
) -> None:
    def calls(query: str, **headers: str) -> int:
        with metered() as meter:
            visitor.get(f"/search?q={query}", **headers)
        return meter.calls

    assert calls("check", **HX) == 3
    # Nobody has written since: the overview is at hand.
    for query, typed, asked in (("run 17", 2, 3), ("nothing at all", 2, 3), ("%2341", 3, 3), ("", 1, 1)):
        assert (calls(query, **HX), calls(query)) == (typed, asked), query
