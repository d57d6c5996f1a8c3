"""Proving oneself again, before what one signs in with is changed: by the password, a code or a recovery code."""

from __future__ import annotations

from dashboard.auth.passwords import authenticate
from dashboard.auth.requests import SignedInRequest, actor_of
from dashboard.auth.second_factor import spend_code
from dashboard.auth.throttle import signed_in, try_sign_in
from dashboard.store import get_store

# Whoever signed in so short ago has just proven themselves.
FRESH_MS = 600_000


class NotProven(Exception):
    """The message is for the person. `wait`: seconds, where there were too many tries."""

    def __init__(self, words: str, wait: int = 0) -> None:
        super().__init__(words)
        self.wait = wait


def is_fresh(request: SignedInRequest) -> bool:
    return get_store().now() - request.session_opened_at < FRESH_MS


def prove(request: SignedInRequest, word: str) -> None:
    """Counted as sign-ins are. Raises NotProven."""
    user, by = request.user, actor_of(request)
    if wait := try_sign_in(user.email, by.address):
        raise NotProven("Too many tries. Wait a few minutes and try again.", wait)
    if spend_code(user, word, by) is None and authenticate(user.email, word) is None:
        get_store().audit.put_refused(by, "person.proven", user.email)
        raise NotProven("This is neither your password nor a code that counts.")
    signed_in(user.email, by.address)
