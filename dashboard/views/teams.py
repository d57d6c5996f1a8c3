"""The team board."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.screens import BOARD
from dashboard.store import get_store
from dashboard.views.pages import GROUPS, SORTS, look_for, problems_of, screen_page


@for_people
@require_safe
def board(request: SignedInRequest, slug: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    shown = look_for(request, BOARD, team.id, BOARD.read_of(get_store(), team))
    context = {"nav": "network", "problems": problems_of(request), "sorts": SORTS, "groups": GROUPS}
    return screen_page(request, shown, "teams/board.html", lambda: context)
