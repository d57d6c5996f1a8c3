"""What is live now: over all teams, and in each place of one team."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.screens import ENVIRONMENTS, PLACES
from dashboard.screens.network import scope_key
from dashboard.store import get_store
from dashboard.views.pages import look_for, screen_page


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    key = scope_key(request.user)
    shown = look_for(request, ENVIRONMENTS, key, ENVIRONMENTS.read(get_store(), key))
    return screen_page(request, shown, "environments/index.html", lambda: {"nav": "environments"})


@for_people
@require_safe
def team(request: SignedInRequest, slug: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    shown = look_for(request, PLACES, team.id, PLACES.read_of(get_store(), team))
    return screen_page(request, shown, "environments/places.html", lambda: {"nav": "environments"})
