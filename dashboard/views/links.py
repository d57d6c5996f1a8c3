"""Links that carry a secret: a new password, an invitation to a team."""

from __future__ import annotations

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.auth.addresses import client_address
from dashboard.auth.links import find_invitation, reset_url, user_of_reset
from dashboard.auth.mails import send_reset
from dashboard.auth.passwords import hashed, new_user
from dashboard.auth.requests import by, public
from dashboard.auth.sessions import current_user, sign_in
from dashboard.auth.throttle import try_link, try_mail
from dashboard.background import background
from dashboard.forms import JoinForm, MailForm, NewPasswordForm
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.errors import AlreadyExists, Conflict, NotFound
from storage.people import Invitation, User

GONE = "This link was used, has expired or was cut. Ask for a new one."


def _gone(request: HttpRequest) -> HttpResponse:
    return page(request, "auth/gone.html", {"words": GONE}, 404)


def _too_many(request: HttpRequest, wait: int) -> HttpResponse:
    response = page(request, "auth/gone.html", {"words": "Too many tries. Wait a few minutes and try again."}, 429)
    response["Retry-After"] = str(wait)
    return response


@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def ask_reset(request: HttpRequest) -> HttpResponse:
    """The same answer whether or not somebody has this e-mail."""
    form = MailForm(request.POST if request.method == "POST" else None)
    sent = False
    if request.method == "POST" and form.is_valid():
        if wait := try_mail(client_address(request)):
            return _too_many(request, wait)
        store = get_store()
        user_id = store.users.find_id(form.cleaned_data["email"])
        user = store.users.find(user_id) if user_id else None
        if user is not None and user.is_active and settings.EMAIL_CONFIGURED:
            send_reset(user, reset_url(user))
        sent = True
    context = {"form": form, "sent": sent, "by_mail": settings.EMAIL_CONFIGURED}
    return page(request, "auth/ask_reset.html", context, 400 if form.is_bound and form.errors else 200)


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def reset(request: HttpRequest, token: str) -> HttpResponse:
    """A new password. The link dies with the change, and so does every session."""
    user = user_of_reset(token)
    if user is None:
        wait = try_link(client_address(request))
        return _too_many(request, wait) if wait else _gone(request)
    form = NewPasswordForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            get_store().users.set_password(user, hashed(form.cleaned_data["password"], user), by(request, user))
        except ValidationError as error:
            form.add_error("password", error)
        except Conflict:
            return _gone(request)
        else:
            background.changed_anything()
            return HttpResponseRedirect("/login", status=303)
    context = {"form": form, "who": user}
    return page(request, "auth/reset.html", context, 400 if form.is_bound and form.errors else 200)


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def join(request: HttpRequest, team_id: str, secret: str) -> HttpResponse:
    """An invitation: with the account one is signed in with, or with a new one."""
    invitation = find_invitation(team_id, secret)
    entry = get_store().teams.find(team_id) if invitation else None
    if invitation is None or entry is None:
        wait = try_link(client_address(request))
        return _too_many(request, wait) if wait else _gone(request)
    user = current_user(request)
    if user is not None and request.method == "POST":
        try:
            get_store().members.accept(invitation, user, entry.team, by(request, user))
        except (NotFound, Conflict):
            return _gone(request)
        background.changed_anything()
        return HttpResponseRedirect(f"/teams/{entry.team.slug}", status=303)
    initial = {"email": invitation.email}
    form = JoinForm(request.POST if request.method == "POST" else None, initial=initial)
    if user is None and request.method == "POST" and form.is_valid():
        try:
            made = _accepted(request, invitation, form)
        except ValidationError as error:
            form.add_error("password", error)
        except AlreadyExists:
            form.add_error("email", "Somebody has this e-mail already. Sign in first, then open the link again.")
        except NotFound:
            return _gone(request)
        else:
            response = HttpResponseRedirect(f"/teams/{entry.team.slug}", status=303)
            sign_in(request, response, made)
            return response
    context = {"form": form, "who": user, "team": entry.team, "invitation": invitation, "path": request.path}
    return page(request, "auth/join.html", context, 400 if form.is_bound and form.errors else 200)


def _accepted(request: HttpRequest, invitation: Invitation, form: JoinForm) -> User:
    data = form.cleaned_data
    user = new_user(data["email"], data["password"], data["name"]).with_role(invitation.team_id, invitation.role)
    if get_store().teams.find(invitation.team_id) is None:
        raise Http404("Team not found")
    get_store().members.accept_as_new(invitation, user, by(request, user))
    return user
