"""Sign-ins: a random secret in the cookie, its hash in the store. Ending one removes it there.

The cookie holds the user's id beside the secret, so that the user and the session are found in one read.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token

from dashboard.auth.requests import actor_of
from dashboard.store import get_store
from storage import keys
from storage.model.accounts import Session, User

HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Cookie:
    user_id: str
    secret: str

    @property
    def key_hash(self) -> str:
        return hash_secret(self.secret)


def hash_secret(secret: str) -> str:
    """SHA-256: enough for 256 random bits (ASVS 5.0, 6.5.2)."""
    return hashlib.sha256(secret.encode()).hexdigest()


def read_cookie(request: HttpRequest) -> Cookie | None:
    """None unless the cookie has the form we write."""
    user_id, _, secret = request.COOKIES.get(settings.SESSION_COOKIE, "").partition(".")
    if keys.is_id(user_id) and 40 <= len(secret) <= 64 and secret.isascii():
        return Cookie(user_id, secret)
    return None


def is_valid(user: User | None, session: Session | None, now: int) -> bool:
    if user is None or session is None or not user.is_active:
        return False
    return session.expires_at > now and session.epoch == user.epoch


def open_sessions(user: User, first: str = "") -> list[Session]:
    """All sign-ins of theirs that are good still, newest first; the one of the hash `first` before all others."""
    store = get_store()
    now = store.now()
    found = [session for session in store.sessions.list_of_user(user.id) if is_valid(user, session, now)]
    return sorted(found, key=lambda session: session.key_hash != first)


def sign_in(request: HttpRequest, response: HttpResponse, user: User, how: str) -> None:
    """Open a new session, always under a new secret; one that is open in this browser ends. `how`: what was right, for
    the audit log."""
    before = read_cookie(request)
    store, secret = get_store(), secrets.token_urlsafe(32)
    lifetime = settings.SESSION_HOURS * HOUR_MS
    now = store.now()
    who = actor_of(request, user)
    agent = request.headers.get("User-Agent", "")[:200]
    session = Session(user.id, hash_secret(secret), user.epoch, now, now + lifetime, who.address, agent)
    store.sessions.put(session, who, before.key_hash if before and before.user_id == user.id else "", how)
    if before and before.user_id != user.id:
        store.sessions.delete(before.user_id, before.key_hash, who)
    response.set_cookie(
        settings.SESSION_COOKIE,
        f"{user.id}.{secret}",
        max_age=lifetime // 1000,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
        path="/",
    )
    rotate_token(request)


def sign_out(request: HttpRequest, response: HttpResponse) -> None:
    """End the browser's session in the store, so that a copy of its cookie is worth nothing."""
    cookie = read_cookie(request)
    if cookie is not None:
        store = get_store()
        user = store.users.find(cookie.user_id)
        store.sessions.delete(cookie.user_id, cookie.key_hash, actor_of(request, user))
    response.delete_cookie(settings.SESSION_COOKIE, path="/", samesite="Lax")
