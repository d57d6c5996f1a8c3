"""Measures of teams and pipelines, and what stands behind each."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router
from ninja.errors import HttpError

from dashboard.auth.policy import VIEW, authorize, authorize_reading, sees
from dashboard.formats import health as format_health
from dashboard.readmodels.cost import MONTHS
from dashboard.readmodels.delivery import DAYS
from dashboard.readmodels.measure_values import DEFINITIONS, values_of
from dashboard.readmodels.rows import row_of
from dashboard.screens.behind import read_behind
from dashboard.screens.health import read_windows
from dashboard.store import get_store
from dashboard.views.api.bodies import bearer
from dashboard.views.api.paging import MOST, page_of
from dashboard.views.cost import read_costs, told
from storage.model.entities import Team
from storage.model.evidence import Measure, evidence
from storage.model.windows import Window

router = Router()


@router.get("/health", summary="Every measure of each team, and of a team's pipelines where one is named")
def measures(request: HttpRequest, days: str = DAYS[0], team: str = "") -> dict[str, Any]:
    reader, wanted = bearer(request), _days(days)
    authorize_reading(reader)
    store = get_store()
    known = [one for one in read_windows(store) if sees(reader, one.team) and team in ("", one.team.slug)]
    if team and not known:
        raise Http404("Team not found")
    now = store.now()

    def told_of(window: Window | None) -> list[dict[str, Any]]:
        return [format_health.measure(value) for value in values_of(window, wanted, now)]

    items = [
        {
            "team": format_health.team(one.team),
            "measures": told_of(next((each for each in one.windows if each.days == wanted), None)),
        }
        for one in known
    ]
    answer: dict[str, Any] = {"days": wanted, "items": items}
    if team:
        stored, windows = store.pipelines.list_health(known[0].team.id)
        found = {window.pipeline_id: window for window in windows if window.days == wanted}
        rows = sorted(map(row_of, stored), key=lambda row: (row.label.casefold(), row.id))
        answer["pipelines"] = [
            {"pipeline": {"id": row.id, "name": row.label}, "measures": told_of(found.get(row.id))} for row in rows
        ]
    return answer


@router.get("/health/cost", summary="What a team's runs are estimated to cost, by month and pipeline")
def costs(request: HttpRequest, team: str = "", months: str = MONTHS[0]) -> dict[str, object]:
    """Estimates: minutes of jobs by a table of prices."""
    if months not in MONTHS:
        raise HttpError(400, f"months must be one of {', '.join(MONTHS)}")
    return told(read_costs(get_store(), _team(request, team), int(months)))


@router.get("/health/{measure}", summary="The runs, deployments or commits behind a measure, and what is left out")
def behind(
    request: HttpRequest, measure: str, team: str = "", days: str = DAYS[0], limit: int = MOST, cursor: str = ""
) -> dict[str, Any]:
    """A page holds `limit` rows, counted ones and those that are left out; `next` is for the page after it."""
    wanted, asked = _days(days), _measure(measure)
    found = read_behind(get_store(), _team(request, team), wanted)
    names = found.names
    rows = evidence(asked, found.delivered(), found.period)
    page, following = page_of(rows, limit, cursor)
    told = [(one, format_health.evidence(one, names[one.fact.pipeline_id])) for one in page]
    return {
        "measure": asked.value,
        "team": format_health.team(found.team),
        "days": wanted,
        "formula": f"#{DEFINITIONS[asked].anchor}",
        "items": [row for one, row in told if one.value is not None],
        "leftOut": [row for one, row in told if one.value is None],
        "next": following,
    }


def _days(asked: str) -> int:
    if asked not in DAYS:
        raise HttpError(400, f"days must be one of {', '.join(sorted(DAYS, key=int))}")
    return int(asked)


def _measure(asked: str) -> Measure:
    if asked not in set(Measure):
        raise Http404("No such measure")
    return Measure(asked)


def _team(request: HttpRequest, slug: str) -> Team:
    if not slug:
        raise HttpError(400, "team is needed: the slug of one")
    return authorize(bearer(request), VIEW, get_store().teams.find_by_slug(slug))
