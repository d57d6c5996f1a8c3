"""The deployments behind a team's numbers, as page and as file; and what people mark of them."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_http_methods, require_safe

from dashboard.auth.policy import TAKE, VIEW, authorize
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.formats.csv import csv_lines
from dashboard.forms.deployments import MarkForm
from dashboard.links import see_other
from dashboard.readmodels.delivery import DAYS
from dashboard.readmodels.deployments import COLUMNS, DeploymentsPage, as_json, build, cells
from dashboard.screens.behind import read_behind
from dashboard.store import get_store
from dashboard.views.health import WINDOWS
from dashboard.views.pages import page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.model.entities import Team
from storage.model.marks import DeploymentMark


@for_people
@require_safe
def index(request: SignedInRequest, slug: str) -> HttpResponse:
    found = _page(request, authorize(request.user, VIEW, request.team))
    context = {"page": found, "nav": "health", "windows": WINDOWS, "pipeline": request.GET.get("pipeline", "")[:40]}
    return page(request, "health/deployments.html", context)


@for_people
@require_safe
def export_csv(request: SignedInRequest, slug: str) -> StreamingHttpResponse:
    found = _page(request, authorize(request.user, VIEW, request.team))
    rows = [list(COLUMNS), *map(cells, found.lines)]
    response = StreamingHttpResponse(csv_lines(rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="deployments-{found.team.slug}-{found.days}d.csv"'
    response["Cache-Control"] = "no-store"
    return response


@for_people
@require_safe
def export_json(request: SignedInRequest, slug: str) -> JsonResponse:
    found = _page(request, authorize(request.user, VIEW, request.team))
    response = JsonResponse(
        {"team": found.team.slug, "days": found.days, "items": [as_json(one) for one in found.lines]}
    )
    response["Cache-Control"] = "no-store"
    return response


@for_people
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
def mark(request: SignedInRequest, slug: str, execution_id: str) -> HttpResponse:
    """That a deployment failed or was unplanned, or that it was not, and why. The numbers follow at once."""
    team, store = authorize(request.user, TAKE, request.team), get_store()
    found = store.executions.find_stored(execution_id) if keys.is_id(execution_id) else None
    stored = found[0] if found else None
    place = store.pipelines.find(stored.pipeline_id) if stored is not None else None
    if stored is None or place is None or place.team_id != team.id or stored.fact_day < 0:
        raise Http404("No such deployment")
    form = MarkForm(request.POST if request.method == "POST" else None, initial=_said(stored.mark))
    if request.method == "POST" and form.is_valid():
        failed, unplanned = form.answer("failed"), form.answer("unplanned")
        reason = form.cleaned_data["reason"]
        said = DeploymentMark(failed, unplanned, reason, request.user.name, store.now())
        wanted = said if failed is not None or unplanned is not None else None
        pipeline_id, day = store.mark_writer.mark(team.id, execution_id, wanted, actor_of(request))
        store.fact_folder.fold_now(team.id, pipeline_id, day)
        wakeups.send(WakeUp.STORE_CHANGED)
        return see_other("deployments", slug=slug)
    context = {"form": form, "nav": "health", "team": team, "pipeline": place.full_name}
    return page(request, "health/mark.html", context, status_of(form))


def _said(mark: DeploymentMark | None) -> dict[str, str]:
    if mark is None:
        return {}
    answers = {None: "", True: "yes", False: "no"}
    return {"failed": answers[mark.failed], "unplanned": answers[mark.unplanned], "reason": mark.reason}


def _page(request: SignedInRequest, team: Team) -> DeploymentsPage:
    """Of all pipelines of the team, or of one that the address names; of so many days, or of one."""
    asked, day = request.GET.get("days", ""), _day(request.GET.get("day", ""))
    behind = read_behind(get_store(), team, int(asked if asked in DAYS else DAYS[0]), request.GET.get("pipeline", ""))
    return build(team, behind.rows, behind.facts, behind.incidents, behind.days, behind.today, day)


def _day(said: str) -> int | None:
    """Whole days since the epoch of a date in ISO 8601; None where it is none."""
    try:
        return (date.fromisoformat(said) - date(1970, 1, 1)).days if len(said) == len("2026-01-31") else None
    except ValueError:
        return None
