"""Signing in with an identity provider: there and back."""

from __future__ import annotations

import logging
from typing import cast

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_GET

from dashboard.auth.addresses import client_address
from dashboard.auth.identities import Refused, welcome
from dashboard.auth.provider_client import SignInFailed
from dashboard.auth.providers import Provider, find_provider
from dashboard.auth.requests import for_anybody
from dashboard.auth.sessions import sign_in
from dashboard.auth.sign_in_state import SIGN_IN_STATE, StatefulRequest
from dashboard.forms.accounts import SignInForm
from dashboard.store import get_store
from dashboard.views.auth import login_page, safe_next, told

log = logging.getLogger(__name__)
LONGEST_NEXT = 1000  # a cookie has 4096 bytes


# A plain link starts it: `form-action 'self'` would stop a form's redirect to the provider.
@require_GET
@ensure_csrf_cookie
@for_anybody
def start(request: HttpRequest, provider: str) -> HttpResponse:
    found = _find(provider)
    if not get_store().users.any_exists():
        return HttpResponseRedirect(reverse("setup"))
    target = safe_next(request)
    stateful = cast(StatefulRequest, request)
    stateful.session = {"next": target if len(target) <= LONGEST_NEXT else reverse("network")}
    try:
        back = f"{settings.BASE_URL}{reverse('single_sign_on_callback', args=[provider])}"
        response = HttpResponseRedirect(found.begin(stateful, back))
    except SignInFailed as failure:
        return _failed(request, found, failure, target)
    SIGN_IN_STATE.keep(response, stateful.session)
    response["Cache-Control"] = "no-store"
    return response


@require_GET
@ensure_csrf_cookie
@for_anybody
def callback(request: HttpRequest, provider: str) -> HttpResponse:
    """What was remembered is forgotten whatever happens: a second visit to this address signs nobody in."""
    found = _find(provider)
    if not get_store().users.any_exists():
        return HttpResponseRedirect(reverse("setup"))
    stateful = cast(StatefulRequest, request)
    stateful.session = SIGN_IN_STATE.read(request)
    target = stateful.session.get("next", reverse("network"))
    try:
        user = welcome(found.finish(stateful), client_address(request))
    except (SignInFailed, Refused) as failure:
        return _failed(request, found, failure, target)
    response = HttpResponseRedirect(target)
    sign_in(request, response, user, provider)
    SIGN_IN_STATE.forget(response)
    response["Cache-Control"] = "no-store"
    return response


def _find(name: str) -> Provider:
    found = find_provider(name)
    if found is None:
        raise Http404("No such provider")
    return found


def _failed(request: HttpRequest, provider: Provider, failure: SignInFailed | Refused, target: str) -> HttpResponse:
    reason, status = (failure.reason, failure.status) if isinstance(failure, SignInFailed) else ("refused", 400)
    log.warning("Sign-in with %s failed: %s, from %s", provider.name, reason, client_address(request))
    response = login_page(request, told(SignInForm(), str(failure)), target, status)
    SIGN_IN_STATE.forget(response)
    return response
