"""What must be remembered while somebody is away at an identity provider: sealed in a cookie, for ten minutes, once."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from dashboard.auth.sealing import seal, unseal

KEPT_SECONDS = 600
# Keys of its own, so that nothing sealed for another purpose passes for it.
PURPOSE = "sign-in state"


class StatefulRequest(HttpRequest):
    """`session` is where Authlib's client keeps state, nonce and code verifier."""

    session: dict[str, Any]  # type: ignore[assignment]


def read_state(request: HttpRequest) -> dict[str, Any]:
    """Empty where there is none, or it is too old, or not ours."""
    known = unseal(request.COOKIES.get(settings.SIGN_IN_COOKIE, ""), PURPOSE, KEPT_SECONDS)
    return dict(json.loads(known)) if known else {}


def keep_state(response: HttpResponse, state: dict[str, Any]) -> None:
    response.set_cookie(
        settings.SIGN_IN_COOKIE,
        seal(json.dumps(state), PURPOSE),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget_state(response: HttpResponse) -> None:
    response.delete_cookie(settings.SIGN_IN_COOKIE, path="/", samesite="Lax")
