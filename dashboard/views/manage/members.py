"""Who belongs to a team: roles, invitations."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.limits import TooMany
from dashboard.auth.links import INVITATION_DAYS, invite
from dashboard.auth.mails import send_invitation
from dashboard.auth.policy import MEMBERS
from dashboard.auth.requests import SignedInRequest, actor_of
from dashboard.forms import MemberForm, RoleForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.manage.frame import framed, team_entry
from dashboard.views.pages import once, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.errors import Conflict, NotFound
from storage.model.accounts import Role, User
from storage.model.entities import Team
from storage.repositories.members import MOST_LISTED

CHANGED = "Somebody changed this role meanwhile. This is how it stands now."


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, team_id: str) -> HttpResponse:
    """The list, and a form that adds somebody who is here already or makes a link for somebody who is not."""
    team = team_entry(request, team_id, MEMBERS).team
    store = get_store()
    form = MemberForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        user_id = store.users.find_id(email) if email else None
        user = store.users.find(user_id) if user_id else None
        if user is None or user.email_claimed:
            return _invited(request, team, form)
        if user.granted_role(team.id) is not None:
            form.add_error("email", f"{user.name} is a member already. Change the role in the list.")
        else:
            return _set(request, team, user, Role(form.cleaned_data["role"]))
    return _list(request, team, form)


def _invited(request: SignedInRequest, team: Team, form: MemberForm) -> HttpResponse:
    email = form.cleaned_data["email"]
    try:
        link = invite(team, Role(form.cleaned_data["role"]), email, actor_of(request))
    except TooMany as full:
        form.add_error(None, str(full))
        return _list(request, team, form)
    sent = bool(email) and settings.EMAIL_CONFIGURED and send_invitation(email, team, request.user.name, link)
    whom = email or "whoever has the link"
    hint = f"It was sent to {email}, too. " if sent else "Send it yourself: no mail was sent. "
    return once(
        request,
        f"Invitation to {team.name}",
        f"Link for {whom}",
        link,
        f"{hint}Copy it now: it is not shown again. Good for {INVITATION_DAYS} days and one person.",
        reverse("members", args=[team.id]),
    )


def _list(request: SignedInRequest, team: Team, form: MemberForm, problem: str = "") -> HttpResponse:
    store = get_store()
    removed = store.users.find(request.GET.get("removed", "")[:32]) if request.GET.get("removed") else None
    was = request.GET.get("was", "")
    members = store.members.list_of_team(team.id)
    context = {
        "form": form,
        "problem": problem,
        "members": members,
        "cut": len(members) >= MOST_LISTED,
        "invitations": store.members.list_invitations(team.id),
        "roles": list(Role),
        "removed": removed if removed is not None and removed.granted_role(team.id) is None else None,
        "was": was if was in set(Role) else str(Role.VIEWER),
    }
    return framed(request, team, "members", "manage/members.html", context, 409 if problem else status_of(form))


def _set(request: SignedInRequest, team: Team, user: User, role: Role | None) -> HttpResponse:
    try:
        get_store().members.set_role(user, team, role, actor_of(request))
    except Conflict:
        return _list(request, team, MemberForm(), CHANGED)
    wakeups.send(WakeUp.STORE_CHANGED)
    back = reverse("members", args=[team.id])
    if role is None:
        back = f"{back}?removed={user.id}&was={user.role_by_hand(team.id)}"
    return HttpResponseRedirect(back, status=303)


def _user(user_id: str) -> User:
    user = get_store().users.find(user_id) if keys.is_id(user_id) else None
    if user is None:
        raise Http404("No such person")
    return user


@require_POST
def set_role(request: SignedInRequest, team_id: str) -> HttpResponse:
    """Of somebody who is a member, or was until just now (undo)."""
    team = team_entry(request, team_id, MEMBERS).team
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _list(request, team, MemberForm(), "This is not a role.")
    user = _user(form.cleaned_data["user_id"])
    if str(user.granted_role(team.id) or "") != form.cleaned_data["was"]:
        return _list(request, team, MemberForm(), CHANGED)
    return _set(request, team, user, Role(form.cleaned_data["role"]))


@require_POST
def remove(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MEMBERS).team
    user = _user(request.POST.get("user_id", ""))
    if user.role_by_hand(team.id) is None:
        return _list(request, team, MemberForm(), CHANGED)
    return _set(request, team, user, None)


@require_POST
def revoke_invitation(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MEMBERS).team
    key_hash = request.POST.get("invitation", "")
    store = get_store()
    found = next((each for each in store.members.list_invitations(team.id) if each.key_hash == key_hash), None)
    try:
        if found is None:
            raise NotFound("No such invitation")
        store.members.revoke_invitation(found, actor_of(request))
    except NotFound:
        return _list(request, team, MemberForm(), "This invitation was used or revoked meanwhile.")
    return see_other("members", team_id=team_id)
