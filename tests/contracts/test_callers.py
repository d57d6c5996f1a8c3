"""Every view says whom it is for, and one that does not is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.urls import get_resolver
from django_htmx.middleware import HtmxDetails

from dashboard.auth.middleware import SignIn
from dashboard.auth.requests import Caller, caller_of, for_anybody
from storage.store import Store
from tests.factories import administrator

View = Callable[..., Any]


def views() -> Iterator[tuple[str, View]]:
    pending = [("", pattern) for pattern in get_resolver().url_patterns]
    while pending:
        before, pattern = pending.pop()
        address = before + str(pattern.pattern)
        if hasattr(pattern, "url_patterns"):
            pending += [(address, below) for below in pattern.url_patterns]
        else:
            yield address, pattern.callback


FOUND = dict(views())
CALLERS = {
    Caller.API_TOKEN: {address for address in FOUND if address.startswith("api/v1/")},
    Caller.SCREEN_LINK: {"radiator/<str:key>"},
    Caller.SENDER: {"hooks/<str:source>/<str:connection_id>"},
    Caller.ANYBODY: {
        "healthz",
        "readyz",
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
        "reports/unsubscribe/<str:token>",
    },
}


@pytest.mark.parametrize("address", sorted(FOUND))
def test_view_says_whom_it_is_for(address: str) -> None:
    assert isinstance(getattr(FOUND[address], "caller", None), Caller)


def test_only_these_views_are_for_others_than_people() -> None:
    """A view that lets strangers in is added here as well, on purpose."""
    for caller, addresses in CALLERS.items():
        assert {address for address, view in FOUND.items() if caller_of(view) is caller} == addresses


def says_nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("open")


def answer(view: View, path: str) -> Any:
    request = RequestFactory().get(path)
    request.htmx = HtmxDetails(request)  # type: ignore[attr-defined]
    return SignIn(lambda _: HttpResponse()).process_view(request, view, (), {})


@pytest.mark.parametrize("path", ["/new", "/api/v1/new", "/hooks/new", "/radiator/new"])
def test_view_that_says_nothing_is_closed_to_strangers_wherever_it_is(store: Store, path: str) -> None:
    administrator(store)
    assert answer(says_nothing, path).status_code == 302


def test_view_for_anybody_is_open(store: Store) -> None:
    administrator(store)

    @for_anybody
    def welcomes(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert answer(welcomes, "/new") is None
