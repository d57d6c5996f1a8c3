"""One execution: live stage panels, jobs, timetable, attempts."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from dashboard.auth.policy import TAKE, VIEW, authorize, may, may_be_handed
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.formats import executions as format_executions
from dashboard.live.regions import tag_of
from dashboard.readmodels.executions import ExecutionPage, build
from dashboard.store import get_store
from dashboard.views.pages import live, news, page, polls
from storage import topics


@for_people
@ensure_csrf_cookie
@require_safe
def detail(request: SignedInRequest, execution_id: str) -> HttpResponse:
    store = get_store()
    stored = store.executions.whole(execution_id, request.execution_head) if request.execution_head else None
    if stored is None:
        raise Http404("No such execution")
    attempt = request.GET.get("attempt", "")
    numbered = attempt.isascii() and attempt.isdigit() and len(attempt) < 6
    place = store.pipelines.find_place(stored.team_id, stored.pipeline_id)
    request.team = authorize(request.user, VIEW, place.team)
    execution = place.read(stored, int(attempt) if numbered else None)
    built = build(execution, place, store.now())
    regions = format_executions.regions_of(built)
    tag = tag_of(regions)
    if polls(request):
        return news(request, tag, lambda: format_executions.snapshot(built))
    html = {region.id: region.html for region in regions}
    context = {
        "page": built,
        "html": html,
        "legs": format_executions.legs_html([region for region in regions if region.parent]),
        "nav": "network",
    }
    if built.newest and ("holder" in request.GET or "was" in request.GET):
        context |= _holders(request, built)
    if built.newest:
        context |= live(topics.execution(execution_id), tag, request)
    return page(request, "executions/index.html", context)


def _holders(request: SignedInRequest, built: ExecutionPage) -> dict[str, object]:
    """Who may have it instead; `undo`: who had it before the last step. Read only where somebody asks for it."""
    taken, team = built.taken, built.team
    if team is None or not (taken or built.can_take) or not may(request.user, TAKE, team):
        return {}
    members = [each for each in get_store().members.list_of_team(team.id) if may_be_handed(each)]
    others = [each for each in members if taken is None or each.user_id != taken.user_id]
    undo = next((each for each in others if each.user_id == request.GET.get("was")), None)
    return {"may_hand_on": taken is not None or undo is not None, "others": others, "undo": undo}
