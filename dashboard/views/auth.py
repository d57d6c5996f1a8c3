"""Getting in and out: first-time setup, sign-in, sign-out."""

from __future__ import annotations

from urllib.parse import unquote

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.auth.passwords import authenticate, create_user
from dashboard.auth.requests import SignedInRequest, public
from dashboard.auth.sessions import read_cookie, sign_in, sign_out
from dashboard.auth.setup_code import matches_setup_code
from dashboard.auth.throttle import sign_ins
from dashboard.forms import SetupForm, SignInForm
from dashboard.store import get_store
from dashboard.views.pages import page
from storage.errors import AlreadyExists


@sensitive_post_parameters("password")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def login(request: HttpRequest) -> HttpResponse:
    if request.method != "POST" and not get_store().users.any_exists():
        return HttpResponseRedirect("/setup")
    form = SignInForm(request.POST or None)
    target = _next(request)
    if request.method != "POST" or not form.is_valid():
        return page(request, "auth/login.html", {"form": form, "next": target}, 400 if form.errors else 200)
    email, address = form.cleaned_data["email"], str(request.META.get("REMOTE_ADDR", ""))
    if wait := sign_ins.wait(email.lower(), address):
        form.add_error(None, "Too many tries. Wait a few minutes and try again.")
        response = page(request, "auth/login.html", {"form": form, "next": target}, 429)
        response["Retry-After"] = str(wait)
        return response
    user = authenticate(email, form.cleaned_data["password"])
    if user is None:
        sign_ins.failed(email.lower(), address)
        form.add_error(None, "E-mail and password do not fit together.")
        return page(request, "auth/login.html", {"form": form, "next": target}, 400)
    response = HttpResponseRedirect(target)
    sign_in(request, response, user)
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@public
def logout(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        cookie = read_cookie(request)
        user = get_store().users.find(cookie.user_id) if cookie else None
        return page(request, "auth/logout.html", {"who": user})
    response = HttpResponseRedirect("/login")
    sign_out(request, response)
    return response


@sensitive_post_parameters("password", "code")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def setup(request: HttpRequest) -> HttpResponse:
    """The first administrator, once: whoever reads the server's output has the code."""
    if get_store().users.any_exists():
        return HttpResponseRedirect("/login")
    form = SetupForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, "auth/setup.html", {"form": form}, 400 if form.errors else 200)
    data = form.cleaned_data
    address = str(request.META.get("REMOTE_ADDR", ""))
    if sign_ins.wait("setup", address) or not matches_setup_code(data["code"]):
        sign_ins.failed("setup", address)
        form.add_error("code", "This is not the code the server printed.")
        return page(request, "auth/setup.html", {"form": form}, 400)
    try:
        user = create_user(data["email"], data["password"], data["name"])
    except ValidationError as error:
        form.add_error("password", error)
        return page(request, "auth/setup.html", {"form": form}, 400)
    except AlreadyExists:
        return HttpResponseRedirect("/login")
    response = HttpResponseRedirect("/manage")
    sign_in(request, response, user)
    return response


def _next(request: HttpRequest) -> str:
    """Where to go after signing in: a path of ours, or the start."""
    target = request.POST.get("next") or request.GET.get("next") or "/"
    plain = unquote(target)
    safe = all(
        url_has_allowed_host_and_scheme(url, {request.get_host()}, require_https=request.is_secure())
        for url in (target, plain)
    )
    return target if safe and target.startswith("/") and not any(ord(letter) < 32 for letter in plain) else "/"
