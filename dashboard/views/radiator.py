"""The radiator: who has its link may look, without a sign-in, until the link is revoked."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.auth.middleware import RETRY_SECONDS, unavailable
from dashboard.auth.requests import for_screen_links
from dashboard.auth.sessions import hash_secret
from dashboard.readmodels.radiator import Radiator
from dashboard.screens import RADIATOR
from dashboard.screens.screen import Shown, look_at
from dashboard.store import get_store
from dashboard.views.pages import is_poll, screen_page
from storage.errors import NotFound, StorageError
from storage.store import Store

LONGEST_KEY = 200


@require_safe
@for_screen_links
def show(request: HttpRequest, key: str) -> HttpResponse:
    try:
        shown = _find(get_store(), key)
    except StorageError:
        return _private(_asks_again(unavailable(request)))
    if shown is None:
        return _private(_gone(request))
    now = get_store().now()
    context = {"poll": request.get_full_path(), "now": now}
    return _private(screen_page(request, shown, "radiator/index.html", lambda: context, varies=now // 60_000))


def _find(store: Store, key: str) -> Shown[Any, Radiator] | None:
    """None for a link that never was, was revoked, or whose team is gone."""
    screen = store.screen_links.find(hash_secret(key)) if len(key) <= LONGEST_KEY else None
    if screen is None:
        return None
    try:
        reading = RADIATOR.read(store, screen.team_id)
    except NotFound:
        return None
    return look_at(RADIATOR, reading, screen.team_id, RADIATOR.view({}), store.now())


def _gone(request: HttpRequest) -> HttpResponse:
    """An open screen reloads itself, so that it does not go on showing what it may not see any more."""
    response = render(request, "radiator/gone.html", status=404)
    if is_poll(request):
        response["HX-Refresh"] = "true"
    return response


def _asks_again(response: HttpResponse) -> HttpResponse:
    """Nobody stands at a screen to press a button."""
    response["Refresh"] = str(RETRY_SECONDS)
    return response


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
