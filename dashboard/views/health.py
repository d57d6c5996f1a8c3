"""Pipeline health for managers: all teams, and one team's pipelines when it is opened."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize, sees
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.health import build, build_team
from dashboard.store import get_store
from dashboard.views.pages import page


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    store = get_store()
    health = build([entry for entry in store.teams.list_boards() if sees(request.user, entry.team)], store.now())
    return page(request, "health/index.html", {"health": health, "nav": "health"})


@for_people
@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    found = authorize(request.user, VIEW, request.team)
    store = get_store()
    built = build_team(found, store.pipelines.list_board(found.id), store.now())
    return page(request, "health/team.html", {"opened": built, "nav": "health"})
