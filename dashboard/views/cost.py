"""What a team's runs are estimated to cost, as page and as file."""

from __future__ import annotations

from datetime import date

from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.http import require_safe

from dashboard.auth.policy import VIEW, authorize
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import cost as format_cost
from dashboard.formats.csv import csv_lines
from dashboard.readmodels.cost import MONTHS, CostPage, build
from dashboard.screens.behind import list_rows
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.model.costs import cost_estimates
from storage.model.entities import Team
from storage.model.facts import DAY_MS
from storage.model.prices import date_of, day_of
from storage.store import Store


def read_costs(store: Store, team: Team, months: int) -> CostPage:
    """Of this month and those before, so many together, priced by the table as it is now."""
    rows, table = list_rows(store, team), store.prices.find()
    first = first_day(store.now() // DAY_MS, months)
    facts = (fact for row in rows for fact in store.windows.list_short_facts(row.id, first))
    return build(team, cost_estimates(facts, table), {row.id: row.label for row in rows}, months, table)


def first_day(today: int, months: int) -> int:
    now = date.fromisoformat(date_of(today))
    count = now.year * 12 + now.month - months
    return day_of(date(count // 12, count % 12 + 1, 1).isoformat())


def _asked(request: SignedInRequest) -> CostPage:
    team, asked = authorize(request.user, VIEW, request.team), request.GET.get("months", "")
    return read_costs(get_store(), team, int(asked if asked in MONTHS else MONTHS[0]))


@for_people
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    context = {"page": _asked(request), "nav": "health", "choices": MONTHS, "may_price": request.user.is_admin}
    return page(request, "health/cost.html", context)


@for_people
@require_safe
def export_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    found = _asked(request)
    lines = [list(format_cost.COLUMNS), *map(format_cost.cells, found.lines)]
    response = StreamingHttpResponse(csv_lines(lines), content_type="text/csv; charset=utf-8")
    name = f"cost-estimate-{found.team.slug}-{found.asked}-months.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_safe
def export_json(request: SignedInRequest, slug: str) -> JsonResponse:
    response = JsonResponse(told(_asked(request)))
    response["Cache-Control"] = "no-store"
    return response


def told(found: CostPage) -> dict[str, object]:
    return {
        "estimate": True,
        "team": found.team.slug,
        "months": found.asked,
        "currency": "USD",
        "pricesChanged": bool(found.table.version),
        "items": [format_cost.estimate(line) for line in found.lines],
    }
