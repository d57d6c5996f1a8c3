"""Who belongs to a team: roles, invitations."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.limits import TooMany
from dashboard.auth.links import INVITATION_DAYS, check_room_to_invite, invite
from dashboard.auth.mails import send_invitation
from dashboard.auth.policy import MEMBERS, may
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.forms.members import Invitee, MemberForm
from dashboard.forms.teams import RoleForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.manage.frame import settings_page, team_entry
from dashboard.views.pages import once, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.errors import Conflict, NotFound
from storage.model.accounts import Role, User
from storage.model.entities import Team
from storage.repositories.members import MOST_LISTED

MEMBER_ALREADY = "a member already"
CHANGED = "Somebody changed this role meanwhile. This is how it stands now."


@dataclass(frozen=True, slots=True)
class Done:
    """What came of one of those who were entered. `link` where one was made, `sent` whether by mail, too."""

    invitee: Invitee
    words: str
    link: str = ""
    sent: bool = False


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest, team_id: str) -> HttpResponse:
    """The list, and a form that adds those who are here already and makes a link for each who is not."""
    team = team_entry(request, team_id, MEMBERS).team
    form = MemberForm(request.POST if request.method == "POST" else None, others=_others(request, team))
    if request.method != "POST" or not form.is_valid():
        return _list(request, team, form)
    invitees, also = form.cleaned_data["email"], form.cleaned_data.get("teams", ())
    try:
        check_room_to_invite((team, *also), len(invitees))
        done = [_added_or_invited(request, (team, *also), form, invitee) for invitee in invitees]
    except TooMany as full:
        form.add_error(None, str(full))
        return _list(request, team, form)
    except Conflict:
        return _list(request, team, _empty(request, team), CHANGED)
    wakeups.send(WakeUp.STORE_CHANGED)
    if len(done) == 1:
        if done[0].link:
            return _once(request, (team, *also), done[0])
        if done[0].words == MEMBER_ALREADY:
            form.add_error("email", f"{done[0].invitee.name} is a member already. Change the role in the list.")
            return _list(request, team, form)
        return see_other("members", team_id=team.id)
    context = {"done": done, "days": INVITATION_DAYS, "teams": (team, *also)}
    return settings_page(request, team, "members", "manage/invited.html", context)


def _once(request: SignedInRequest, teams: tuple[Team, ...], done: Done) -> HttpResponse:
    hint = f"It was sent to {done.invitee.email}, too. " if done.sent else "Send it yourself: no mail was sent. "
    return once(
        request,
        f"Invitation to {', '.join(team.name for team in teams)}",
        f"Link for {done.invitee.whom}",
        done.link,
        f"{hint}Copy it now: it is not shown again. Good for {INVITATION_DAYS} days and one person.",
        reverse("members", args=[teams[0].id]),
    )


def _others(request: SignedInRequest, team: Team) -> list[Team]:
    """Teams that this person may let others into, beside this one, by name."""
    entries = get_store().teams.list_all()
    found = [entry.team for entry in entries if entry.team.id != team.id and may(request.user, MEMBERS, entry.team)]
    return sorted(found, key=lambda each: each.name.casefold())


def _empty(request: SignedInRequest, team: Team) -> MemberForm:
    return MemberForm(others=_others(request, team))


def _added_or_invited(request: SignedInRequest, teams: tuple[Team, ...], form: MemberForm, invitee: Invitee) -> Done:
    """Raises TooMany, and Conflict where the person was changed meanwhile."""
    store, role = get_store(), Role(form.cleaned_data["role"])
    user_id = store.users.find_id(invitee.email) if invitee.email else None
    user = store.users.find(user_id) if user_id else None
    if user is None or user.email_claimed:
        link = invite(teams[0], role, invitee.email, actor_of(request), name=invitee.name, also=teams[1:])
        names = ", ".join(team.name for team in teams)
        sent = bool(invitee.email) and settings.EMAIL_CONFIGURED
        sent = sent and send_invitation(invitee.email, names, request.user.name, link)
        return Done(invitee, "gets this link", link, sent)
    known, wanting = Invitee(invitee.email, user.name), [team for team in teams if user.granted_role(team.id) is None]
    for team in wanting:
        user = store.members.set_role(user, team, role, actor_of(request))
    return Done(known, "added" if wanting else MEMBER_ALREADY)


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
    return settings_page(request, team, "members", "manage/members.html", context, 409 if problem else status_of(form))


def _set(request: SignedInRequest, team: Team, user: User, role: Role | None) -> HttpResponse:
    try:
        get_store().members.set_role(user, team, role, actor_of(request))
    except Conflict:
        return _list(request, team, _empty(request, team), CHANGED)
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


@for_people
@require_POST
def set_role(request: SignedInRequest, team_id: str) -> HttpResponse:
    """Of somebody who is a member, or was until just now (undo)."""
    team = team_entry(request, team_id, MEMBERS).team
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _list(request, team, _empty(request, team), "This is not a role.")
    user = _user(form.cleaned_data["user_id"])
    if str(user.granted_role(team.id) or "") != form.cleaned_data["was"]:
        return _list(request, team, _empty(request, team), CHANGED)
    return _set(request, team, user, Role(form.cleaned_data["role"]))


@for_people
@require_POST
def remove(request: SignedInRequest, team_id: str) -> HttpResponse:
    team = team_entry(request, team_id, MEMBERS).team
    user = _user(request.POST.get("user_id", ""))
    if user.role_by_hand(team.id) is None:
        return _list(request, team, _empty(request, team), CHANGED)
    return _set(request, team, user, None)


@for_people
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
        return _list(request, team, _empty(request, team), "This invitation was used or revoked meanwhile.")
    return see_other("members", team_id=team_id)
