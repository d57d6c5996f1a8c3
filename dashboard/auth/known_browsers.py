"""Browsers in which an account was signed in to before: strangers who guess its password lock nobody out of them.

A signed cookie holds a random id of the browser and a mark for each account that was signed in to there. It lets nobody
in: it only spares its bearer the limits that are shared with strangers.
"""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

MOST_ACCOUNTS = 5
DAYS = 180
_SALT = "bigtransit known browser"


def browser_of(request: HttpRequest, email: str) -> str:
    """The id of the browser, where this account was signed in to before; else empty."""
    browser, marks = _read(request)
    return browser if _mark(browser, email) in marks else ""


def remember(request: HttpRequest, response: HttpResponse, email: str) -> None:
    browser, marks = _read(request)
    browser = browser or secrets.token_urlsafe(12)
    mark = _mark(browser, email)
    kept = [mark, *(other for other in marks if other != mark)][:MOST_ACCOUNTS]
    response.set_cookie(
        settings.KNOWN_BROWSER_COOKIE,
        signing.dumps([browser, *kept], salt=_SALT),
        max_age=DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        told = signing.loads(
            request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE, "")[:1000], salt=_SALT, max_age=DAYS * 86_400
        )
    except signing.BadSignature:
        return "", []
    browser, *marks = told
    return str(browser), [str(mark) for mark in marks]


def _mark(browser: str, email: str) -> str:
    told = f"{browser}\x1f{email.strip().lower()}"
    return salted_hmac(_SALT, told, algorithm="sha256").hexdigest()[:16]
