"""Links that carry a secret: a new password, an invitation to a team."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.auth.addresses import client_address
from dashboard.auth.arrivals import arrive
from dashboard.auth.links import find_invitation, reset_url, user_of_reset
from dashboard.auth.mails import post_reset
from dashboard.auth.middleware import ask_for_second_factor
from dashboard.auth.passwords import hashed, new_user
from dashboard.auth.proxy import sign_in_by_proxy
from dashboard.auth.requests import actor_of, for_anybody
from dashboard.auth.sessions import sign_in
from dashboard.auth.throttle import try_link, try_mail
from dashboard.auth.tokens import end_tokens
from dashboard.forms.accounts import JoinForm, MailForm, NewPasswordForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.pages import page, status_of
from dashboard.wakeups import WakeUp, wakeups
from storage.errors import AlreadyExists, Conflict, NotFound
from storage.model.accounts import Invitation, User
from storage.model.document import replace
from storage.model.entities import Team

GONE = "This link was used, has expired or was cut. Ask for a new one."


def _gone(request: HttpRequest) -> HttpResponse:
    return page(request, "auth/gone.html", {"words": GONE}, 404)


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    response = page(request, "auth/gone.html", {"words": "Too many tries. Wait a few minutes and try again."}, 429)
    response["Retry-After"] = str(wait)
    return response


@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def ask_reset(request: HttpRequest) -> HttpResponse:
    """The same answer whether or not somebody has this e-mail."""
    form = MailForm(request.POST if request.method == "POST" else None)
    sent = False
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        if wait := try_mail(email, client_address(request)):
            return _too_many(request, wait)
        store = get_store()
        user_id = store.users.find_id(email)
        user = store.users.find(user_id) if user_id else None
        if user is not None and user.is_active and settings.EMAIL_CONFIGURED:
            post_reset(user, reset_url(user))
        sent = True
    context = {"form": form, "sent": sent, "by_mail": settings.EMAIL_CONFIGURED}
    return page(request, "auth/ask_reset.html", context, status_of(form))


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """A new password. The link dies with the change, and so do every session and every API token: whoever had the old
    password may have made some."""
    user = user_of_reset(token)
    if user is None:
        wait = try_link(client_address(request))
        return _too_many(request, wait) if wait else _gone(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        store, by = get_store(), actor_of(request, user)
        try:
            password = hashed(form.cleaned_data["password"], user)
            # First, so that a link whose work broke off is good for another try; and what a session of theirs made
            # meanwhile, once there is none any more.
            end_tokens(user, by)
            store.users.set_password(user, password, by, by_link=True)
            end_tokens(user, by)
        except ValidationError as error:
            form.add_error("password", error)
        except Conflict:
            return _gone(request)
        else:
            wakeups.send(WakeUp.STORE_CHANGED)
            return see_other("login")
    context = {"form": form, "who": user}
    return page(request, "auth/reset.html", context, status_of(form))


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def join(request: HttpRequest, team_id: str, secret: str) -> HttpResponse:
    """An invitation: somebody who is known here joins as they are, anybody else makes an account."""
    found = find_invitation(team_id, secret)
    if found is None:
        wait = try_link(client_address(request))
        return _too_many(request, wait) if wait else _gone(request)
    arrival = arrive(request)
    if arrival is not None and arrival.is_held:
        return ask_for_second_factor(request)
    user = arrival.user if arrival else None
    if user is None and (response := sign_in_by_proxy(request)):
        return response
    try:
        if user is None:
            return _join_as_new(request, *found)
        return _join(request, *found, user)
    except NotFound:
        return _gone(request)


def _join(request: HttpRequest, invitation: Invitation, teams: list[Team], user: User) -> HttpResponse:
    """With the account one is signed in with."""
    if request.method != "POST":
        return page(request, "auth/join.html", {"who": user, "invitation": invitation, **_named(teams)})
    get_store().members.accept(invitation, user, teams, actor_of(request, user))
    wakeups.send(WakeUp.STORE_CHANGED)
    return _home(teams)


def _named(teams: list[Team]) -> dict[str, object]:
    return {"teams": teams, "team_names": ", ".join(team.name for team in teams)}


def _home(teams: list[Team]) -> HttpResponse:
    """To where somebody goes who has just come to them."""
    return see_other("board", slug=teams[0].slug) if len(teams) == 1 else see_other("network")


def _join_as_new(request: HttpRequest, invitation: Invitation, teams: list[Team]) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None, invited=invitation.email)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            user = new_user(data["email"], data["password"], data["name"])
            for team in teams:
                user = user.with_role(team.id, invitation.roles[team.id])
            user = replace(user, email_claimed=not invitation.email)
            get_store().members.accept_as_new(invitation, user, actor_of(request, user))
        except ValidationError as error:
            form.add_error("password", error)
        except AlreadyExists:
            if wait := try_link(client_address(request)):
                return _too_many(request, wait)
            form.add_error("email", "Somebody has this e-mail already. Sign in first, then open the link again.")
        else:
            response = _home(teams)
            sign_in(request, response, user, "invitation")
            return response
    context = {"form": form, "invitation": invitation, "path": request.path, **_named(teams)}
    return page(request, "auth/join.html", context, status_of(form))
