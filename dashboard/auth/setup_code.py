"""The one-time code of /setup: printed by the server, the same in all its processes, useless once somebody exists."""

from __future__ import annotations

import hashlib
import hmac

from django.conf import settings


def setup_code() -> str:
    """Follows from the signing key and the store, so that no process need tell another."""
    secret = f"{settings.SECRET_KEY}\x1f{settings.STORAGE_URL}".encode()
    digest = hmac.new(secret, b"bigtransit first administrator", hashlib.sha256).hexdigest()
    return f"{digest[:4]}-{digest[4:8]}-{digest[8:12]}"


def matches_setup_code(given: str) -> bool:
    return hmac.compare_digest(given.strip().lower().encode(), setup_code().encode())
