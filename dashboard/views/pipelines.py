"""One pipeline: line, runs page by page, trends; and who has it while it fails."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.views.decorators.http import require_POST, require_safe

from dashboard.auth.policy import TAKE, VIEW, authorize, may_be_handed
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.links import execution_href, team_href
from dashboard.screens import PIPELINE
from dashboard.store import get_store
from dashboard.views import cursors
from dashboard.views.pages import is_fragment, look_for, problems_of, screen_page
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.model.accounts import User
from storage.model.board_row import BoardRow
from storage.model.entities import Team
from storage.model.pipeline_record import Acknowledgement


@for_people
@require_safe
def detail(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    team = authorize(request.user, VIEW, request.team)
    store = get_store()
    pair = store.pipelines.find_pair(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    if pair is None:
        raise Http404("No such pipeline")
    # A former id leads on to the pipeline that took over.
    pipeline_id = pair.record.id
    cursor = cursors.read(request.GET.get("before", ""), pipeline_id)
    shown = look_for(request, PIPELINE, pipeline_id, PIPELINE.read_of(store, team, pair, cursor))

    def context() -> dict[str, Any]:
        return {
            "page": shown.model,
            "older": cursors.write(shown.model.next, pipeline_id),
            "problems": problems_of(request),
            "nav": "network",
        }

    return screen_page(request, shown, "pipelines/index.html", context, live=cursor is None)


@for_people
@require_POST
def take(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    """Say that this person has a failing pipeline. The first to say so has it; saying it again changes nothing."""
    team, row = _row(request, pipeline_id)
    if row.red and row.taken is None:
        _hold(team, row, Acknowledgement(request.user.id, request.user.name, get_store().now()), request, "taken")
    return _back(request, slug, row)


@for_people
@require_POST
def give_back(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    """Nobody has it any more."""
    team, row = _row(request, pipeline_id)
    was = row.taken
    if was is not None:
        _hold(team, row, None, request, "given_back")
    return _back(request, slug, row, was)


@for_people
@require_POST
def hand_on(request: SignedInRequest, slug: str, pipeline_id: str) -> HttpResponse:
    """To another member of the team. This is how handing on and giving back are undone, too."""
    team, row = _row(request, pipeline_id)
    to_id, was = request.POST.get("to", ""), row.taken
    name = _name_of(team, to_id, request.user)
    if row.red and (was is None or was.user_id != to_id):
        _hold(team, row, Acknowledgement(to_id, name, get_store().now()), request, "handed_on")
    return _back(request, slug, row, was)


def _name_of(team: Team, user_id: str, user: User) -> str:
    """Of a member who may take it, or of who asks. Http404 for anybody else."""
    if user_id == user.id:
        return user.name
    member = next((each for each in get_store().members.list_of_team(team.id) if each.user_id == user_id), None)
    if member is None or not may_be_handed(member):
        raise Http404("No such member")
    return member.name


def _row(request: SignedInRequest, pipeline_id: str) -> tuple[Team, BoardRow]:
    team = authorize(request.user, TAKE, request.team)
    stored = get_store().pipelines.find_row(team.id, pipeline_id) if keys.is_id(pipeline_id) else None
    if stored is None:
        raise Http404("No such pipeline")
    return team, stored.row()


def _hold(team: Team, row: BoardRow, holder: Acknowledgement | None, request: SignedInRequest, what: str) -> None:
    """Where two say so at the same moment, the first has it."""

    def allowed(present: BoardRow) -> bool:
        return present.taken == row.taken and (present.red or holder is None)

    done = get_store().override_writer.take(
        team.id, row.id, holder, actor_of(request), f"pipeline.{what}", only_if=allowed
    )
    if done:
        wakeups.send(WakeUp.STORE_CHANGED)


def _back(request: SignedInRequest, slug: str, row: BoardRow, was: Acknowledgement | None = None) -> HttpResponse:
    """To the execution that failed. `was`: who had it, so that it can be undone."""
    if is_fragment(request):
        return HttpResponse(status=204)
    shown = row.result.execution_id if row.result else row.latest.execution_id if row.latest else ""
    undo = f"?was={was.user_id}#take" if was else "#take"
    return HttpResponseRedirect(execution_href(shown) + undo if shown else team_href(slug), status=303)
