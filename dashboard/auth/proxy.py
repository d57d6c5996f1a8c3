"""Signing in by what a trusted proxy says in headers. Off unless BIGTRANSIT_PROXY_USER_HEADER names one."""

from __future__ import annotations

import hmac
import logging

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.http import escape_leading_slashes

from dashboard.auth.addresses import client_address, comes_from_trusted_proxy
from dashboard.auth.identities import Claims, Refused, welcome
from dashboard.auth.sessions import sign_in
from dashboard.store import get_store

log = logging.getLogger(__name__)
LONGEST_SUBJECT = 200
MOST_GROUPS = 1000


def proxy_claims(request: HttpRequest) -> Claims | None:
    """Whom the proxy names. None when it names nobody, or the request did not come through it."""
    header = settings.PROXY_USER_HEADER
    subject = _said(request, header)
    if not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable() or not comes_from_trusted_proxy(request):
        return None
    email = _said(request, settings.PROXY_EMAIL_HEADER)
    groups = _said(request, settings.PROXY_GROUPS_HEADER).split(",", MOST_GROUPS)[:MOST_GROUPS]
    return Claims(
        issuer=f"proxy:{header}",
        subject=subject,
        email=email or (subject if "@" in subject else ""),
        name=_said(request, settings.PROXY_NAME_HEADER) or subject,
        groups=frozenset(group.strip() for group in groups if group.strip()),
        provider="proxy",
    )


def is_of_proxy(request: HttpRequest) -> bool:
    """Whether the browser's session is of the person the proxy names. True where the proxy names nobody."""
    claims = proxy_claims(request)
    if claims is None:
        return True
    given = request.COOKIES.get(settings.PROXY_COOKIE, "")
    mark = _mark(claims, request.COOKIES.get(settings.SESSION_COOKIE, ""))
    return hmac.compare_digest(given.encode(), mark.encode())


def sign_in_by_proxy(request: HttpRequest) -> HttpResponse | None:
    """Opens a session for the person the proxy names and sends the browser to where it was going. None when there is
    nobody to let in, or nobody administers yet. Raises PermissionDenied and StorageError."""
    claims = proxy_claims(request)
    if claims is None or not get_store().users.any_exists():
        return None
    try:
        user = welcome(claims, client_address(request))
    except Refused as refusal:
        log.warning("Sign-in by proxy refused, from %s", client_address(request))
        raise PermissionDenied(str(refusal)) from refusal
    again = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("network")
    response = HttpResponseRedirect(escape_leading_slashes(again))
    sign_in(request, response, user, "proxy")
    response.set_cookie(
        settings.PROXY_COOKIE,
        _mark(claims, response.cookies[settings.SESSION_COOKIE].value),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    response["Cache-Control"] = "no-store"
    return response


def _mark(claims: Claims, session_cookie: str) -> str:
    """Ties a session to the proxy's person, so that another one in the same browser is not taken for the first."""
    told = f"{session_cookie}\x1f{claims.issuer}\x1f{claims.subject}"
    return salted_hmac("bigtransit proxy", told, algorithm="sha256").hexdigest()


def _said(request: HttpRequest, header: str) -> str:
    """WSGI hands headers on as Latin-1; proxies write UTF-8."""
    text = request.headers.get(header, "") if header else ""
    try:
        return text.encode("latin-1").decode().strip()
    except UnicodeError:
        return text.strip()
