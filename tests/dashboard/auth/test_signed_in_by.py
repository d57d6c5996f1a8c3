"""The audit log says by what somebody signed in."""

from __future__ import annotations

import pytest

from dashboard.auth.setup_code import setup_code
from storage.model.accounts import User
from storage.store import Store
from tests.dashboard.auth.proving import code_of, let_in_by, with_app, with_code, with_password
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, a_user


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


def test_password_is_named(store: Store, user: User) -> None:
    assert with_password(Visitor(store, None)).status_code == 302
    assert let_in_by(store) == ["password"]


def test_second_step_is_named_with_the_first(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    visitor = Visitor(store, None)
    with_password(visitor)
    with_code(visitor, code_of(secret, NOW))
    assert let_in_by(store) == ["password and code"]


def test_setup_code_is_named(store: Store) -> None:
    typed = {"code": setup_code(), "name": "Ada", "email": "ada@example.com", "password": "quite-new-4711"}
    assert Visitor(store, None).post("/setup", typed).status_code == 302
    assert let_in_by(store) == ["setup code"]
