"""Getting in and out."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password

from dashboard.auth import throttle
from dashboard.auth.setup_code import setup_code
from storage.store import Store
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, NOW, PASSWORD, Clock, a_team, a_user, administrator, stored_items

ADMIN = {"email": "admin@example.com", "password": PASSWORD}


def cookie_of(visitor: Visitor) -> str:
    return visitor.client.cookies[settings.SESSION_COOKIE].value


def with_cookie(store: Store, value: str) -> Visitor:
    visitor = Visitor(store, None)
    visitor.client.cookies[settings.SESSION_COOKIE] = value
    return visitor


def sign_in(visitor: Visitor, **changes: str):
    return visitor.post("/login", {**ADMIN, **changes})


def test_right_password_opens_the_page_that_was_asked_for(stranger: Visitor) -> None:
    a_team(stranger.store)
    asked = stranger.get("/teams/payments?show=failing")["Location"]
    form = text_of(stranger.get(asked))
    assert 'value="/teams/payments?show=failing"' in form
    answer = sign_in(stranger, next="/teams/payments?show=failing")
    assert (answer.status_code, answer["Location"]) == (302, "/teams/payments?show=failing")
    assert stranger.get("/teams/payments").status_code == 200


def test_cookie_is_out_of_reach_of_scripts_and_other_sites(stranger: Visitor) -> None:
    cookie = sign_in(stranger).cookies[settings.SESSION_COOKIE]
    assert cookie["httponly"]
    assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
    assert int(cookie["max-age"]) == settings.SESSION_HOURS * 3600


def test_secret_of_the_cookie_is_not_in_the_store(stranger: Visitor, store: Store) -> None:
    sign_in(stranger)
    assert cookie_of(stranger).partition(".")[2] not in str(stored_items(store))


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "wrong-horse-9"},
        {"password": PASSWORD + " "},
        {"password": ""},
        {"password": "x" * 5000},
        {"password": PASSWORD + "\x00"},
        {"email": "nobody@example.com"},
        {"email": "not an address"},
        {"email": ""},
    ],
)
def test_wrong_word_opens_nothing_and_says_not_which(stranger: Visitor, changes: dict[str, str]) -> None:
    answer = sign_in(stranger, **changes)
    assert answer.status_code == 400
    assert settings.SESSION_COOKIE not in answer.cookies
    assert stranger.get("/").status_code == 302


def test_unknown_address_and_wrong_password_read_the_same(stranger: Visitor) -> None:
    answers = [text_of(sign_in(stranger, **word)) for word in ({"email": "nobody@example.com"}, {"password": "wrong"})]
    assert answers[0].replace("nobody@example.com", "admin@example.com") == answers[1]


def test_address_is_the_same_in_capitals(stranger: Visitor) -> None:
    assert sign_in(stranger, email="Admin@Example.COM").status_code == 302


def test_disabled_user_gets_neither_in_nor_on(store: Store, visitor: Visitor) -> None:
    assert visitor.user is not None
    a_user(store, "second@example.com", is_admin=True)
    store.users.set_standing(visitor.user, BY, is_admin=False, is_active=False)
    assert visitor.get("/").status_code == 302
    assert sign_in(Visitor(store, None)).status_code == 400


# Where to go afterwards

EVIL = [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example/",
    "https:evil.example",
    "javascript:alert(1)",
    "/%2f/evil.example",
    "%2f%2fevil.example",
    "/\t/evil.example",
    "\n//evil.example",
    "teams/payments",
    "",
]


@pytest.mark.parametrize("target", EVIL)
def test_next_leads_nowhere_but_to_our_own_pages(stranger: Visitor, target: str) -> None:
    assert sign_in(stranger, next=target)["Location"] == "/"


@pytest.mark.parametrize("target", ["/", "/teams/payments", "/commits/abcdef1?x=1&y=%20", "/health"])
def test_next_leads_to_our_own_pages(stranger: Visitor, target: str) -> None:
    assert sign_in(stranger, next=target)["Location"] == target


# Sessions


def test_signing_in_again_makes_a_new_session_and_ends_the_old(stranger: Visitor, store: Store) -> None:
    sign_in(stranger)
    old = cookie_of(stranger)
    sign_in(stranger)
    assert cookie_of(stranger) != old
    assert with_cookie(store, old).get("/").status_code == 302
    assert stranger.get("/").status_code == 200


def test_form_token_from_before_the_sign_in_is_worth_nothing_after_it(stranger: Visitor) -> None:
    stranger.get("/login")
    before = stranger.client.cookies[settings.CSRF_COOKIE_NAME].value
    sign_in(stranger)
    assert stranger.client.cookies[settings.CSRF_COOKIE_NAME].value != before


def test_copy_of_the_cookie_is_dead_after_log_out(stranger: Visitor, store: Store) -> None:
    sign_in(stranger)
    thief = with_cookie(store, cookie_of(stranger))
    assert thief.get("/").status_code == 200
    answer = stranger.post("/logout")
    assert (answer.status_code, answer["Location"]) == (302, "/login")
    assert answer.cookies[settings.SESSION_COOKIE]["max-age"] == 0
    assert thief.get("/").status_code == 302
    assert thief.get("/", **HX).status_code == 401


def test_open_pages_are_told_of_the_end_of_their_session(stranger: Visitor, store: Store) -> None:
    sign_in(stranger)
    stranger.post("/logout")
    topics = [topic for change in store.changes.list_since(NOW, NOW) for topic in change.topics]
    assert [topic.partition(":")[0] for topic in topics] == ["session"]


def test_log_out_asks_first_and_only_a_post_ends_the_session(visitor: Visitor) -> None:
    assert "Ada Admin" in text_of(visitor.get("/logout"))
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("how", ["made up", "ended"])
def test_log_out_says_no_name_to_a_cookie_that_is_worth_nothing(store: Store, how: str) -> None:
    user = administrator(store)
    thief = with_cookie(store, f"{user.id}.{'x' * 43}")
    if how == "ended":
        visitor = Visitor(store, user)
        thief = with_cookie(store, cookie_of(visitor))
        store.users.end_sessions(user, BY)
    assert user.name not in text_of(thief.get("/logout"))


def test_log_out_of_nobody_is_no_error(stranger: Visitor) -> None:
    assert stranger.get("/logout").status_code == 200
    assert stranger.post("/logout").status_code == 302


def test_session_ends_after_its_hours(visitor: Visitor, clock: Clock) -> None:
    clock.move(settings.SESSION_HOURS * 3_600_000 - 1)
    assert visitor.get("/").status_code == 200
    clock.move(1)
    assert visitor.get("/").status_code == 302


def test_raised_epoch_ends_all_sessions_of_a_user(visitor: Visitor, store: Store) -> None:
    assert visitor.user is not None
    store.users.end_sessions(visitor.user, BY)
    assert visitor.get("/").status_code == 302


def test_administrator_who_is_none_any_more_is_refused_at_once(visitor: Visitor, store: Store) -> None:
    assert visitor.user is not None
    a_user(store, "second@example.com", is_admin=True)
    store.users.set_standing(visitor.user, BY, is_admin=False, is_active=True)
    assert visitor.get("/manage").status_code == 403
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize(
    "value",
    ["", ".", "x", "x" * 10_000, "a" * 32 + ".", "a" * 32 + "." + "b" * 43, "#" * 32 + "." + "b" * 43, "é" * 32],
)
def test_cookie_of_no_session_is_a_stranger(stranger: Visitor, value: str) -> None:
    stranger.client.cookies[settings.SESSION_COOKIE] = value
    assert stranger.get("/").status_code == 302


def test_secret_of_one_user_opens_nothing_under_anothers_name(stranger: Visitor, store: Store) -> None:
    sign_in(stranger)
    other = a_user(store)
    forged = f"{other.id}.{cookie_of(stranger).partition('.')[2]}"
    assert with_cookie(store, forged).get("/").status_code == 302


# Guessing


def test_tenth_failure_for_one_address_makes_it_wait(stranger: Visitor) -> None:
    for _ in range(throttle.PER_EMAIL):
        assert sign_in(stranger, password="wrong").status_code == 400
    answer = sign_in(stranger)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= throttle.WINDOW_SECONDS + 1
    assert sign_in(stranger, email="ADMIN@example.com").status_code == 429


def test_failures_from_one_place_make_it_wait_for_everybody(stranger: Visitor) -> None:
    for number in range(throttle.PER_ADDRESS):
        sign_in(stranger, email=f"guess{number}@example.com")
    assert sign_in(stranger).status_code == 429


def test_browser_that_the_account_has_used_is_not_locked_out_by_strangers(stranger: Visitor, store: Store) -> None:
    assert sign_in(stranger).status_code == 302
    known = stranger.client.cookies[settings.KNOWN_BROWSER_COOKIE].value
    elsewhere = Visitor(store, None)
    for number in range(throttle.PER_ADDRESS):
        sign_in(elsewhere, email=f"guess{number}@example.com")
        sign_in(elsewhere, password="wrong")
    assert sign_in(elsewhere).status_code == 429
    elsewhere.client.cookies[settings.KNOWN_BROWSER_COOKIE] = known
    assert sign_in(elsewhere, email="another@example.com").status_code == 429
    assert sign_in(elsewhere).status_code == 302


@pytest.mark.parametrize("forged", ["", "x", "WyJhIl0:1:x", "é" * 9, "a" * 5000])
def test_cookie_of_a_known_browser_cannot_be_made_up(stranger: Visitor, forged: str) -> None:
    stranger.client.cookies[settings.KNOWN_BROWSER_COOKIE] = forged
    for _ in range(throttle.PER_EMAIL):
        assert sign_in(stranger, password="wrong").status_code == 400
    assert sign_in(stranger).status_code == 429


# The first administrator


def test_first_visit_leads_to_setup_while_nobody_exists(store: Store) -> None:
    assert Visitor(store, None).get("/login")["Location"] == "/setup"


def setup(visitor: Visitor, **changes: str):
    data = {"code": setup_code(), "name": "Ada", "email": "ada@example.com", "password": PASSWORD}
    return visitor.post("/setup", {**data, **changes})


def test_setup_makes_the_first_administrator_and_signs_in(store: Store) -> None:
    visitor = Visitor(store, None)
    assert visitor.get("/setup").status_code == 200
    answer = setup(visitor)
    assert (answer.status_code, answer["Location"]) == (302, "/manage")
    assert visitor.get("/manage").status_code == 200


def test_setup_is_done_once(store: Store) -> None:
    setup(Visitor(store, None))
    late = Visitor(store, None)
    assert late.get("/setup")["Location"] == "/login"
    assert setup(late, email="evil@example.com")["Location"] == "/login"
    assert len(store.users.list_all()) == 1


def test_slower_of_two_at_setup_is_no_administrator(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    setup(Visitor(store, None))
    monkeypatch.setattr(store.users, "any_exists", lambda: False)
    late = Visitor(store, None)
    assert setup(late, email="evil@example.com")["Location"] == "/login"
    assert settings.SESSION_COOKIE not in late.client.cookies
    assert [user.email for user in store.users.list_all()] == ["ada@example.com"]


@pytest.mark.parametrize(
    "changes",
    [
        {"code": "0000-0000-0000"},
        {"code": ""},
        {"password": "short"},
        {"password": "password123"},
        {"email": "not an address"},
        {"name": ""},
    ],
)
def test_setup_refuses_what_is_wrong(store: Store, changes: dict[str, str]) -> None:
    assert setup(Visitor(store, None), **changes).status_code == 400
    assert not store.users.any_exists()


def test_setup_code_cannot_be_guessed_for_long(store: Store) -> None:
    visitor = Visitor(store, None)
    for _ in range(throttle.PER_EMAIL):
        assert setup(visitor, code="0000-0000-0000").status_code == 400
    answer = setup(visitor)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= throttle.WINDOW_SECONDS + 1
    assert "Too many tries" in text_of(answer)
    assert not store.users.any_exists()


def test_code_may_be_typed_in_capitals_with_spaces(store: Store) -> None:
    assert setup(Visitor(store, None), code=f" {setup_code().upper()} ").status_code == 302


def test_two_who_set_up_at_once_make_one_administrator(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    setup(Visitor(store, None))
    monkeypatch.setattr(store.users, "any_exists", lambda: False)
    assert setup(Visitor(store, None))["Location"] == "/login"
    assert len(store.users.list_all()) == 1


def test_password_is_kept_hashed(store: Store) -> None:
    setup(Visitor(store, None))
    user_id = store.users.find_id("ada@example.com")
    assert user_id is not None
    user = store.users.find(user_id)
    assert user is not None
    assert PASSWORD not in user.password
    assert user.password != make_password(PASSWORD)
