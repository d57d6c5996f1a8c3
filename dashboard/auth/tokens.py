"""API tokens: shown once, kept as a hash."""

from __future__ import annotations

import secrets

from dashboard.auth.sessions import hash_secret
from dashboard.store import get_store
from storage.entities import Token, User


def create_token(user: User, name: str, given: str = "") -> str:
    """A new token of this user's, or `given` where an installer chose one. Returned this once."""
    token = given or f"bt_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    store = get_store()
    store.tokens.put(Token(hash_secret(token), user.id, name[:80], store.now()))
    return token


def user_of_token(token: str) -> User | None:
    if not 32 <= len(token) <= 256:
        return None
    store = get_store()
    found = store.tokens.find(hash_secret(token))
    user = store.users.find(found.user_id) if found else None
    return user if user is not None and user.is_active else None
