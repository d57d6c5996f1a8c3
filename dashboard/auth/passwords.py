"""Checking an e-mail and a password, in the same time whether or not somebody has that e-mail."""

from __future__ import annotations

from functools import lru_cache

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from dashboard.store import get_store
from storage.entities import User
from storage.schema import new_id

LONGEST = 4096


def authenticate(email: str, password: str) -> User | None:
    """The user these belong to, or None."""
    store = get_store()
    user_id = store.users.find_id(email) if 0 < len(email) <= 254 else None
    user = store.users.find(user_id) if user_id else None
    usable = user is not None and user.is_active and 0 < len(password) <= LONGEST
    matches = check_password(password[:LONGEST], user.password if user else _dummy())
    return user if usable and matches else None


@lru_cache(maxsize=1)
def _dummy() -> str:
    return make_password("nobody has this password")


def create_user(email: str, password: str, name: str = "", *, is_admin: bool = True) -> User:
    """Raises ValidationError for a bad e-mail or password, storage.AlreadyExists when the e-mail is taken."""
    email = email.strip()
    validate_email(email)
    if len(email) > 254 or len(password) > LONGEST:
        raise ValidationError("Too long.")
    validate_password(password)
    store = get_store()
    user = User(
        id=new_id(),
        email=email,
        name=name.strip()[:80] or email.partition("@")[0],
        password=make_password(password),
        is_admin=is_admin,
        created_at=store.now(),
    )
    store.users.create(user)
    return user
