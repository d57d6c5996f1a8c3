"""Where the time of a team's pipelines goes, as page and as file."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import bottleneck as format_bottleneck
from dashboard.formats.csv import csv_lines
from dashboard.readmodels.bottleneck import BottleneckPage, build
from dashboard.readmodels.delivery import DAYS
from dashboard.screens.behind import list_rows
from dashboard.store import get_store
from dashboard.views.health import WINDOWS
from dashboard.views.pages import page
from storage.model.bottleneck import MOST_RUNS
from storage.model.facts import DAY_MS


def _asked(request: SignedInRequest) -> tuple[BottleneckPage, str]:
    """Of all pipelines of the team, or of one that the address names, whose name comes with it."""
    team, asked = authorize(request.user, VIEW, request.team), request.GET.get("days", "")
    store, days = get_store(), int(asked if asked in DAYS else DAYS[0])
    only = request.GET.get("pipeline", "")
    rows = list_rows(store, team, only)
    today = store.now() // DAY_MS
    newest = {row.id: store.windows.list_newest_facts(row.id, today - 2 * days + 1, MOST_RUNS) for row in rows}
    return build(team, rows, newest, days, today), rows[0].label if only and rows else ""


@for_people
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    found, of = _asked(request)
    context = {
        "page": found,
        "nav": "health",
        "windows": WINDOWS,
        "pipeline": request.GET.get("pipeline", "")[:40],
        "of": of,
    }
    return page(request, "health/bottleneck.html", context)


@for_people
@require_safe
def export_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    found, _ = _asked(request)
    lines = [row for line in (*found.runs, *found.left_out) for row in format_bottleneck.cells(line)]
    response = StreamingHttpResponse(
        csv_lines([list(format_bottleneck.COLUMNS), *lines]), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="bottleneck-{found.team.slug}-{found.days}d.csv"'
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_safe
def export_json(request: SignedInRequest, slug: str) -> JsonResponse:
    found, _ = _asked(request)
    response = JsonResponse(
        {
            "team": found.team.slug,
            "days": found.days,
            "stages": [format_bottleneck.share(line) for line in found.stages],
            "items": [format_bottleneck.path(line) for line in found.runs],
            "leftOut": [format_bottleneck.path(line) for line in found.left_out],
        }
    )
    response["Cache-Control"] = "no-store"
    return response
