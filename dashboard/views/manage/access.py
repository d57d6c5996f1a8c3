"""What opens a team without a person: API tokens that are good for it, screen links."""

from __future__ import annotations

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from dashboard.auth.limits import TooMany
from dashboard.auth.links import make_screen
from dashboard.auth.policy import MANAGE, MEMBERS, authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.access import ScreenForm
from dashboard.forms.fields import ConfirmForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import once, page, status_of
from storage.model.accounts import ScreenLink
from storage.model.entities import Team
from storage.model.team_rules import UNASSIGNED


@for_people
@require_safe
def tokens(request: SignedInRequest, team_id: str) -> HttpResponse:
    """Whose tokens are good for this team only."""
    team = team_entry(request, team_id, MEMBERS).team
    return settings_page(
        request, team, "tokens", "manage/tokens.html", {"tokens": get_store().tokens.list_of_team(team_id)}
    )


@for_people
@require_POST
def revoke_token(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MEMBERS).team
    store = get_store()
    wanted = request.POST.get("token", "")
    token = next((each for each in store.tokens.list_of_team(team_id) if each.token_hash == wanted), None)
    if token is None:
        raise Http404("No such token")
    confirm = ConfirmForm(request.POST, expected=token.name)
    if not confirm.is_valid():
        context = {"tokens": store.tokens.list_of_team(team_id), "confirm": confirm, "wanted": wanted}
        return settings_page(request, team, "tokens", "manage/tokens.html", context, 400)
    store.tokens.delete(token, actor_of(request))
    return see_other("team_tokens", team_id=team_id)


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def screens(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MANAGE).team
    if team.id == UNASSIGNED:
        raise Http404("Screens would show it to people who may not know it")
    return _screens(request, team, reverse("team_screens", args=[team_id]))


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def network_screens(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    return _screens(request, None, reverse("network_screens"))


@for_people
@require_POST
def revoke_screen(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MANAGE).team
    return _revoke(request, team, reverse("team_screens", args=[team_id]))


@for_people
@require_POST
def revoke_network_screen(request: SignedInRequest) -> HttpResponse:
    authorize_admin(request.user)
    return _revoke(request, None, reverse("network_screens"))


def _screens(request: SignedInRequest, team: Team | None, path: str) -> HttpResponse:
    form = ScreenForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            link = make_screen(team.id if team else "", form.cleaned_data["name"], actor_of(request))
        except TooMany as full:
            form.add_error(None, str(full))
            return _list(request, team, path, {"form": form}, status_of(form))
        hint = "Copy it now: it is not shown again. Whoever has it sees the screen, without signing in."
        return once(request, f"Screen link “{form.cleaned_data['name']}”", "Open this on the screen", link, hint, path)
    return _list(request, team, path, {"form": form}, status_of(form))


def _revoke(request: SignedInRequest, team: Team | None, path: str) -> HttpResponse:
    wanted = request.POST.get("screen", "")
    store = get_store()
    screen = next((each for each in _of(team) if each.id == wanted), None)
    if screen is None:
        raise Http404("No such screen link")
    confirm = ConfirmForm(request.POST, expected=screen.name)
    if not confirm.is_valid():
        return _list(request, team, path, {"form": ScreenForm(), "confirm": confirm, "wanted": wanted}, 400)
    store.screen_links.delete(screen, actor_of(request))
    return HttpResponseRedirect(path, status=303)


def _of(team: Team | None) -> list[ScreenLink]:
    return get_store().screen_links.list_of_team(team.id if team else "")


def _list(
    request: SignedInRequest, team: Team | None, path: str, context: dict[str, object], status: int
) -> HttpResponse:
    revoke = reverse("revoke_team_screen", args=[team.id]) if team else reverse("revoke_network_screen")
    context = {"screens": _of(team), "path": path, "revoke": revoke, **context}
    if team is not None:
        return settings_page(request, team, "screens", "manage/screens.html", context, status)
    return page(request, "manage/network_screens.html", {**context, "nav": "manage"}, status)
