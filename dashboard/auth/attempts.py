"""What must be remembered while somebody is away at an identity provider: sealed in a cookie, for ten minutes, once."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.http import HttpRequest, HttpResponse

KEPT_SECONDS = 600


class Attempting(HttpRequest):
    """`session` is where Authlib's client keeps state, nonce and code verifier."""

    session: dict[str, Any]  # type: ignore[assignment]


@lru_cache(maxsize=2)
def _fernet(key: str) -> Fernet:
    """Of a key of its own, so that nothing sealed for another purpose passes for an attempt."""
    derived = HKDF(hashes.SHA256(), length=32, salt=None, info=b"bigtransit sign-in attempt").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def read_attempt(request: HttpRequest) -> dict[str, Any]:
    """Empty where there is none, or it is too old, or not ours."""
    sealed = request.COOKIES.get(settings.ATTEMPT_COOKIE, "").encode()
    try:
        return dict(json.loads(_fernet(settings.SECRET_KEY).decrypt(sealed, ttl=KEPT_SECONDS)))
    except InvalidToken:
        return {}


def keep_attempt(response: HttpResponse, attempt: dict[str, Any]) -> None:
    response.set_cookie(
        settings.ATTEMPT_COOKIE,
        _fernet(settings.SECRET_KEY).encrypt(json.dumps(attempt).encode()).decode(),
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )


def forget_attempt(response: HttpResponse) -> None:
    response.delete_cookie(settings.ATTEMPT_COOKIE, path="/", samesite="Lax")
