"""The second step of signing in: after the right password a code or a passkey. A passkey is good for both steps."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from dashboard.auth.addresses import client_address
from dashboard.auth.known_browsers import browser_of, remember
from dashboard.auth.passkeys import (
    CHALLENGE,
    Ceremony,
    PasskeyRefused,
    answered,
    are_offered,
    ask_for_one,
    read_challenge,
    said_in,
)
from dashboard.auth.requests import actor_of, for_anybody
from dashboard.auth.second_factor import PASSWORD_WAS_RIGHT, Halfway, read_halfway, spend_code
from dashboard.auth.sessions import sign_in
from dashboard.auth.throttle import bad_passkey, code_was_right, try_code
from dashboard.forms.accounts import SignInForm
from dashboard.forms.factors import CodeForm
from dashboard.store import get_store
from dashboard.views.auth import TOO_MANY, later, login_page, safe_next, told
from dashboard.views.pages import page, status_of
from storage.model.accounts import User


@sensitive_post_parameters("code")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def ask(request: HttpRequest) -> HttpResponse:
    """There is no session before the code is right. Whoever comes without the right password begins anew."""
    halfway = read_halfway(request)
    if halfway is None:
        return HttpResponseRedirect(reverse("login"))
    form = CodeForm(request.POST if request.method == "POST" else None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, halfway, form)
    user, address = halfway.user, client_address(request)
    browser = browser_of(request, user.email)
    if wait := try_code(user.email, address, browser):
        form.add_error(None, TOO_MANY)
        return later(_page(request, halfway, form, 429), wait)
    who = actor_of(request, user)
    if spend_code(user, form.cleaned_data["code"], who) is None:
        get_store().audit.put_refused(who, "session.opened", f"{user.email}, second step")
        form.add_error("code", "This code is not right, or was used before.")
        return _page(request, halfway, form)
    code_was_right(user.email, address, browser)
    return let_through(request, user, halfway.target, "password and code")


@require_POST
@for_anybody
def passkey_options(request: HttpRequest) -> HttpResponse:
    """For the second step, where a password was right in this browser, or for signing in by a passkey alone."""
    if not are_offered():
        raise Http404("No passkeys at this address")
    if "second" not in request.POST:
        return ask_for_one()
    halfway = read_halfway(request)
    if halfway is None or not halfway.factors.passkeys:
        return JsonResponse({"message": "This took too long. Begin again."}, status=403)
    return ask_for_one(halfway.factors)


@require_POST
@for_anybody
def by_passkey(request: HttpRequest) -> HttpResponse:
    """The second step, where this browser is halfway, or all of a sign-in."""
    halfway = read_halfway(request) if "second" in request.POST else None
    target = halfway.target if halfway else safe_next(request)
    ceremony = Ceremony.SECOND_STEP if halfway else Ceremony.SIGN_IN
    try:
        user = answered(read_challenge(request, ceremony, halfway.user.id if halfway else ""), said_in(request))
    except PasskeyRefused as refusal:
        return _refused(request, halfway, str(refusal), target)
    return let_through(request, user, target, "password and passkey" if halfway else "passkey")


def _refused(request: HttpRequest, halfway: Halfway | None, words: str, target: str) -> HttpResponse:
    """Counted by where it comes from; a right one is never held up."""
    get_store().audit.put_refused(actor_of(request, halfway.user if halfway else None), "session.opened", "by passkey")
    wait = bad_passkey(client_address(request))
    status = 429 if wait else 400
    words = TOO_MANY if wait else words
    if halfway:
        response = _page(request, halfway, told(CodeForm(), words), status)
    else:
        response = login_page(request, told(SignInForm(), words), target, status)
    return later(response, wait) if wait else response


def let_through(request: HttpRequest, user: User, target: str, how: str) -> HttpResponse:
    """Two things were right."""
    response = HttpResponseRedirect(target, status=303)
    sign_in(request, response, user, how)
    remember(request, response, user.email)
    PASSWORD_WAS_RIGHT.forget(response)
    CHALLENGE.forget(response)
    return response


def _page(request: HttpRequest, halfway: Halfway, form: CodeForm, status: int = 0) -> HttpResponse:
    context = {"form": form, "who": halfway.user, "by_passkey": halfway.factors.passkeys and are_offered()}
    return page(request, "auth/second_step.html", context, status or status_of(form))
