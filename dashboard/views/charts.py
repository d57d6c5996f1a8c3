"""Charts of what a team, or one pipeline of it, delivers."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.charts.page import DAYS, build
from dashboard.screens.behind import read_behind
from dashboard.store import get_store
from dashboard.views.health import WINDOWS
from dashboard.views.pages import page
from storage.model.windows import window_of


@for_people
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    """Of all pipelines of the team, or of one that the address names."""
    team, asked, only = (
        authorize(request.user, VIEW, request.team),
        request.GET.get("days", ""),
        request.GET.get("pipeline", ""),
    )
    behind = read_behind(get_store(), team, int(asked if asked in DAYS else DAYS[0]), only)
    if only and not behind.rows:
        raise Http404("No such pipeline")
    pipelines = behind.delivered()
    window = window_of(team.id, pipelines, behind.days, behind.today)
    found = build(team, behind.rows, behind.facts, pipelines, window, behind.now, only)
    windows = [each for each in WINDOWS if each[0] in DAYS]
    return page(request, "health/charts/index.html", {"page": found, "nav": "health", "windows": windows})
