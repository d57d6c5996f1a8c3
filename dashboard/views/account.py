"""One's own account: name, password, sessions, API tokens."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from dashboard.auth.limits import TooMany
from dashboard.auth.passwords import authenticate, hashed
from dashboard.auth.policy import sees
from dashboard.auth.requests import SignedInRequest, actor_of, for_people
from dashboard.auth.sessions import open_sessions, sign_in
from dashboard.auth.throttle import signed_in, try_sign_in
from dashboard.auth.tokens import create_token, end_tokens
from dashboard.forms.access import TokenForm
from dashboard.forms.accounts import NameForm, PasswordForm
from dashboard.forms.fields import ConfirmForm
from dashboard.links import see_other
from dashboard.readmodels.people import belongings, sessions_page
from dashboard.store import get_store
from dashboard.views.pages import once, page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import Conflict
from storage.model.accounts import Scope
from storage.model.entities import Team

HASH = re.compile(r"[0-9a-f]{64}")
MEANWHILE = "Your account was changed meanwhile. Look again, then save."


def _teams(request: SignedInRequest) -> list[Team]:
    return [entry.team for entry in get_store().teams.list_all() if sees(request.user, entry.team)]


def _page(
    request: SignedInRequest,
    *,
    name: NameForm | None = None,
    password: PasswordForm | None = None,
    token: TokenForm | None = None,
    confirm: ConfirmForm | None = None,
) -> HttpResponse:
    store, user = get_store(), request.user
    teams = _teams(request)
    sent = [form for form in (name, password, token, confirm) if form is not None]
    context = {
        "name_form": name or NameForm(initial={"name": user.name}),
        "password_form": (password or PasswordForm()) if user.password else None,
        "token_form": token or TokenForm(prefix="token", teams=teams),
        "confirm": confirm,
        "wanted": request.POST.get("token", ""),
        "sessions": sessions_page(open_sessions(user, request.session_hash), request.GET.get("sessions", "")),
        "this_session": request.session_hash,
        "tokens": store.tokens.list_of_user(user.id),
        "belongings": belongings(user, teams),
        "nav": "account",
    }
    return page(request, "account/index.html", context, status_of(*sent))


@for_people
@require_safe
def index(request: SignedInRequest) -> HttpResponse:
    return _page(request)


@for_people
@require_POST
def rename(request: SignedInRequest) -> HttpResponse:
    form = NameForm(request.POST)
    if form.is_valid():
        try:
            get_store().users.rename(request.user, form.cleaned_data["name"], actor_of(request))
        except Conflict:
            form.add_error(None, MEANWHILE)
        else:
            return see_other("account")
    return _page(request, name=form)


@for_people
@sensitive_post_parameters("present", "password")
@require_POST
def change_password(request: SignedInRequest) -> HttpResponse:
    """Every session ends; this browser gets a new one. API tokens end where that is asked for."""
    form, user = PasswordForm(request.POST), request.user
    if not user.password:
        raise Http404("This person signs in elsewhere")
    if form.is_valid():
        who = actor_of(request)
        if wait := try_sign_in(user.email, who.address):
            form.add_error(None, "Too many tries. Wait a few minutes and try again.")
            response = _page(request, password=form)
            response.status_code = 429
            response["Retry-After"] = str(wait)
            return response
        if authenticate(user.email, form.cleaned_data["present"]) is None:
            get_store().audit.put_refused(who, "person.password_changed", user.email)
            form.add_error("present", "This is not your password.")
            return _page(request, password=form)
        signed_in(user.email, who.address)
        try:
            changed = get_store().users.set_password(user, hashed(form.cleaned_data["password"], user), who)
        except ValidationError as error:
            form.add_error("password", error)
        except Conflict:
            form.add_error(None, MEANWHILE)
        else:
            if form.cleaned_data["end_tokens"]:
                end_tokens(changed, who)
            wakeups.send(WakeUp.STORE_CHANGED)
            response = see_other("account")
            sign_in(request, response, changed, "change of password")
            return response
    return _page(request, password=form)


@for_people
@require_POST
def end_session(request: SignedInRequest) -> HttpResponse:
    """One of one's own."""
    key_hash = request.POST.get("session", "")
    if not HASH.fullmatch(key_hash) or not get_store().sessions.delete(request.user.id, key_hash, actor_of(request)):
        raise Http404("No such session")
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("account")


@for_people
@require_POST
def end_other_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign-out everywhere but here."""
    get_store().users.end_other_sessions(request.user, actor_of(request), request.session_hash)
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("account")


@for_people
@require_POST
def end_sessions(request: SignedInRequest) -> HttpResponse:
    """Sign-out everywhere, here too."""
    get_store().users.end_sessions(request.user, actor_of(request))
    wakeups.send(WakeUp.STORE_CHANGED)
    return see_other("login")


@for_people
@require_POST
def add_token(request: SignedInRequest) -> HttpResponse:
    """Shown once. It is never worth more than its owner, whatever its scopes."""
    form = TokenForm(request.POST, prefix="token", teams=_teams(request))
    if not form.is_valid():
        return _page(request, token=form)
    data = form.cleaned_data
    scopes = [Scope(scope) for scope in data["scopes"]]
    try:
        clear = create_token(
            request.user, data["name"], actor_of(request), scopes=scopes, days=data["days"], team_id=data["team_id"]
        )
    except TooMany as full:
        form.add_error(None, str(full))
        return _page(request, token=form)
    hint = "Copy it now: it is not shown again. Send it as “Authorization: Bearer …” to /api/v1."
    return once(request, f"API token “{data['name']}”", "Token", clear, hint, reverse("account"))


@for_people
@require_POST
def revoke_token(request: SignedInRequest) -> HttpResponse:
    store = get_store()
    wanted = request.POST.get("token", "")
    token = next((each for each in store.tokens.list_of_user(request.user.id) if each.token_hash == wanted), None)
    if token is None:
        raise Http404("No such token")
    confirm = ConfirmForm(request.POST, expected=token.name)
    if not confirm.is_valid():
        return _page(request, confirm=confirm)
    store.tokens.delete(token, actor_of(request))
    return see_other("account")
