"""One execution: live stage panels, jobs, timeline, attempts."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from dashboard.auth.policy import TAKE, VIEW, authorize, may, may_be_handed
from dashboard.auth.requests import SignedInRequest, for_people
from dashboard.readmodels.executions import ExecutionPage
from dashboard.screens import EXECUTION
from dashboard.store import get_store
from dashboard.views.pages import live_of, look_for, page, screen_page
from dashboard.wakeups import WakeUp, wakeups


@for_people
@ensure_csrf_cookie
@require_safe
def detail(request: SignedInRequest, execution_id: str) -> HttpResponse:
    if request.execution_head is None:
        raise Http404("No such execution")
    reading = EXECUTION.read_of(get_store(), execution_id, request.execution_head)
    request.team = authorize(request.user, VIEW, reading.place.team)
    shown = look_for(request, EXECUTION, execution_id, reading)
    built = shown.model
    if built.execution.ended and not built.execution.stages:
        wakeups.send(WakeUp.RUN_WITHOUT_STAGES_WAS_OPENED, execution_id)
    if built.newest and ("holder" in request.GET or "was" in request.GET):
        # With forms, whose tokens nobody else may be given.
        frame = {"shown": shown, "page": built, "live": live_of(shown, request), "nav": "network"}
        return page(request, "executions/index.html", {**frame, **_holders(request, built)})
    return screen_page(
        request, shown, "executions/index.html", lambda: {"page": built, "nav": "network"}, live=built.newest
    )


def _holders(request: SignedInRequest, built: ExecutionPage) -> dict[str, object]:
    """Who may have it instead; `undo`: who had it before the last step. Read only where somebody asks for it."""
    taken, team = built.taken, built.team
    if team is None or not (taken or built.can_take) or not may(request.user, TAKE, team):
        return {}
    members = [each for each in get_store().members.list_of_team(team.id) if may_be_handed(each)]
    others = [each for each in members if taken is None or each.user_id != taken.user_id]
    undo = next((each for each in others if each.user_id == request.GET.get("was")), None)
    return {"may_hold": True, "others": others, "undo": undo}
