"""API tokens: shown once, kept as a hash, never worth more than their owner."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from dashboard.auth.limits import MOST_TOKENS, check_room
from dashboard.auth.policy import Bearer
from dashboard.auth.sessions import hash_secret
from dashboard.store import get_store
from storage.model.accounts import Actor, Scope, Token, User

DAY_MS = 86_400_000
ALL_SCOPES = tuple(Scope)


def create_token(
    user: User,
    name: str,
    by: Actor,
    *,
    given: str = "",
    scopes: Iterable[Scope] = ALL_SCOPES,
    days: int = 0,
    team_id: str = "",
) -> str:
    """A new token of this user's, or `given` where an installer chose one. Returned this once. `days` 0: it lasts.
    Raises TooMany."""
    clear = given or f"bt_{secrets.token_hex(4)}_{secrets.token_urlsafe(32)}"
    store = get_store()
    now = store.now()
    token = Token(
        token_hash=hash_secret(clear),
        user_id=user.id,
        name=name[:80],
        created_at=now,
        scopes=tuple(scope for scope in Scope if scope in set(scopes)),
        expires_at=now + days * DAY_MS if days else 0,
        team_id=team_id,
        owner=user.name,
    )
    check_room(store.tokens.list_of_user(user.id), MOST_TOKENS, "tokens of this person")
    if team_id:
        check_room(store.tokens.list_of_team(team_id), MOST_TOKENS, "tokens for this team")
    store.tokens.create(token, by)
    return clear


def bearer_of(clear: str) -> Bearer | None:
    """Whose token this is, while it is good: not expired, not revoked, its owner let in."""
    if not 32 <= len(clear) <= 256:
        return None
    store = get_store()
    token = store.tokens.find(hash_secret(clear))
    if token is None or (token.expires_at and token.expires_at <= store.now()):
        return None
    user = store.users.find(token.user_id)
    if user is None or not user.is_active:
        return None
    store.tokens.touch(token)
    return Bearer(user, token)


def end_tokens(user: User, by: Actor) -> int:
    """Revoke every API token of theirs; each is in the audit log. How many there were."""
    store = get_store()
    standing = store.tokens.list_of_user(user.id)
    for token in standing:
        store.tokens.delete(token, by)
    return len(standing)
