"""Everybody who may sign in, for administrators."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.links import reset_url
from dashboard.auth.mails import send_reset
from dashboard.auth.passwords import create_user
from dashboard.auth.policy import authorize_admin
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.auth.sessions import open_sessions
from dashboard.auth.tokens import end_tokens
from dashboard.forms.accounts import NewPersonForm, PersonForm
from dashboard.forms.factors import PolicyForm
from dashboard.forms.fields import ConfirmForm
from dashboard.links import see_other
from dashboard.readmodels.people import belongings, build, sessions_page
from dashboard.store import get_store
from dashboard.views.pages import once, page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage import keys
from storage.errors import AlreadyExists, Conflict, LastAdministrator
from storage.model.accounts import User
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.factors import FactorSet

TOLD_AT_ONCE = 500
MEANWHILE = "Somebody changed this person meanwhile. Look again, then save."


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def index(request: SignedInRequest) -> HttpResponse:
    """The list, and a form that makes somebody with a link to choose a password."""
    authorize_admin(request.user)
    form = NewPersonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            # Nobody knows this password: the link is the way in.
            unknown = secrets.token_urlsafe(32)
            user = create_user(data["email"], unknown, actor_of(request), data["name"], is_admin=data["is_admin"])
        except AlreadyExists:
            form.add_error("email", "Somebody has this e-mail already.")
        except ValidationError as error:
            form.add_error("email", error)
        else:
            return _link(request, user)
    return _list(request, form)


def _list(request: SignedInRequest, form: NewPersonForm, problem: str = "") -> HttpResponse:
    store = get_store()
    required = request.sign_in_policy.second_factor_required
    context = {
        "people": build(store.users.list_all(), (entry.team for entry in store.teams.list_all())),
        "form": form,
        "policy_form": PolicyForm(initial={"second_factor_required": required}),
        "problem": problem,
        "nav": "manage",
    }
    return page(request, "manage/people.html", context, 409 if problem else status_of(form))


@for_people
@require_POST
def set_policy(request: SignedInRequest) -> HttpResponse:
    """What is asked of everybody with a password. Whoever is held up by it is told on open pages, too."""
    authorize_admin(request.user)
    form, store = PolicyForm(request.POST), get_store()
    required = form.is_valid() and form.cleaned_data["second_factor_required"]
    before = request.sign_in_policy
    after = replace(before, second_factor_required=required)
    try:
        store.sign_in_policies.put(before, after, actor_of(request))
    except Conflict:
        return _list(request, NewPersonForm(), "Somebody changed this meanwhile. This is how it stands now.")
    held = [user.id for user in store.users.list_all() if after.holds_up(user)]
    for start in range(0, len(held), TOLD_AT_ONCE):
        store.sign_in_policies.tell(held[start : start + TOLD_AT_ONCE])
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("people")


def _found(request: SignedInRequest, user_id: str) -> User:
    authorize_admin(request.user)
    user = get_store().users.find(user_id) if keys.is_id(user_id) else None
    if user is None:
        raise Http404("No such person")
    return user


@for_people
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: SignedInRequest, user_id: str) -> HttpResponse:
    user = _found(request, user_id)
    form = PersonForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        data = form.cleaned_data
        store = get_store()
        try:
            if data["based_on"] not in ("", str(user.version)):
                raise Conflict("changed since the form was filled in")
            # What may be refused comes first, so that a refusal leaves everything as it was.
            standing = {"is_admin": data["is_admin"], "is_active": data["is_active"]}
            if (user.is_admin, user.is_active) != tuple(standing.values()):
                user = store.users.set_standing(user, actor_of(request), **standing)
            if data["name"] != user.name:
                user = store.users.rename(user, data["name"], actor_of(request))
        except LastAdministrator as error:
            form.add_error("is_admin", str(error))
        except Conflict:
            form.add_error(None, MEANWHILE)
            form.rebase(str(user.version))
        else:
            wakeups.send(WakeUp.STORE_CHANGED)
            return see_other("person", user_id=user_id)
    return _page(request, user, form)


def _by_name(team: Team) -> tuple[str, str]:
    return team.name.casefold(), team.id


def _page(
    request: SignedInRequest,
    user: User,
    form: PersonForm | None = None,
    confirm: ConfirmForm | None = None,
    problem: str = "",
) -> HttpResponse:
    store = get_store()
    initial = {
        "name": user.name,
        "is_admin": user.is_admin,
        "is_active": user.is_active,
        "based_on": str(user.version),
    }
    shown = form or PersonForm(initial=initial)
    context = {
        "person": user,
        "belongings": belongings(user, sorted((entry.team for entry in store.teams.list_all()), key=_by_name)),
        "form": shown,
        "confirm": confirm,
        "problem": problem,
        "wanted": request.POST.get("token", ""),
        "sessions": sessions_page(open_sessions(user), request.GET.get("sessions", "")),
        "tokens": store.tokens.list_of_user(user.id),
        "nav": "manage",
    }
    status = 409 if problem else status_of(shown, *([confirm] if confirm else []))
    return page(request, "manage/person.html", context, status)


def _link(request: SignedInRequest, user: User) -> HttpResponse:
    link = reset_url(user)
    sent = settings.EMAIL_CONFIGURED and send_reset(user, link)
    hint = f"It was sent to {user.email}, too. " if sent else "Send it yourself: no mail was sent. "
    return once(
        request,
        f"Password link for {user.name}",
        "With this link they choose a password",
        link,
        f"{hint}Good for an hour and for one change.",
        reverse("person", args=[user.id]),
    )


@for_people
@require_POST
def reset(request: SignedInRequest, user_id: str) -> HttpResponse:
    """A link to choose a new password. The present one goes at once, and so do the sessions it opened and the API
    tokens they made."""
    user, by = _found(request, user_id), actor_of(request)
    if user.issuer:
        raise Http404("This person signs in elsewhere")
    try:
        user = get_store().users.set_password(user, "", by)
        end_tokens(user, by)
    except Conflict:
        return _page(request, user, problem=f"{user.name} was changed meanwhile. Nothing was done: try again.")
    wakeups.send(WakeUp.STORE_CHANGED)
    return _link(request, user)


@for_people
@require_POST
def reset_factors(request: SignedInRequest, user_id: str) -> HttpResponse:
    """Of somebody who has lost theirs: the password alone lets them in again."""
    user = _found(request, user_id)
    if user.id == request.user.id:
        return _page(request, user, problem="Remove your own under Account, where you are asked to prove yourself.")
    store = get_store()
    factors = store.factor_sets.find(user.id)
    if not factors.is_any:
        raise Http404("This person has no second factor")
    try:
        store.factor_sets.put(user, factors, FactorSet(user.id), actor_of(request), "factors.reset")
    except Conflict:
        return _page(request, user, problem=f"{user.name} was changed meanwhile. Nothing was done: try again.")
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("person", user_id=user_id)


@for_people
@require_POST
def end_sessions(request: SignedInRequest, user_id: str) -> HttpResponse:
    get_store().users.end_sessions(_found(request, user_id), actor_of(request))
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("person", user_id=user_id)


@for_people
@require_POST
def revoke_token(request: SignedInRequest, user_id: str) -> HttpResponse:
    user = _found(request, user_id)
    store = get_store()
    wanted = request.POST.get("token", "")
    token = next((each for each in store.tokens.list_of_user(user.id) if each.token_hash == wanted), None)
    if token is None:
        raise Http404("No such token")
    confirm = ConfirmForm(request.POST, expected=token.name)
    if not confirm.is_valid():
        return _page(request, user, confirm=confirm)
    store.tokens.delete(token, actor_of(request))
    return see_other("person", user_id=user_id)
