"""Checking an e-mail and a password, in the same time whether or not somebody has that e-mail."""

from __future__ import annotations

from functools import lru_cache
from threading import BoundedSemaphore
from types import SimpleNamespace
from typing import NoReturn

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.validators import validate_email

from dashboard.store import get_store
from storage.keys import new_id
from storage.model.accounts import Actor, User
from storage.model.document import replace

LONGEST_PASSWORD = 4096
# A hash takes 100 MB for a tenth of a second, on purpose: not more than these at once in a process.
_HASHING = BoundedSemaphore(2)


def authenticate(email: str, password: str) -> User | None:
    """The user these belong to, or None."""
    store = get_store()
    user_id = store.users.find_id(email) if 0 < len(email) <= 254 else None
    user = store.users.find(user_id) if user_id else None
    usable = user is not None and user.is_active and bool(user.password) and 0 < len(password) <= LONGEST_PASSWORD
    with _HASHING:
        known = user.password if user is not None and user.password else _dummy()
        matches = check_password(password[:LONGEST_PASSWORD], known, setter=None)
    return user if usable and matches else None


@lru_cache(maxsize=1)
def _dummy() -> str:
    return make_password("nobody has this password")


def new_user(email: str, password: str, name: str = "", *, is_admin: bool = False) -> User:
    """Somebody who is not in the store yet. Raises ValidationError for a bad e-mail or password."""
    email = email.strip()
    validate_email(email)
    if len(email) > 254 or len(password) > LONGEST_PASSWORD:
        raise ValidationError("Too long.")
    store = get_store()
    user = User(
        id=new_id(),
        email=email,
        name=name.strip()[:80] or email.partition("@")[0],
        password="",
        is_admin=is_admin,
        created_at=store.now(),
    )
    return replace(user, password=hashed(password, user))


def create_user(
    email: str, password: str, by: Actor, name: str = "", *, is_admin: bool = True, first: bool = False
) -> User:
    """Raises ValidationError for a bad e-mail or password, storage.AlreadyExists when the e-mail is taken, or when this
    was to be the `first` of all and is not."""
    user = new_user(email, password, name, is_admin=is_admin)
    get_store().users.create(user, by, first=first)
    return user


class _Fields:
    """Where Django's validators ask what a model calls its fields: as they are called."""

    def get_field(self, name: str) -> NoReturn:
        raise FieldDoesNotExist(name)


def hashed(password: str, user: User) -> str:
    """What is kept of a new password. Raises ValidationError when it is too weak for this person."""
    if len(password) > LONGEST_PASSWORD:
        raise ValidationError("Too long.")
    person = SimpleNamespace(email=user.email, name=user.name, _meta=_Fields())
    validate_password(password, user=person)  # type: ignore[arg-type]
    with _HASHING:
        return make_password(password)
