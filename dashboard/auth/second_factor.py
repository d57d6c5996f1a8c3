"""The second step of signing in, and proving oneself again: by a code of an app or a recovery code.

Between the right password and the right code there is no session: a sealed cookie says whose password was right.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from dashboard.auth.links import fingerprint
from dashboard.auth.recovery_codes import hash_of
from dashboard.auth.sealed_cookies import SealedCookie
from dashboard.auth.sealing import seal, seal_anew, unseal
from dashboard.auth.totp import step_of
from dashboard.store import get_store
from storage import keys
from storage.errors import Conflict
from storage.model.accounts import Actor, User
from storage.model.document import replace
from storage.model.factors import FactorSet, Totp
from storage.store import Store

PURPOSE = "second factors"
PASSWORD_WAS_RIGHT = SealedCookie("FACTOR_COOKIE", "second step of signing in", 600)
TRIES = 3


@dataclass(frozen=True, slots=True)
class Halfway:
    """Somebody whose password was right, with what they have besides, and where they were going."""

    user: User
    factors: FactorSet
    target: str


def ask_for_factor(response: HttpResponse, user: User, target: str) -> None:
    """Their password was right."""
    state: dict[str, Any] = {"user": user.id, "mark": fingerprint(user), "next": target[:1000]}
    PASSWORD_WAS_RIGHT.keep(response, state)


def read_halfway(request: HttpRequest) -> Halfway | None:
    """None where no password was right in this browser lately, or it was changed since, or nothing more is asked."""
    state = PASSWORD_WAS_RIGHT.read(request)
    user_id = str(state.get("user", ""))
    user, factors = get_store().factor_sets.find_with_user(user_id) if keys.is_id(user_id) else (None, None)
    if user is None or factors is None or not user.is_active or not factors.is_any:
        return None
    return Halfway(user, factors, str(state["next"])) if state["mark"] == fingerprint(user) else None


def new_totp(secret: str, step: int) -> Totp:
    """An app whose code of this step was right: it is used by that."""
    return Totp(seal(secret, PURPOSE), get_store().now(), step)


def spend_code(user: User, word: str, by: Actor) -> FactorSet | None:
    """What they have after this code of their app or recovery code was used. None: it is neither, or was used before.
    Of two that come with one code at once, one is right."""
    store = get_store()
    for _ in range(TRIES):
        now, factors = store.factor_sets.find_with_user(user.id)
        try:
            used = _spend_app(store, factors, word) or _spend_recovery(store, now or user, factors, word, by)
        except Conflict:
            continue
        return used
    return None


def _spend_app(store: Store, factors: FactorSet, word: str) -> FactorSet | None:
    if factors.totp is None:
        return None
    code = "".join(word[:40].split())
    step = step_of(unseal(factors.totp.secret, PURPOSE), code, store.now(), factors.totp.last_step)
    if step is None:
        return None
    after = factors.changed(totp=replace(factors.totp, last_step=step))
    store.factor_sets.note_use(factors, after)
    return replace(after, version=factors.version + 1)


def _spend_recovery(store: Store, user: User, factors: FactorSet, word: str, by: Actor) -> FactorSet | None:
    hashed = hash_of(word)
    if not hashed or hashed not in factors.recovery:
        return None
    after = factors.without_recovery(hashed)
    store.factor_sets.put(user, factors, after, by, "recovery_code.used")
    return replace(after, version=factors.version + 1)


def apps_of_all(store: Store) -> Iterator[tuple[User, Totp]]:
    """Everybody who has an app, with it."""
    for user in store.users.list_all():
        totp = store.factor_sets.find(user.id).totp if user.has_second_factor else None
        if totp is not None:
            yield user, totp


def is_readable(totp: Totp) -> bool:
    """Whether a key that is known opens it."""
    return bool(unseal(totp.secret, PURPOSE))


def seal_factors_anew(store: Store, by: Actor) -> tuple[int, int]:
    """Seal every app's secret under the present key. How many were, and how many cannot be opened."""
    sealed = unreadable = 0
    for user, _ in apps_of_all(store):
        done = _seal_anew(store, user.id, by)
        sealed, unreadable = sealed + (done is True), unreadable + (done is False)
    return sealed, unreadable


def _seal_anew(store: Store, user_id: str, by: Actor) -> bool | None:
    """None: there is no app any more."""
    for _ in range(TRIES):
        user, factors = store.factor_sets.find_with_user(user_id)
        if user is None or factors.totp is None:
            return None
        fresh = seal_anew(factors.totp.secret, PURPOSE)
        if not fresh:
            return False
        after = factors.changed(totp=replace(factors.totp, secret=fresh))
        try:
            store.factor_sets.put(user, factors, after, by, "factor.sealed")
        except Conflict:
            continue
        return True
    return False
