"""The radiator: who has its link may look, without a sign-in, until the link is revoked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard.auth.middleware import RETRY_SECONDS, unavailable
from dashboard.auth.policy import OPEN, shows
from dashboard.auth.requests import for_screen_links
from dashboard.auth.sessions import hash_secret
from dashboard.formats import radiator as format_radiator
from dashboard.readmodels.radiator import Radiator, build, of_network, of_team
from dashboard.store import get_store
from dashboard.views.pages import news, page, polls
from storage import topics
from storage.errors import StorageError
from storage.model.accounts import ScreenLink
from storage.store import Store

LONGEST_KEY = 200


@require_safe
@for_screen_links
def show(request: HttpRequest, key: str) -> HttpResponse:
    try:
        radiator = _find(get_store(), key)
    except StorageError:
        return _discreet(_asks_again(unavailable(request)))
    if radiator is None:
        return _discreet(_gone(request))
    tag = format_radiator.tag_of(radiator)
    if polls(request):
        return _discreet(news(request, tag, lambda: format_radiator.snapshot(radiator)))
    context = {
        "radiator": radiator,
        "rows": format_radiator.rows_html(radiator),
        "parts": format_radiator.parts(radiator),
        "poll": request.get_full_path(),
        "tag": tag,
        "now": get_store().now(),
    }
    return _discreet(page(request, "radiator/index.html", context))


def _find(store: Store, key: str) -> Radiator | None:
    """None for a link that never was, was revoked, or whose team is gone."""
    screen = store.screen_links.find(hash_secret(key)) if len(key) <= LONGEST_KEY else None
    if screen is None:
        return None
    return _of_team(store, screen) if screen.team_id else _of_network(store)


def _of_team(store: Store, screen: ScreenLink) -> Radiator | None:
    """Closed or open: whoever made the link might show it."""
    entry = store.teams.find(screen.team_id)
    if entry is None:
        return None
    team = entry.team
    return build(team.name, topics.team(team.id), of_team(store.pipelines.list_board(team.id)), store.now())


def _of_network(store: Store) -> Radiator:
    entries = [entry for entry in store.teams.list_boards() if shows(OPEN, entry.team)]
    return build("Network", "network", of_network(entries), store.now())


def _gone(request: HttpRequest) -> HttpResponse:
    """An open screen reloads itself, so that it does not go on showing what it may not see any more."""
    response = render(request, "radiator/gone.html", status=404)
    if polls(request):
        response["HX-Refresh"] = "true"
    return response


def _asks_again(response: HttpResponse) -> HttpResponse:
    """Nobody stands at a screen to press a button."""
    response["Refresh"] = str(RETRY_SECONDS)
    return response


def _discreet(response: HttpResponse) -> HttpResponse:
    """The address is a secret."""
    response["Cache-Control"] = "no-store"
    response["Referrer-Policy"] = "no-referrer"
    response["X-Robots-Tag"] = "noindex"
    return response
