"""The pieces of signing in, by themselves."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from dashboard import startup
from dashboard.auth import policy, sealing
from dashboard.auth.passwords import authenticate, create_user
from dashboard.auth.throttle import MOST_KEYS, PER_EMAIL, WINDOW_SECONDS, Throttle
from dashboard.auth.tokens import create_token, user_of_token
from dashboard.connecting import connect, webhook_url
from storage.errors import AlreadyExists, Unavailable
from storage.store import Store
from tests.factories import PASSWORD, a_team, a_user, administrator


def test_sealed_secret_opens_again_and_looks_different_each_time(settings) -> None:
    first, second = sealing.seal("a secret"), sealing.seal("a secret")
    assert first != second
    assert sealing.unseal(first) == sealing.unseal(second) == "a secret"
    settings.SECRET_KEY = "quite-another-signing-key-than-before"
    assert sealing.unseal(first) == ""


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAA==", "é"])
def test_what_was_not_sealed_opens_as_nothing(sealed: str) -> None:
    assert sealing.unseal(sealed) == ""


class Hands:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_throttle_forgets_after_its_window() -> None:
    hands = Hands()
    throttle = Throttle(hands)
    for _ in range(PER_EMAIL):
        throttle.failed("a@example.com", "1.2.3.4")
    assert throttle.wait("a@example.com", "9.9.9.9") > 0
    assert throttle.wait("b@example.com", "1.2.3.4") == 0
    hands.now = WINDOW_SECONDS + 1
    assert throttle.wait("a@example.com", "9.9.9.9") == 0


def test_throttle_keeps_only_so_much() -> None:
    throttle = Throttle(Hands())
    for number in range(MOST_KEYS):
        throttle.failed(f"{number}@example.com", f"address {number}")
    assert len(throttle._failures) == MOST_KEYS


def test_viewer_sees_and_takes_and_only_an_administrator_manages(store: Store) -> None:
    viewer, admin, team = a_user(store), administrator(store), a_team(store)
    assert [policy.may(viewer, action) for action in (policy.VIEW, policy.TAKE, policy.MANAGE)] == [True, True, False]
    assert policy.may(admin, policy.MANAGE)
    with pytest.raises(PermissionDenied):
        policy.authorize(viewer, policy.MANAGE, team)
    with pytest.raises(Http404):
        policy.authorize(admin, policy.VIEW, None)
    with pytest.raises(ValueError, match="fly"):
        policy.may(admin, "fly")


def test_two_users_cannot_have_one_address(store: Store) -> None:
    create_user("ada@example.com", PASSWORD)
    with pytest.raises(AlreadyExists):
        create_user("ADA@example.com", PASSWORD)
    assert len(store.users.list_all()) == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada", PASSWORD), ("a@" + "x" * 300 + ".io", PASSWORD), ("a@b.io", "x" * 5000), ("a@b.io", "short")],
)
def test_user_that_cannot_be_is_refused(store: Store, email: str, password: str) -> None:
    with pytest.raises(ValidationError):
        create_user(email, password)


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("x" * 400, PASSWORD), ("admin@example.com", "")])
def test_nobody_is_let_in_by_odd_words(store: Store, email: str, password: str) -> None:
    administrator(store)
    assert authenticate(email, password) is None


def test_token_is_kept_as_a_hash_and_belongs_to_its_user(store: Store) -> None:
    user = administrator(store)
    token = create_token(user, "x" * 200)
    assert user_of_token(token) == user
    assert user_of_token(token + "x") is None
    given = "an-installers-own-token-of-32-letters"
    assert create_token(user, "installer", given) == given
    assert user_of_token(given) == user


def test_connection_is_made_with_its_address(store: Store, settings) -> None:
    settings.BASE_URL = "https://transit.example"
    made = connect(a_team(store).id, "github", name="acme")
    assert webhook_url(made.connection) == f"https://transit.example/hooks/github/{made.connection.id}"
    assert len(made.secret) >= 32
    assert store.connections.find(made.connection.id) == made.connection


@pytest.mark.parametrize(("source", "secret"), [("none", ""), ("github", "fifteen-letters")])
def test_connection_that_cannot_be_is_refused(store: Store, source: str, secret: str) -> None:
    with pytest.raises(ValueError, match=r"Source|Secret"):
        connect("t", source, secret=secret)


# What happens when the server starts


@pytest.fixture
def named(settings) -> None:
    settings.ADMIN_EMAIL, settings.ADMIN_PASSWORD = "first@example.com", PASSWORD
    settings.ADMIN_TOKEN = "t" * 40


@pytest.mark.usefixtures("named")
def test_first_administrator_comes_from_the_environment_once(store: Store) -> None:
    assert startup.create_first_administrator()
    assert not startup.create_first_administrator()
    user = authenticate("first@example.com", PASSWORD)
    assert user is not None
    assert user.is_admin
    assert user_of_token("t" * 40) == user


@pytest.mark.usefixtures("named")
def test_environment_makes_nobody_where_somebody_exists(store: Store) -> None:
    administrator(store)
    assert not startup.create_first_administrator()
    assert authenticate("first@example.com", PASSWORD) is None


@pytest.mark.usefixtures("named")
def test_second_process_that_starts_at_once_makes_nobody(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    startup.create_first_administrator()
    monkeypatch.setattr(store.users, "any_exists", lambda: False)
    assert not startup.create_first_administrator()


def test_operator_is_told_the_code_only_while_nobody_can_sign_in(store: Store) -> None:
    assert len(startup.announce("http://x")) == 2
    administrator(store)
    assert startup.announce("http://x") == ["Big Transit is at http://x"]


def test_operator_is_told_of_a_store_out_of_reach(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> bool:
        raise Unavailable("gone")

    monkeypatch.setattr(store.users, "any_exists", refuse)
    assert "cannot be reached" in startup.announce("http://x")[1]
