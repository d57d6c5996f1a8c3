"""Pipelines that no rule fitted: they wait here until somebody moves them."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_POST, require_safe

from dashboard.auth.policy import MANAGE, authorize, authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.readmodels.teams import build
from dashboard.store import get_store
from dashboard.views.manage.moving import MOST_AT_ONCE, Moving, move_all
from dashboard.views.pages import page
from storage import keys
from storage.model.pipeline_record import Placed
from storage.model.team_rules import UNASSIGNED

# On the page; more follow as these are moved.
MOST_LISTED = 200
NOTHING_CHOSEN = "Choose pipelines first."
NO_TEAM = "Choose the team they go to."


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    return _page(request)


def _page(request: SignedInRequest, *, moved: str = "", problem: str = "") -> HttpResponse:
    store = get_store()
    entries = store.teams.list_all()
    unassigned = next((entry.team for entry in entries if entry.team.id == UNASSIGNED), None)
    rows = store.pipelines.list_board(UNASSIGNED, hidden=True) if unassigned else []
    lines = (
        sorted(build(unassigned, rows, store.now()).lines, key=lambda line: line.row.name.casefold())
        if unassigned
        else []
    )
    context = {
        "unassigned": unassigned,
        "lines": lines[:MOST_LISTED],
        "number": len(lines),
        "more": max(0, len(lines) - MOST_LISTED),
        "teams": [entry.team for entry in entries if entry.team.id != UNASSIGNED],
        "chosen": frozenset(request.POST.getlist("pipeline")) if problem else frozenset(),
        "to": request.POST.get("to", ""),
        "most": MOST_AT_ONCE,
        "moved": moved,
        "problem": problem,
        "nav": "manage",
    }
    return page(request, "manage/unassigned.html", context, 400 if problem else 200)


@for_people
@require_POST
def move(request: SignedInRequest) -> HttpResponse:
    """Those that were ticked, or the one whose own button was pressed, to a team."""
    authorize_admin(request.user)
    store = get_store()
    home = store.teams.find(UNASSIGNED)
    to_id = request.POST.get("to", "")
    entry = store.teams.find(to_id) if keys.is_team_id(to_id) and to_id != UNASSIGNED else None
    if home is None:
        raise Http404("Nothing was ever unassigned")
    if not to_id:
        return _page(request, problem=NO_TEAM)
    to = authorize(request.user, MANAGE, entry.team if entry else None)
    one = request.POST.get("one", "")
    wanted = [id_ for id_ in dict.fromkeys([one] if one else request.POST.getlist("pipeline")) if keys.is_id(id_)]
    if not wanted:
        return _page(request, problem=NOTHING_CHOSEN)
    moving = [Moving(id_, home.team, to) for id_ in wanted]
    return _page(request, moved=move_all(store, moving, actor_of(request), Placed.PERSON).words)
