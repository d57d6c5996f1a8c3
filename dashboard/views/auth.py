"""Getting in and out: first-time setup, sign-in, sign-out."""

from __future__ import annotations

from typing import TypeVar
from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.auth.addresses import client_address
from dashboard.auth.arrivals import current_user
from dashboard.auth.known_browsers import browser_of, remember
from dashboard.auth.passkeys import are_offered
from dashboard.auth.passwords import authenticate, create_user
from dashboard.auth.providers import list_providers
from dashboard.auth.refusals import refusals
from dashboard.auth.requests import actor_of, for_anybody
from dashboard.auth.second_factor import ask_for_factor
from dashboard.auth.sessions import sign_in, sign_out
from dashboard.auth.setup_code import matches_setup_code
from dashboard.auth.throttle import signed_in, try_setup, try_sign_in
from dashboard.forms.accounts import SetupForm, SignInForm
from dashboard.links import see_other
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.errors import AlreadyExists
from storage.model.accounts import Actor

F = TypeVar("F", bound=Form)
TOO_MANY = "Too many tries. Wait a few minutes and try again."


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def login(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and not get_store().users.any_exists():
        return HttpResponseRedirect(reverse("setup"))
    form = SignInForm(request.POST or None)
    target = safe_next(request)
    if request.method != "POST" or not form.is_valid():
        return login_page(request, form, target, 400 if form.errors else 200)
    email, address = form.cleaned_data["email"], client_address(request)
    browser = browser_of(request, email)
    if wait := try_sign_in(email, address, browser):
        form.add_error(None, TOO_MANY)
        return later(login_page(request, form, target, 429), wait)
    user = authenticate(email, form.cleaned_data["password"])
    if user is None:
        get_store().audit.put_refused(actor_of(request), "session.opened", email)
        form.add_error(None, "E-mail and password do not fit together.")
        return login_page(request, form, target, 400)
    signed_in(email, address, browser)
    if user.has_second_factor:
        response = see_other("second_step")
        ask_for_factor(response, user, target)
        return response
    response = HttpResponseRedirect(target)
    sign_in(request, response, user, "password")
    remember(request, response, email)
    return response


def later(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


def told(form: F, words: str) -> F:
    """An empty form that says something of which none of its fields is the reason."""
    form.cleaned_data = {}  # add_error asks for it, and nothing was typed
    form.add_error(None, words)
    return form


def login_page(request: HttpRequest, form: SignInForm, target: str, status: int) -> HttpResponse:
    context = {"form": form, "next": target, "providers": list_providers(), "by_passkey": are_offered()}
    return page(request, "auth/login.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def logout(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return page(request, "auth/logout.html", {"who": current_user(request)})
    response = HttpResponseRedirect(reverse("login"))
    sign_out(request, response)
    return response


@sensitive_post_parameters("password", "code")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@for_anybody
def setup(request: HttpRequest) -> HttpResponse:
    """The first administrator, once: whoever reads the server's output has the code."""
    if get_store().users.any_exists():
        return HttpResponseRedirect(reverse("login"))
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, "auth/setup.html", {"form": form}, 400 if form.errors else 200)
    data = form.cleaned_data
    address = client_address(request)
    if wait := try_setup(address):
        form.add_error(None, TOO_MANY)
        return later(page(request, "auth/setup.html", {"form": form}, 429), wait)
    if not matches_setup_code(data["code"]):
        refusals.note("a wrong setup code", address)
        form.add_error("code", "This is not the code the server printed.")
        return page(request, "auth/setup.html", {"form": form}, 400)
    try:
        by = Actor("", data["name"], address)
        user = create_user(data["email"], data["password"], by, data["name"], first=True)
    except ValidationError as error:
        form.add_error("password", error)
        return page(request, "auth/setup.html", {"form": form}, 400)
    except AlreadyExists:
        return HttpResponseRedirect(reverse("login"))
    response = HttpResponseRedirect(reverse("manage"))
    sign_in(request, response, user, "setup code")
    return response


def safe_next(request: HttpRequest) -> str:
    """Where to go after signing in: a path of ours, or the start."""
    target = request.POST.get("next") or request.GET.get("next") or reverse("network")
    plain = unquote(target)
    safe = all(
        url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
        for url in (target, plain)
    )
    return (
        target
        if safe and target.startswith("/") and not any(ord(letter) < 32 for letter in plain)
        else reverse("network")
    )
