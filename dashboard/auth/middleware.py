"""Every page is behind the sign-in unless its view says for whom else it is. One read finds user, session and team."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, cast
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from dashboard.auth.arrivals import arrive
from dashboard.auth.last_seen import last_seen
from dashboard.auth.proxy import sign_in_by_proxy
from dashboard.auth.requests import Caller, SignedInRequest, actor_of, caller_of
from dashboard.store import get_store
from storage import keys
from storage.errors import BadKey, NotFound, StorageError
from storage.model.accounts import User

logger = logging.getLogger(__name__)

RETRY_SECONDS = 5
_SIGNED_IN = (Caller.PERSON, Caller.PERSON_SETTING_UP)


class SignIn:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        request.route_kwargs = kwargs  # type: ignore[attr-defined]
        caller = caller_of(view)
        if caller not in _SIGNED_IN:
            return None
        try:
            arrival = arrive(request, *_named(kwargs))
        except StorageError:
            return unavailable(request)
        if arrival is None or arrival.user is None or arrival.session is None:
            return _outside(request)
        signed_in = cast(SignedInRequest, request)
        signed_in.user, signed_in.team = arrival.user, arrival.team
        signed_in.session_hash, signed_in.execution_head = arrival.session.key_hash, arrival.execution
        signed_in.session_opened_at, signed_in.is_held = arrival.session.created_at, arrival.is_held
        signed_in.sign_in_policy, signed_in.view_set = arrival.policy, arrival.views
        last_seen.note(arrival.session, get_store().now())
        if arrival.is_held and caller is not Caller.PERSON_SETTING_UP:
            return ask_for_second_factor(request)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The store is out of reach: say so, and never that nobody is signed in or nothing is there. An address that
        cannot be a key names nothing, nor does one of what went meanwhile. What somebody tried to change and may not
        is noted."""
        if isinstance(exception, PermissionDenied | Http404):
            note_refused(request)
            return None
        if isinstance(exception, BadKey | NotFound):
            raise Http404("No such thing") from exception
        if not isinstance(exception, StorageError):
            return None
        return unavailable(request)


SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def note_refused(request: HttpRequest, user: User | None = None) -> None:
    """In the audit log: somebody known tried to change what they may not."""
    who = user or getattr(request, "user", None)
    if who is None or request.method in SAFE:
        return
    kwargs = getattr(request, "route_kwargs", {})
    team = getattr(request, "team", None)
    team_id = team.id if team else str(kwargs.get("team_id", ""))
    team_id = team_id if keys.is_team_id(team_id) else ""
    try:
        get_store().audit.put_refused(
            actor_of(request, who), f"request.{str(request.method).lower()}", request.path, team_id
        )
    except StorageError as error:
        logger.warning("a refused attempt could not be noted: %s", error)


def _named(kwargs: dict[str, Any]) -> tuple[str, str]:
    """The team and the execution a path names, where they can be parts of a key."""
    slug, execution_id = str(kwargs.get("slug", "")), str(kwargs.get("execution_id", ""))
    return slug if len(slug) <= 80 else "", execution_id if keys.is_id(execution_id) else ""


def _outside(request: HttpRequest) -> HttpResponse:
    """Whom a trusted proxy names is let in. Anybody else is asked to sign in."""
    try:
        return sign_in_by_proxy(request) or ask_to_sign_in(request)
    except StorageError:
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    response = render(request, "errors/unavailable.html", status=503)
    response["Retry-After"] = str(RETRY_SECONDS)
    return response


def ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A page goes to the sign-in and back. A fragment or a stream gets 401, never a form in its place."""
    target = reverse("login")
    if request.method == "GET":
        target += f"?{urlencode({'next': request.get_full_path()})}"
    return _elsewhere(request, target, "Your session has ended", "signed_out")


def ask_for_second_factor(request: HttpRequest) -> HttpResponse:
    """Nothing opens before there is one."""
    return _elsewhere(request, reverse("second_factor"), "A second factor is needed first", "second_factor")


def _elsewhere(request: HttpRequest, target: str, message: str, code: str) -> HttpResponse:
    htmx = cast(SignedInRequest, request).htmx
    if htmx or _is_stream(request):
        response = JsonResponse({"message": message, "code": code}, status=401)
        if htmx.boosted:
            # A form or a link, not a panel: the browser is to go there.
            response["HX-Redirect"] = target.partition("?")[0]
        return response
    return HttpResponseRedirect(target)


def _is_stream(request: HttpRequest) -> bool:
    return request.resolver_match is not None and request.resolver_match.url_name == "stream"
