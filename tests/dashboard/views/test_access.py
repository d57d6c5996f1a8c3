"""Who gets to see what: every address of the resolver, and the few that are open."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from dashboard.auth.requests import Caller, caller_of
from storage.errors import Unavailable
from storage.store import Store
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import HX, Visitor
from tests.factories import BY

# Open on purpose: getting in, the machines' own proofs, and whether the process is up.
PUBLIC = {
    "login",
    "login/second-factor",
    "login/passkey",
    "login/passkey/options",
    "login/with/<slug:provider>",
    "login/with/<slug:provider>/callback",
    "logout",
    "setup",
    "reset",
    "reset/<str:token>",
    "join/<str:team_id>/<str:secret>",
    "radiator/<str:key>",
    "hooks/<str:source>/<str:connection_id>",
    "reports/unsubscribe/<str:token>",
    "healthz",
    "readyz",
}


def routes(patterns: list[Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        elif isinstance(pattern, URLPattern):
            yield route, pattern.callback


ROUTES = dict(routes(get_resolver().url_patterns))
PAGES = sorted(route for route in ROUTES if not route.startswith("api/"))


def filled(route: str) -> str:
    return "/" + re.sub(r"<[^>]*>", "team:1" if route.startswith("live") else "x1", route)


def test_only_the_known_few_views_are_public() -> None:
    people = (Caller.PERSON, Caller.PERSON_SETTING_UP)
    assert {route for route in PAGES if caller_of(ROUTES[route]) not in people} == PUBLIC
    assert len(PAGES) > 20


@pytest.mark.parametrize("route", [route for route in PAGES if route not in PUBLIC])
@pytest.mark.parametrize("method", ["get", "post"])
def test_page_leads_a_stranger_to_the_sign_in(stranger: Visitor, route: str, method: str) -> None:
    answer = getattr(stranger.client, method)(filled(route))
    if route.startswith("live"):
        assert answer.status_code == 401
        return
    assert answer.status_code == 302
    asked = f"?next={quote(filled(route), safe='')}" if method == "get" else ""
    assert answer["Location"] == f"/login{asked}"


@pytest.mark.parametrize("route", [route for route in PAGES if route not in PUBLIC])
def test_fragment_of_a_stranger_is_401_and_never_a_form(stranger: Visitor, route: str) -> None:
    answer = stranger.get(filled(route), **HX)
    assert (answer.status_code, answer.json()["code"]) == (401, "signed_out")


def test_form_of_a_stranger_sends_the_browser_to_the_sign_in(stranger: Visitor) -> None:
    """A boosted form or link is the browser's way on, not a panel that keeps what it shows."""
    answer = stranger.get("/manage", **HX, **{"HX-Boosted": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (401, "/login")
    assert "HX-Redirect" not in stranger.get("/manage", **HX)


@pytest.mark.parametrize("route", sorted(route for route in ROUTES if route.startswith("api/")))
@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_api_answers_no_stranger_nor_a_browsers_cookie(visitor: Visitor, route: str, method: str) -> None:
    answer = getattr(visitor.client, method)(filled(route))
    assert answer.status_code in ((404,) if route == "api/v1/" else (401, 405))


NOT_FOUND = [
    "/nothing",
    "/teams/none",
    "/teams/" + "a" * 300,
    "/teams/payments/pipelines/none",
    "/teams/payments/pipelines/" + "0" * 32,
    "/teams/payments/pipelines/" + "%23" * 32,
    "/executions/none",
    "/executions/" + "0" * 32,
    "/executions/" + "%23" * 32,
    "/commits/none",
    "/commits/abc",
    "/health/none",
    "/live/none",
    "/live/team:none",
    "/live/team:a%23b",
    "/live/execution:a%23b",
    "/live/pipeline:" + "x" * 900,
    "/manage/teams/none",
    "/manage/teams/a%23b",
    "/manage/connections/a%23b",
    "/manage/connections/none",
    "/manage/teams/none/connect/github",
]


@pytest.mark.parametrize("path", NOT_FOUND)
def test_what_is_not_there_is_not_found(visitor: Visitor, town: Town, path: str) -> None:
    assert visitor.get(path).status_code == 404


def test_pipeline_of_one_team_is_not_found_under_another(visitor: Visitor, town: Town, store: Store) -> None:
    store.teams.create("Ledger", "ledger", BY)
    assert visitor.get(f"/teams/ledger/pipelines/{town.pipeline}").status_code == 404


def test_unknown_source_cannot_be_connected(visitor: Visitor, town: Town) -> None:
    assert visitor.get(f"/manage/teams/{town.team.id}/connect/none").status_code == 404


@pytest.mark.parametrize("call", ["batch_get", "query"])
def test_store_out_of_reach_is_said_so_and_signs_nobody_out(
    visitor: Visitor, town: Town, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(visitor.store.table.engine, call, refuse)
    answer = visitor.get(town.board)
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert not answer.cookies
    monkeypatch.undo()
    assert visitor.get(town.board).status_code == 200


def test_every_answer_carries_the_policies(visitor: Visitor, town: Town) -> None:
    for path in (*town.pages, "/nothing", "/login"):
        answer = visitor.get(path)
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "unsafe" not in answer["Content-Security-Policy"]
        assert answer["X-Frame-Options"] == "DENY"
        assert answer["X-Content-Type-Options"] == "nosniff"
