"""Teams: the list, a new one, what one is called and who may see it, and its end."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.policy import ADMINISTER, MANAGE, authorize_admin, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.fields import ConfirmForm
from dashboard.forms.teams import TeamForm
from dashboard.links import see_other, team_href
from dashboard.store import get_store
from dashboard.timekeeping import timekeeper
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import AlreadyExists, Conflict
from storage.model.document import replace
from storage.model.team_rules import UNASSIGNED

TAKEN = "Another team has this address."


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """The teams this person may manage; for administrators a form for a new one."""
    store = get_store()
    entries = [entry for entry in store.teams.list_boards() if may(request.user, MANAGE, entry.team)]
    if request.method == "POST" or not entries:
        authorize_admin(request.user)
    form = TeamForm(request.POST if request.method == "POST" else None, initial={"is_open": "open"})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            team = store.teams.create(
                data["name"], data["slug"], actor_of(request), description=data["description"], is_open=data["is_open"]
            )
        except AlreadyExists:
            form.add_error("slug", TAKEN)
        else:
            wakeups.send(WakeUp.STORE_CHANGED)
            return see_other("board", slug=team.slug)
    may_create = may(request.user, ADMINISTER)
    context = {
        "entries": entries,
        "form": form,
        "may_create": may_create,
        "unassigned": UNASSIGNED,
        "nav": "manage",
        "jumped_to": timekeeper.jumped_to if may_create else 0,
    }
    return page(request, "manage/index.html", context, status_of(form))


@for_people
@require_POST
def confirm_clock(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    timekeeper.confirm(get_store(), actor_of(request))
    return see_other("manage")


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: SignedInRequest, team_id: str) -> HttpResponse:
    entry = team_entry(request, team_id, MANAGE)
    team = entry.team
    if team.id == UNASSIGNED:
        return see_other("unassigned")
    initial = {
        "name": team.name,
        "slug": team.slug,
        "description": team.description,
        "is_open": "open" if team.is_open else "closed",
        "based_on": str(team.updated_at),
    }
    form = TeamForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        # A form that does not say so opens no closed team.
        is_open = data["is_open"] if "is_open" in request.POST else team.is_open
        wanted = replace(team, name=data["name"], slug=data["slug"], description=data["description"], is_open=is_open)
        try:
            if data["based_on"] not in ("", str(team.updated_at)):
                raise Conflict("changed since the form was filled in")
            get_store().teams.update(entry, wanted, actor_of(request))
        except AlreadyExists:
            form.add_error("slug", TAKEN)
        except Conflict:
            who = team.updated_by or "Somebody"
            form.add_error(
                None,
                f"{who} changed this team meanwhile: it is {team.name} at {team_href(team.slug)} now. Look, then save.",
            )
            form.rebase(str(team.updated_at))
        else:
            wakeups.send(WakeUp.STORE_CHANGED)
            return see_other("team_settings", "?saved=1", team_id=team_id)
    context = {"form": form, "saved": "saved" in request.GET}
    return settings_page(request, team, "details", "manage/details.html", context, status_of(form))


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: SignedInRequest, team_id: str) -> HttpResponse:
    """For ever, with all it has: so its name must be typed."""
    entry = team_entry(request, team_id, ADMINISTER)
    store = get_store()
    form = ConfirmForm(request.POST if request.method == "POST" else None, expected=entry.team.name)
    if request.method == "POST" and form.is_valid():
        store.teams.delete(entry.team, actor_of(request), store.connections.list_of_team(team_id))
        wakeups.send(WakeUp.TEAM_WAS_DELETED)
        return see_other("manage")
    context = {
        "form": form,
        "pipelines": len(store.pipelines.list_board(team_id, hidden=True)),
        "connections": store.connections.count_of_team(team_id),
        "members": store.members.count_of_team(team_id),
    }
    return settings_page(request, entry.team, "delete", "manage/delete.html", context, status_of(form))
