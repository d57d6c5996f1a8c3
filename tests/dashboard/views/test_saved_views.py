"""Saving views, starring, and a row's details."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.errors import Conflict
from storage.model.accounts import Role
from storage.model.entities import Status
from storage.model.saved_views import MOST_STARS, MOST_VIEWS, SavedView, Screen, ViewSet
from storage.repositories.saved_views import ViewSets
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.town import RED, Town
from tests.dashboard.visiting import HX, Visitor
from tests.factories import BY, MINUTE, NOW, a_member, a_run, a_team, record

PAGE = "/account/views"


def kept(visitor: Visitor) -> ViewSet:
    assert visitor.user is not None
    return visitor.store.view_sets.find(visitor.user.id)


def test_view_is_saved_in_its_one_spelling_and_leads_back(visitor: Visitor, town: Town) -> None:
    data = {"name": "Red ones", "screen": "board", "team": town.team.slug, "q": "IS:red  by:mara", "sort": "name"}
    answer = visitor.post(PAGE, {**data, "group": "nonsense", "dense": "1"})
    address = f"{town.board}?q=is%3Afailing+by%3Amara&sort=name&dense=1"
    assert (answer.status_code, answer["Location"]) == (303, address)
    (view,) = kept(visitor).of(Screen.BOARD, town.team.id)
    assert (view.name, view.query, view.sort, view.group, view.dense) == (
        "Red ones",
        "is:failing by:mara",
        "name",
        "",
        True,
    )
    assert address.replace("&", "&amp;") in visitor.text(PAGE)


@pytest.mark.parametrize("screen", ["network", "health", "board", "history"])
def test_view_of_each_page_leads_there(visitor: Visitor, town: Town, screen: str) -> None:
    paths = {
        "network": "/",
        "health": f"/health/{town.team.slug}",
        "board": town.board,
        "history": f"{town.board}/pipelines/{town.pipeline}",
    }
    data = {"name": "Mine", "screen": screen, "team": town.team.slug, "pipeline": town.pipeline, "q": "x"}
    assert visitor.post(PAGE, data)["Location"] == f"{paths[screen]}?q=x"
    assert f'href="{paths[screen]}?q=x"' in visitor.text(PAGE)


def test_view_of_all_health_pages_leads_there(visitor: Visitor) -> None:
    assert visitor.post(PAGE, {"name": "All", "screen": "health"})["Location"] == "/health"


@pytest.mark.parametrize(
    ("data", "status"),
    [
        ({"name": "", "screen": "network"}, 400),
        ({"name": "x" * 61, "screen": "network"}, 400),
        ({"name": "x", "screen": "moon"}, 400),
        ({"name": "x", "screen": "board"}, 400),
        ({"name": "x", "screen": "history", "team": "payments"}, 400),
        ({"name": "x", "screen": "history", "team": "payments", "pipeline": "nothing"}, 404),
        ({"name": "x", "screen": "board", "team": "nobody"}, 404),
    ],
)
def test_view_that_cannot_be_is_refused(visitor: Visitor, town: Town, data: dict[str, str], status: int) -> None:
    assert visitor.post(PAGE, data).status_code == status
    assert kept(visitor).views == ()


def test_view_is_renamed_and_deleted(visitor: Visitor) -> None:
    visitor.post(PAGE, {"name": "Old", "screen": "network"})
    (view,) = kept(visitor).views
    assert visitor.post(f"{PAGE}/rename", {"view": view.id, "name": "New"}).status_code == 303
    assert [each.name for each in kept(visitor).views] == ["New"]
    assert visitor.post(f"{PAGE}/rename", {"view": view.id, "name": " "}).status_code == 400
    assert visitor.post(f"{PAGE}/delete", {"view": "other"}).status_code == 404
    assert visitor.post(f"{PAGE}/delete", {"view": view.id}).status_code == 303
    assert kept(visitor).views == ()


def test_star_is_given_and_taken_back_and_leads_back_to_its_page(visitor: Visitor, town: Town) -> None:
    pipeline = f"{town.board}/pipelines/{town.pipeline}"
    answer = visitor.post(f"{town.board}/star", {"next": town.board})
    assert (answer.status_code, answer["Location"]) == (303, town.board)
    assert visitor.post(f"{pipeline}/star", {"next": "https://elsewhere.example/"})["Location"] == "/"
    assert (kept(visitor).teams, kept(visitor).pipelines) == ((town.team.id,), (town.pipeline,))
    page = visitor.text(PAGE)
    assert f'href="{town.board}"' in page
    assert f'href="{pipeline}"' in page
    assert visitor.post(f"{pipeline}/star").status_code == 303
    assert visitor.post(f"{town.board}/unstar").status_code == 303
    assert visitor.post(f"{pipeline}/unstar").status_code == 303
    assert visitor.post(f"{town.board}/pipelines/nothing/star").status_code == 404
    assert (kept(visitor).teams, kept(visitor).pipelines) == ((), ())


def test_more_than_fits_is_refused_with_words(visitor: Visitor, town: Town) -> None:
    assert visitor.user is not None
    views = tuple(SavedView(str(n), str(n), Screen.NETWORK) for n in range(MOST_VIEWS))
    stars = tuple(f"{n:032}" for n in range(MOST_STARS))
    visitor.store.view_sets.put(ViewSet(visitor.user.id), ViewSet(visitor.user.id, views=views, pipelines=stars))
    answer = visitor.post(PAGE, {"name": "One more", "screen": "network"})
    assert answer.status_code == 400
    assert "You have 50 views. Delete one first." in answer.content.decode()
    answer = visitor.post(f"{town.board}/star")
    assert answer.status_code == 400
    assert "You have 200 stars." in answer.content.decode()
    assert "200 more of what you kept" in visitor.text(PAGE)


def test_windows_that_write_again_and_again_are_told(
    visitor: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: ViewSets, before: ViewSet, after: ViewSet) -> ViewSet:
        raise Conflict("another window")

    monkeypatch.setattr(ViewSets, "put", refuse)
    answer = visitor.post(f"{town.board}/star")
    assert answer.status_code == 409
    assert "changed in another window" in answer.content.decode()


def test_closed_team_s_view_and_star_are_gone_for_who_left_it(store: Store, town: Town) -> None:
    closed = a_team(store, "Secret", "secret", is_open=False)
    visitor = Visitor(store, a_member(store, closed, Role.VIEWER))
    visitor.post("/teams/secret/star")
    visitor.post(PAGE, {"name": "Hidden", "screen": "board", "team": "secret"})
    assert "Secret" in visitor.text(PAGE)
    assert visitor.user is not None
    user = store.users.find(visitor.user.id)
    assert user is not None
    store.members.set_role(user, closed, None, BY)
    page = visitor.text(PAGE)
    assert "Secret" not in page
    assert "2 more of what you kept are" in re.sub(r"\s+", " ", page)


def test_views_cost_no_page_a_further_call(visitor: Visitor, town: Town) -> None:
    visitor.post(f"{town.board}/star")
    visitor.post(PAGE, {"name": "Red", "screen": "network", "q": "is:red"})
    for path, calls in (("/", 2), (town.board, 2), (f"/executions/{town.red}", 2)):
        with metered() as meter:
            visitor.get(path)
        assert meter.calls == calls, path


def details_of(town: Town, pipeline: str) -> str:
    return f"{town.board}/pipelines/{pipeline}/details"


def test_details_say_what_one_asks_next_of_a_failing_pipeline(visitor: Visitor, town: Town) -> None:
    store, red = visitor.store, town.pipeline_of(RED.key)
    for number in range(211, 214):
        outcome = Status.SUCCEEDED if number == 211 else Status.FAILED
        began = NOW - (230 - number) * MINUTE
        said: dict[str, Any] = {"commit": f"{number:040}", "number": str(number), "message": f"Change {number}"}
        record(store, a_run(str(number), began=began, outcome=outcome, ref=RED, **said), town.team.id)
    with metered() as meter:
        text = visitor.text(details_of(town, red))
    assert meter.operations == ["batch_get", "batch_get"]
    words = re.sub(r"<[^>]+>|\s+", " ", text)
    words = re.sub(r"\s+", " ", words)
    assert "Last green Run 211 , " in words
    assert "First red Run 212 , " in words
    assert "Change 212" in words
    assert "Change 213" not in words
    assert "Change 211" not in words
    assert text.count("<li>") == 4
    assert "deploy production in the last 4 runs" in text
    assert "Take it" in words


def test_details_are_a_fragment_for_htmx_and_a_page_for_others(visitor: Visitor, town: Town) -> None:
    path = details_of(town, town.pipeline)
    page, fragment = visitor.get(path), visitor.get(path, **HX)
    assert "<html" in page.content.decode()
    assert "<html" not in fragment.content.decode()
    assert f'data-details="{town.pipeline}"' in fragment.content.decode()
    assert "HX-Request" in page["Vary"]
    assert visitor.get(details_of(town, "nothing")).status_code == 404


def test_details_offer_nothing_to_who_may_not(store: Store, town: Town) -> None:
    viewer = Visitor(store, a_member(store, town.team, Role.VIEWER))
    text = viewer.text(details_of(town, town.pipeline_of(RED.key)))
    assert "Take it" not in text
    assert "First red" in text
