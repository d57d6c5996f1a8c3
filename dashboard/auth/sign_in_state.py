"""What must be remembered while somebody is away at an identity provider: for ten minutes, once."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from dashboard.auth.sealed_cookies import SealedCookie

SIGN_IN_STATE = SealedCookie("SIGN_IN_COOKIE", "sign-in state", 600)


class StatefulRequest(HttpRequest):
    """`session` is where Authlib's client keeps state, nonce and code verifier."""

    session: dict[str, Any]  # type: ignore[assignment]
