"""A code after the password: set up, asked for, used once."""

from __future__ import annotations

import re

import pyotp
import pytest
from django.conf import settings

from dashboard.auth.second_factor import spend_code
from dashboard.auth.throttle import CODES_ANYWHERE, PER_EMAIL
from dashboard.auth.totp import step_of
from storage.model.accounts import User
from storage.store import Store
from tests.dashboard.auth.proving import HERE, SECOND, audited, code_of, with_app, with_code, with_password
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, MINUTE, NOW, PASSWORD, Clock, a_user, stored_items

KEY = re.compile(r'enrol__key">([A-Z2-7 ]+)<')
CODES = re.compile(r"<li>((?:[a-z2-7]{6}-){3}[a-z2-7]{6})</li>")
STEP = 30_000


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


def nobody(store: Store) -> Visitor:
    return Visitor(store, None)


def found(store: Store, user: User) -> User:
    kept = store.users.find(user.id)
    assert kept is not None
    return kept


def is_in(visitor: Visitor) -> bool:
    return bool(visitor.get("/account").status_code == 200)


def set_up(visitor: Visitor, at: int = NOW, **proof: str):
    secret = KEY.findall(visitor.text(f"{HERE}/app"))[0].replace(" ", "")
    return secret, visitor.post(f"{HERE}/app", {"code": code_of(secret, at), **proof})


# Setting up


def test_app_is_set_up_by_its_key_and_a_right_code_without_a_script(store: Store, user: User) -> None:
    own = Visitor(store, user)
    assert "None: the password alone lets you in" in own.text("/account")
    secret, answer = set_up(own)
    codes = CODES.findall(text_of(answer))
    assert (answer.status_code, len(codes), len(set(codes))) == (200, 10, 10)
    assert "Asked for after your password" in own.text("/account")
    assert "10 of 10 left" in own.text(HERE)
    assert audited(store).count("factor.added") == 1
    kept = str(stored_items(store))
    assert secret not in kept
    assert not [code for code in codes if code in kept or code.replace("-", "") in kept]


def test_picture_holds_the_same_key_and_is_kept_by_nobody(store: Store, user: User) -> None:
    own = Visitor(store, user)
    assert own.get(f"{HERE}/app.svg").status_code == 404
    text = own.text(f"{HERE}/app")
    assert f'src="{HERE}/app.svg"' in text
    answer = own.get(f"{HERE}/app.svg")
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("image/svg+xml; charset=utf-8", "no-store")
    assert answer.content.startswith(b"<?xml")
    assert b"style=" not in answer.content


def test_app_counts_for_nothing_before_its_code_was_right(store: Store, user: User) -> None:
    own = Visitor(store, user)
    secret = KEY.findall(own.text(f"{HERE}/app"))[0]
    answer = own.post(f"{HERE}/app", {"code": "000000"})
    assert (answer.status_code, KEY.findall(text_of(answer))) == (400, [secret])
    assert with_password(nobody(store)).headers["Location"] == "/"
    assert not found(store, user).has_second_factor


def test_key_that_another_session_was_shown_is_not_taken(store: Store, user: User) -> None:
    own, other = Visitor(store, user), Visitor(store, a_user(store, "other@example.com"))
    secret = KEY.findall(own.text(f"{HERE}/app"))[0].replace(" ", "")
    other.client.cookies[settings.FACTOR_COOKIE] = own.client.cookies[settings.FACTOR_COOKIE].value
    assert other.post(f"{HERE}/app", {"code": code_of(secret, NOW)}).status_code == 400


def test_code_that_set_it_up_does_not_sign_in(store: Store, user: User) -> None:
    secret, _ = set_up(Visitor(store, user))
    visitor = nobody(store)
    with_password(visitor)
    assert with_code(visitor, code_of(secret, NOW)).status_code == 400
    assert with_code(visitor, code_of(secret, NOW + STEP)).status_code == 303


def test_who_signed_in_long_ago_proves_themselves_first(store: Store, user: User, clock: Clock) -> None:
    own = Visitor(store, user)
    clock.move(11 * MINUTE)
    for proof in ({}, {"proof": "wrong"}):
        assert set_up(own, clock.now, **proof)[1].status_code == 400
    assert not found(store, user).has_second_factor
    assert set_up(own, clock.now, proof=PASSWORD)[1].status_code == 200


def test_who_comes_by_an_identity_provider_has_none_here(store: Store) -> None:
    own = Visitor(store, a_user(store, password="", issuer="https://idp.example", subject="7"))
    assert "Second factor" not in own.text("/account")
    for path in (HERE, f"{HERE}/app"):
        assert own.get(path).status_code == 404


# Signing in


def test_right_password_alone_opens_nothing(store: Store, user: User) -> None:
    with_app(store, user)
    visitor = nobody(store)
    answer = with_password(visitor, next="/health")
    assert (answer.status_code, answer["Location"]) == (303, SECOND)
    assert settings.SESSION_COOKIE not in visitor.client.cookies
    assert settings.KNOWN_BROWSER_COOKIE not in visitor.client.cookies
    assert not is_in(visitor)
    assert store.sessions.list_of_user(user.id) == []


def test_right_code_then_opens_the_page_that_was_asked_for(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor, next="/health")
    assert 'autocomplete="one-time-code"' in visitor.text(SECOND)
    answer = with_code(visitor, f" {code_of(secret, NOW)[:3]} {code_of(secret, NOW)[3:]} ")
    assert (answer.status_code, answer["Location"]) == (303, "/health")
    assert is_in(visitor)
    assert visitor.get(SECOND).status_code == 302


def test_nobody_comes_to_the_second_step_without_the_first(store: Store, user: User) -> None:
    secret, codes = with_app(store, user)
    for word in (code_of(secret, NOW), codes[0]):
        answer = with_code(nobody(store), word)
        assert (answer.status_code, answer["Location"]) == (302, "/login")


def test_right_password_is_forgotten_when_it_is_changed_or_all_are_signed_out(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    store.users.end_sessions(found(store, user), BY)
    assert with_code(visitor, code_of(secret, NOW))["Location"] == "/login"
    with_password(visitor)
    store.users.set_standing(found(store, user), BY, is_admin=False, is_active=False)
    assert with_code(visitor, code_of(secret, NOW))["Location"] == "/login"


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_code_may_be_a_step_early_or_late(store: Store, user: User, steps: int) -> None:
    secret, _ = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    assert with_code(visitor, code_of(secret, NOW + steps * STEP)).status_code == 303


@pytest.mark.parametrize("word", ["", "000000", "12345", "1234567", "abcdef", "１２３４５６", "x" * 100, "x" * 101])
def test_any_other_word_opens_nothing(store: Store, user: User, word: str) -> None:
    with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    assert with_code(visitor, word).status_code == 400
    assert not is_in(visitor)


@pytest.mark.parametrize("steps", [-2, 2, 40])
def test_code_of_another_time_opens_nothing(store: Store, user: User, steps: int) -> None:
    secret, _ = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    assert with_code(visitor, code_of(secret, NOW + steps * STEP)).status_code == 400


def test_code_is_never_good_twice_nor_is_one_before_it(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    for at, status in ((NOW, 303), (NOW, 400), (NOW - STEP, 400), (NOW + STEP, 303)):
        visitor = nobody(store)
        with_password(visitor)
        assert with_code(visitor, code_of(secret, at)).status_code == status


@pytest.mark.parametrize("kind", ["code", "recovery code"])
def test_of_two_who_come_with_one_code_at_once_one_is_let_in(
    store: Store, user: User, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    secret, codes = with_app(store, user)
    word = code_of(secret, NOW) if kind == "code" else codes[0]
    find = store.factor_sets.find_with_user
    read_before = [find(user.id)]
    assert spend_code(user, word, BY) is not None
    monkeypatch.setattr(
        store.factor_sets, "find_with_user", lambda id_: read_before.pop() if read_before else find(id_)
    )
    assert spend_code(user, word, BY) is None
    assert read_before == []


def test_app_that_cannot_be_opened_opens_nothing(store: Store, user: User, settings) -> None:
    secret, _ = with_app(store, user)
    settings.SECRET_KEY = "quite-another-signing-key-than-before"
    assert spend_code(user, code_of(secret, NOW), BY) is None
    assert step_of("", "000000", NOW) is None


def test_clock_that_was_ahead_locks_nobody_out_once_it_is_right(store: Store, user: User, clock: Clock) -> None:
    secret, _ = with_app(store, user)
    clock.move(60 * MINUTE)
    assert spend_code(user, code_of(secret, clock.now), BY)
    clock.move(-60 * MINUTE)
    assert spend_code(user, code_of(secret, clock.now), BY)
    assert spend_code(user, code_of(secret, clock.now), BY) is None


def test_wrong_codes_are_held_up_and_noted_and_do_not_hold_up_other_places(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    for _ in range(PER_EMAIL):
        assert with_code(visitor, "000000").status_code == 400
    answer = with_code(visitor, code_of(secret, NOW))
    assert (answer.status_code, "Too many tries" in text_of(answer), int(answer["Retry-After"]) > 0) == (
        429,
        True,
        True,
    )
    assert audited(store, "refused") == ["session.opened"]
    elsewhere = nobody(store)
    elsewhere.client.defaults["REMOTE_ADDR"] = "10.9.9.9"
    with_password(elsewhere)
    assert with_code(elsewhere, code_of(secret, NOW)).status_code == 303


def test_wrong_codes_from_everywhere_are_held_up_but_in_a_known_browser(store: Store, user: User) -> None:
    secret, codes = with_app(store, user)
    known = nobody(store)
    with_password(known)
    assert with_code(known, codes[0]).status_code == 303
    for number in range(CODES_ANYWHERE):
        visitor = nobody(store)
        visitor.client.defaults["REMOTE_ADDR"] = f"10.0.{number // 5}.1"
        with_password(visitor)
        assert with_code(visitor, "000000").status_code == 400
    visitor.client.defaults["REMOTE_ADDR"] = "10.9.9.9"
    assert with_code(visitor, code_of(secret, NOW)).status_code == 429
    known.post("/logout")
    with_password(known)
    assert with_code(known, code_of(secret, NOW)).status_code == 303


def test_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B: SHA-1, the last six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert [pyotp.TOTP(secret).at(at) for at in (59, 1111111109, 20000000000)] == ["287082", "081804", "353130"]
