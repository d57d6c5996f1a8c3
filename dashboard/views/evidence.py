"""What stands behind one of a team's numbers, as page and as file."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import health as format_health
from dashboard.formats.csv import csv_lines
from dashboard.readmodels.delivery import DAYS
from dashboard.readmodels.evidence import build
from dashboard.readmodels.measure_values import value_of
from dashboard.screens.behind import Behind, read_behind
from dashboard.store import get_store
from dashboard.views.health import WINDOWS
from dashboard.views.pages import page
from storage.model.evidence import Evidence, Measure, evidence
from storage.model.windows import window_of


def _asked(request: SignedInRequest, measure: str) -> tuple[Behind, Measure, list[Evidence]]:
    """Of all pipelines of the team, or of one that the address names."""
    team = authorize(request.user, VIEW, request.team)
    if measure not in set(Measure):
        raise Http404("No such measure")
    days = request.GET.get("days", "")
    behind = read_behind(get_store(), team, int(days if days in DAYS else DAYS[0]), request.GET.get("pipeline", ""))
    return behind, Measure(measure), evidence(Measure(measure), behind.delivered(), behind.period)


@for_people
@require_safe
def index(request: SignedInRequest, slug: str, measure: str) -> HttpResponse:
    behind, asked, rows = _asked(request, measure)
    window = window_of(behind.team.id, behind.delivered(), behind.days, behind.today)
    value = value_of(asked, window, behind.days, behind.now)
    context = {
        "page": build(behind.team, value, rows, behind.names, behind.days),
        "nav": "health",
        "windows": WINDOWS,
        "pipeline": request.GET.get("pipeline", "")[:40],
        "of": next(iter(behind.names.values()), "") if request.GET.get("pipeline") else "",
    }
    return page(request, "health/evidence.html", context)


@for_people
@require_safe
def export_csv(request: SignedInRequest, slug: str, measure: str) -> StreamingHttpResponse:
    behind, asked, rows = _asked(request, measure)
    names = behind.names
    lines = [list(format_health.COLUMNS), *(format_health.cells(one, names[one.fact.pipeline_id]) for one in rows)]
    response = StreamingHttpResponse(csv_lines(lines), content_type="text/csv; charset=utf-8")
    name = f"{asked.value}-{behind.team.slug}-{behind.days}d.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_safe
def export_json(request: SignedInRequest, slug: str, measure: str) -> JsonResponse:
    behind, asked, rows = _asked(request, measure)
    names = behind.names
    told = [(one, format_health.evidence(one, names[one.fact.pipeline_id])) for one in rows]
    response = JsonResponse(
        {
            "team": behind.team.slug,
            "measure": asked.value,
            "days": behind.days,
            "items": [row for one, row in told if one.value is not None],
            "leftOut": [row for one, row in told if one.value is None],
        }
    )
    response["Cache-Control"] = "no-store"
    return response
