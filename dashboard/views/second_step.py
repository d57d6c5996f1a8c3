"""The second step of signing in: after the right password, a code."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from dashboard.auth.addresses import client_address
from dashboard.auth.known_browsers import browser_of, remember
from dashboard.auth.requests import actor_of, public
from dashboard.auth.second_factor import PASSWORD_WAS_RIGHT, Halfway, read_halfway, spend_code
from dashboard.auth.sessions import sign_in
from dashboard.auth.throttle import code_was_right, try_code
from dashboard.factor_forms import CodeForm
from dashboard.store import get_store
from dashboard.views.auth import TOO_MANY, later
from dashboard.views.pages import page, status_of


@sensitive_post_parameters("code")
@ensure_csrf_cookie
@require_http_methods(["GET", "HEAD", "POST"])
@public
def ask(request: HttpRequest) -> HttpResponse:
    """There is no session before the code is right. Whoever comes without the right password begins anew."""
    halfway = read_halfway(request)
    if halfway is None:
        return HttpResponseRedirect("/login")
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
    return let_through(request, halfway)


def let_through(request: HttpRequest, halfway: Halfway) -> HttpResponse:
    """Both were right."""
    response = HttpResponseRedirect(halfway.target, status=303)
    sign_in(request, response, halfway.user)
    remember(request, response, halfway.user.email)
    PASSWORD_WAS_RIGHT.forget(response)
    return response


def _page(request: HttpRequest, halfway: Halfway, form: CodeForm, status: int = 0) -> HttpResponse:
    context = {"form": form, "who": halfway.user, "has_app": halfway.factors.totp is not None}
    return page(request, "auth/second_step.html", context, status or status_of(form))
