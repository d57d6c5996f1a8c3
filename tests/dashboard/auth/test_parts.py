"""The pieces of signing in, by themselves."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from dashboard.auth import sealing
from dashboard.auth.passwords import authenticate, create_user
from dashboard.auth.throttle import (
    PER_ADDRESS,
    PER_BROWSER,
    PER_EMAIL,
    PER_EMAIL_ANYWHERE,
    WINDOW_SECONDS,
    signed_in,
    try_sign_in,
)
from dashboard.auth.tokens import bearer_of, create_token
from dashboard.operations import startup
from dashboard.webhooks.connecting import connect, webhook_url
from storage.errors import AlreadyExists, Unavailable
from storage.store import Store
from tests.factories import BY, DAY, PASSWORD, Clock, a_team, administrator


def test_sealed_secret_opens_again_and_looks_different_each_time(settings) -> None:
    first, second = sealing.seal("a secret"), sealing.seal("a secret")
    assert first != second
    assert sealing.unseal(first) == sealing.unseal(second) == "a secret"
    settings.SECRET_KEY = "quite-another-signing-key-than-before"
    assert sealing.unseal(first) == ""


@pytest.mark.parametrize("sealed", ["", "x", "gAAAAA==", "é"])
def test_what_was_not_sealed_opens_as_nothing(sealed: str) -> None:
    assert sealing.unseal(sealed) == ""


def test_throttle_forgets_after_its_window(store: Store, clock: Clock) -> None:
    for _ in range(PER_EMAIL):
        assert try_sign_in("a@example.com", "1.2.3.4") == 0
    assert try_sign_in("A@example.com ", "1.2.3.4") > 0
    assert try_sign_in("b@example.com", "1.2.3.4") == 0
    clock.move((WINDOW_SECONDS + 1) * 1000)
    assert try_sign_in("a@example.com", "1.2.3.4") == 0


def test_guesses_from_elsewhere_lock_nobody_out_until_there_are_very_many(store: Store) -> None:
    for number in range(PER_EMAIL_ANYWHERE):
        assert try_sign_in("a@example.com", f"1.2.{number // PER_EMAIL}.4") == 0
        if number == 2 * PER_EMAIL:
            assert try_sign_in("a@example.com", "9.9.9.9") == 0
            signed_in("a@example.com", "9.9.9.9")
    assert try_sign_in("a@example.com", "9.9.9.9") > 0
    assert try_sign_in("a@example.com", "9.9.9.9", "a browser of theirs") == 0


def test_known_browser_has_tries_of_its_own(store: Store) -> None:
    for _ in range(PER_BROWSER):
        assert try_sign_in("a@example.com", "1.2.3.4", "browser") == 0
    assert try_sign_in("a@example.com", "1.2.3.4", "browser") > 0
    assert try_sign_in("a@example.com", "1.2.3.4", "another") == 0
    assert try_sign_in("b@example.com", "1.2.3.4", "browser") == 0


def test_clock_that_was_ahead_locks_nobody_out_once_it_is_right(store: Store, clock: Clock) -> None:
    clock.move(DAY)
    for _ in range(PER_EMAIL):
        try_sign_in("a@example.com", "1.2.3.4")
    clock.move(-DAY)
    assert try_sign_in("a@example.com", "1.2.3.4") == 0


def test_addresses_of_one_network_count_as_one_place(store: Store) -> None:
    tries = [try_sign_in(f"{n}@example.com", f"2001:db8:0:1::{n:x}") for n in range(PER_ADDRESS + 1)]
    assert [wait > 0 for wait in tries] == [False] * PER_ADDRESS + [True]
    assert try_sign_in("x@example.com", "2001:db8:0:2::1") == 0
    assert try_sign_in("y@example.com", "not an address") == 0


def test_good_try_is_taken_back_and_those_before_it_are_not(store: Store) -> None:
    for _ in range(PER_EMAIL - 1):
        try_sign_in("a@example.com", "1.2.3.4")
    for _ in range(5):
        assert try_sign_in("a@example.com", "1.2.3.4") == 0
        signed_in("a@example.com", "1.2.3.4")
    assert try_sign_in("a@example.com", "1.2.3.4") == 0
    assert try_sign_in("a@example.com", "1.2.3.4") > 0


def test_throttle_of_an_expired_count_begins_anew(store: Store, clock: Clock) -> None:
    try_sign_in("a@example.com", "1.2.3.4")
    clock.move((WINDOW_SECONDS + 60) * 1000)
    for _ in range(PER_EMAIL):
        assert try_sign_in("a@example.com", "1.2.3.4") == 0
    assert try_sign_in("a@example.com", "1.2.3.4") > 0


def test_two_users_cannot_have_one_address(store: Store) -> None:
    create_user("ada@example.com", PASSWORD, BY)
    with pytest.raises(AlreadyExists):
        create_user("ADA@example.com", PASSWORD, BY)
    assert len(store.users.list_all()) == 1


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada", PASSWORD), ("a@" + "x" * 300 + ".io", PASSWORD), ("a@b.io", "x" * 5000), ("a@b.io", "short")],
)
def test_user_that_cannot_be_is_refused(store: Store, email: str, password: str) -> None:
    with pytest.raises(ValidationError):
        create_user(email, password, BY)


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("x" * 400, PASSWORD), ("admin@example.com", "")])
def test_nobody_is_let_in_by_odd_words(store: Store, email: str, password: str) -> None:
    administrator(store)
    assert authenticate(email, password) is None


def test_token_is_kept_as_a_hash_and_belongs_to_its_user(store: Store) -> None:
    user = administrator(store)
    token = create_token(user, "x" * 200, BY)
    bearer = bearer_of(token)
    assert bearer is not None
    assert bearer.user == user
    assert bearer_of(token + "x") is None
    given = "an-installers-own-token-of-32-letters"
    assert create_token(user, "installer", BY, given=given) == given
    bearer = bearer_of(given)
    assert bearer is not None
    assert bearer.user == user


def test_connection_is_made_with_its_address(store: Store, settings) -> None:
    settings.BASE_URL = "https://transit.example"
    made = connect(a_team(store).id, "github", BY, name="acme")
    assert webhook_url(made.connection) == f"https://transit.example/hooks/github/{made.connection.id}"
    assert len(made.secret) >= 32
    assert store.connections.find(made.connection.id) == made.connection


@pytest.mark.parametrize(("source", "secret"), [("none", ""), ("github", "fifteen-letters")])
def test_connection_that_cannot_be_is_refused(store: Store, source: str, secret: str) -> None:
    with pytest.raises(ValueError, match=r"Source|Secret"):
        connect("t", source, BY, secret=secret)


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
    bearer = bearer_of("t" * 40)
    assert bearer is not None
    assert bearer.user == user


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
