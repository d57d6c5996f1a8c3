"""Pipeline health for managers: all teams, and one team's pipelines when it is opened."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.screens import HEALTH, TEAM_HEALTH
from dashboard.screens.network import scope_key
from dashboard.store import get_store
from dashboard.views.pages import look_for, problems_of, screen_page

# Days of a window and their words, as its links say them.
WINDOWS = (("7", "7 d"), ("30", "30 d"), ("90", "90 d"), ("365", "12 mo"))


def context(request: SignedInRequest) -> dict[str, Any]:
    return {"nav": "health", "windows": WINDOWS, "problems": problems_of(request)}


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    key = scope_key(request.user)
    shown = look_for(request, HEALTH, key, HEALTH.read(get_store(), key))
    return screen_page(
        request,
        shown,
        "health/index.html",
        lambda: context(request),
    )


@for_people
@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    shown = look_for(request, TEAM_HEALTH, team.id, TEAM_HEALTH.read_of(get_store(), team))
    return screen_page(
        request,
        shown,
        "health/team.html",
        lambda: context(request),
    )
