"""A team's flaky stages."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.delivery import DAYS
from dashboard.readmodels.flaky import build
from dashboard.screens.behind import read_behind
from dashboard.store import get_store
from dashboard.views.health import WINDOWS
from dashboard.views.pages import page


@for_people
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    team, asked = authorize(request.user, VIEW, request.team), request.GET.get("days", "")
    behind = read_behind(get_store(), team, int(asked if asked in DAYS else DAYS[0]))
    found = build(team, behind.rows, behind.facts, behind.days, behind.today - behind.days + 1)
    return page(request, "health/flaky.html", {"page": found, "nav": "health", "windows": WINDOWS})
