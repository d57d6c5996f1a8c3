"""Secrets at rest: Fernet (AES-128-CBC and HMAC-SHA256) under keys derived from the signing key (HKDF), one a purpose.

The signing key stands outside the table; older ones still open what they sealed, until all is sealed anew.
"""

from __future__ import annotations

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

CONNECTIONS = "connection secrets"


@lru_cache(maxsize=64)
def _fernet(keys: tuple[str, ...], purpose: str) -> MultiFernet:
    return MultiFernet([Fernet(_derived(key, purpose)) for key in keys])


def _derived(key: str, purpose: str) -> bytes:
    info = f"bigtransit {purpose}".encode()
    return base64.urlsafe_b64encode(HKDF(hashes.SHA256(), length=32, salt=None, info=info).derive(key.encode()))


def _keys(purpose: str) -> MultiFernet:
    return _fernet((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS), purpose)


def seal(secret: str, purpose: str = CONNECTIONS) -> str:
    return _keys(purpose).encrypt(secret.encode()).decode()


def unseal(sealed: str, purpose: str = CONNECTIONS, lasts_seconds: int | None = None) -> str:
    """The secret, or "" where it cannot be opened or was sealed longer ago: an empty secret verifies nothing."""
    try:
        return _keys(purpose).decrypt(sealed.encode(), ttl=lasts_seconds).decode()
    except InvalidToken:
        return ""


def seal_anew(sealed: str, purpose: str = CONNECTIONS) -> str:
    """The same secret under the present key, or "" where it cannot be opened."""
    try:
        return _keys(purpose).rotate(sealed.encode()).decode()
    except InvalidToken:
        return ""
