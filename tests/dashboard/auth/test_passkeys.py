"""Passkeys: made, used as a second factor and by themselves, copied, replayed, removed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings as own_settings
from webauthn.helpers import bytes_to_base64url as text

from dashboard.auth.passkeys import LASTS_SECONDS, MOST_PASSKEYS, are_offered
from dashboard.auth.throttle import PER_ADDRESS
from storage.model.accounts import User
from storage.model.document import replace
from storage.model.factors import FactorSet, Passkey
from storage.store import Store
from tests.dashboard.auth.authenticator import BACKED_UP, PRESENT, VERIFIED, Authenticator
from tests.dashboard.auth.proving import HERE, SECOND, audited, require, with_app, with_code, with_password
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, MINUTE, PASSWORD, Clock, a_user

MAKE = f"{HERE}/passkeys"
UNKNOWN = "This passkey is not known here."


@pytest.fixture(autouse=True)
def _address(settings) -> None:
    settings.BASE_URL = "https://transit.example"


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


def nobody(store: Store) -> Visitor:
    return Visitor(store, None)


def asked_to_make(visitor: Visitor, **form: str) -> dict[str, Any]:
    answer = visitor.post(f"{MAKE}/options", form)
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def add(visitor: Visitor, device: Authenticator, name: str = "Phone"):
    return visitor.post(MAKE, {"name": name, "credential": device.make(asked_to_make(visitor))})


def asked(visitor: Visitor, **form: str) -> dict[str, Any]:
    return dict(visitor.post("/login/passkey/options", form).json())


def answer(visitor: Visitor, said: str, **form: str):
    return visitor.post("/login/passkey", {"credential": said, **form})


def is_in(visitor: Visitor) -> bool:
    return bool(visitor.get("/account").status_code == 200)


@pytest.fixture
def device(store: Store, user: User) -> Authenticator:
    """One of hers."""
    made = Authenticator()
    assert add(Visitor(store, user), made).status_code == 200
    return made


# Made


def test_passkey_is_made_with_a_name_and_listed(store: Store, user: User) -> None:
    own = Visitor(store, user)
    options = asked_to_make(own)
    assert options["rp"]["id"] == "transit.example"
    assert options["authenticatorSelection"]["residentKey"] == "required"
    assert options["authenticatorSelection"]["userVerification"] == "required"
    done = own.post(MAKE, {"name": "My phone", "credential": Authenticator().make(options)})
    assert (done.status_code, "Recovery codes" in text_of(done)) == (200, True)
    synced = Authenticator(flags=PRESENT | VERIFIED | BACKED_UP)
    assert add(own, synced, "Manager").status_code == 303
    shown = own.text(HERE)
    for words in ("My phone", "on one device", "Manager", "with an account", "never", "10 of 10 left"):
        assert words in shown
    assert audited(store).count("factor.added") == 2
    assert (store.users.find(user.id) or user).has_second_factor


def test_device_that_has_one_is_told_so(store: Store, user: User, device: Authenticator) -> None:
    excluded = asked_to_make(Visitor(store, user))["excludeCredentials"]
    assert [each["id"] for each in excluded] == [text(device.id)]


@pytest.mark.parametrize("wrong", ["origin", "host", "unverified", "challenge", "nonsense", "none", "deep"])
def test_what_a_browser_says_wrongly_makes_none(store: Store, user: User, wrong: str) -> None:
    own, made = Visitor(store, user), Authenticator(flags=PRESENT if wrong == "unverified" else PRESENT | VERIFIED)
    made.origin = "https://transit.example.evil" if wrong == "origin" else made.origin
    made.host = "evil.example" if wrong == "host" else made.host
    options = asked_to_make(own)
    if wrong == "challenge":
        options["challenge"] = text(b"x" * 64)
    words = {"nonsense": "{", "none": "", "deep": "[" * 5000}
    said = words[wrong] if wrong in words else made.make(options)
    done = own.post(MAKE, {"name": "x", "credential": said})
    assert (done.status_code, "could not be checked" in text_of(done)) == (400, True)
    assert not store.factor_sets.find(user.id).is_any


def test_challenge_is_of_one_browser_one_person_and_one_purpose(store: Store, user: User) -> None:
    own, other = Visitor(store, user), Visitor(store, a_user(store, "other@example.com"))
    options = asked_to_make(own)
    asked_to_make(other)
    said = Authenticator().make(options)
    assert other.post(MAKE, {"name": "x", "credential": said}).status_code == 400
    assert nobody(store).post(MAKE, {"name": "x", "credential": said}).status_code == 302
    other.client.cookies[own_settings.CHALLENGE_COOKIE] = own.client.cookies[own_settings.CHALLENGE_COOKIE].value
    assert other.post(MAKE, {"name": "x", "credential": said}).status_code == 400
    asked(own)
    assert own.post(MAKE, {"name": "x", "credential": said}).status_code == 400


def test_who_signed_in_long_ago_proves_themselves_first(store: Store, user: User, clock: Clock) -> None:
    own = Visitor(store, user)
    clock.move(11 * MINUTE)
    refused = own.post(f"{MAKE}/options", {"proof": "wrong"})
    assert (refused.status_code, "neither your password" in refused.json()["message"]) == (403, True)
    assert asked_to_make(own, proof=PASSWORD)["challenge"]


def test_no_more_are_made_than_a_page_shows(store: Store, user: User) -> None:
    many = tuple(Passkey(f"p{n}", "k", 0, f"key {n}", 1) for n in range(MOST_PASSKEYS))
    store.factor_sets.put(user, FactorSet(user.id), FactorSet(user.id, passkeys=many), BY, "factor.added")
    assert Visitor(store, user).post(f"{MAKE}/options").status_code == 409


@pytest.mark.parametrize(
    ("address", "offered"),
    [
        ("https://transit.example", True), ("http://transit.example", False), ("http://localhost:8000", True),
        ("http://127.0.0.1:8000", False), ("https://[::1]:8000", False), ("http://bt.localhost", True),
    ],
)  # fmt: skip
def test_passkeys_are_offered_where_browsers_know_them(
    store: Store, user: User, settings, address: str, offered: bool
) -> None:
    settings.BASE_URL = address
    assert are_offered() is offered
    assert ("data-passkey" in nobody(store).text("/login")) is offered
    shown = Visitor(store, user).text(HERE)
    assert (f"this server says it is at {address}" in shown) is not offered
    assert nobody(store).post("/login/passkey/options").status_code == (200 if offered else 404)


def test_who_comes_by_an_identity_provider_makes_none(store: Store) -> None:
    own = Visitor(store, a_user(store, password="", issuer="https://idp.example", subject="7"))
    assert own.post(f"{MAKE}/options").status_code == 404
    assert own.post(MAKE, {"name": "x"}).status_code == 404


def test_who_is_held_up_can_make_one_and_goes_on(store: Store, user: User) -> None:
    require(store)
    own = Visitor(store, user)
    assert own.get("/")["Location"] == HERE
    assert 'href="/"' in text_of(add(own, Authenticator()))
    assert own.get("/").status_code == 200


# By itself


def test_passkey_signs_in_by_itself(store: Store, user: User, device: Authenticator, clock: Clock) -> None:
    visitor = nobody(store)
    options = asked(visitor)
    assert (options["allowCredentials"], options["userVerification"]) == ([], "required")
    clock.move(MINUTE)
    done = answer(visitor, device.answer(options), next="/health")
    assert (done.status_code, done["Location"]) == (303, "/health")
    assert is_in(visitor)
    (kept,) = store.factor_sets.find(user.id).passkeys
    assert (kept.sign_count, kept.last_used_at) == (1, clock.now)


def test_next_leads_nowhere_but_to_our_own_pages(store: Store, device: Authenticator) -> None:
    visitor = nobody(store)
    assert answer(visitor, device.answer(asked(visitor)), next="https://evil.example/")["Location"] == "/"


def test_passkey_that_does_not_count_is_good_again_and_again(store: Store, user: User) -> None:
    device = Authenticator(counts=False)
    add(Visitor(store, user), device)
    for _ in range(2):
        visitor = nobody(store)
        assert answer(visitor, device.answer(asked(visitor))).status_code == 303


def refused(store: Store, visitor: Visitor, said: str, words: str = UNKNOWN) -> None:
    done = answer(visitor, said)
    assert (done.status_code, words in text_of(done)) == (400, True)
    assert own_settings.SESSION_COOKIE not in visitor.client.cookies


def test_copy_whose_count_lags_is_refused(store: Store, device: Authenticator) -> None:
    visitor = nobody(store)
    device.count = 5
    assert answer(visitor, device.answer(asked(visitor))).status_code == 303
    device.count = 5
    copy = nobody(store)
    refused(store, copy, device.answer(asked(copy)))


def test_answer_is_good_once_even_with_its_cookie(store: Store, user: User) -> None:
    device = Authenticator(counts=False)
    add(Visitor(store, user), device)
    visitor, thief = nobody(store), nobody(store)
    said = device.answer(asked(visitor))
    thief.client.cookies[own_settings.CHALLENGE_COOKIE] = visitor.client.cookies[own_settings.CHALLENGE_COOKIE].value
    assert answer(visitor, said).status_code == 303
    refused(store, thief, said, "answered already")


def test_answer_in_another_browser_or_too_late_is_refused(
    store: Store, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = device.answer(asked(nobody(store)))
    other = nobody(store)
    refused(store, other, said, "took too long, or was begun in another browser")
    asked(other)
    refused(store, other, said)
    late = nobody(store)
    said = device.answer(asked(late))
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + LASTS_SECONDS + 1)
    refused(store, late, said, "took too long, or was begun in another browser")


@pytest.mark.parametrize(
    "wrong", ["origin", "host", "unverified", "key", "handle", "nobody", "no handle", "deep", "{}"]
)
def test_any_other_answer_is_refused_in_the_same_words(
    store: Store, user: User, device: Authenticator, wrong: str
) -> None:
    visitor = nobody(store)
    options, changes = asked(visitor), {}
    device.origin = "https://evil.example" if wrong == "origin" else device.origin
    device.host = "evil.example" if wrong == "host" else device.host
    device.flags = PRESENT if wrong == "unverified" else device.flags
    if wrong == "key":
        device.key = Authenticator().key
    if wrong in ("handle", "nobody", "no handle"):
        other = a_user(store, "other@example.com").id if wrong == "handle" else "f" * 32
        changes = {"userHandle": text(other.encode()) if wrong != "no handle" else ""}
    said = {"deep": "[" * 5000, "{}": "{}"}.get(wrong) or device.answer(options, **changes)
    refused(store, visitor, said)
    assert audited(store, "refused") == ["session.opened"]


def test_somebody_who_may_not_sign_in_does_not_by_a_passkey(store: Store, user: User, device: Authenticator) -> None:
    store.users.set_standing(store.users.find(user.id) or user, BY, is_admin=False, is_active=False)
    visitor = nobody(store)
    refused(store, visitor, device.answer(asked(visitor)))


def test_wrong_ones_are_held_up_by_place_and_right_ones_never(store: Store, device: Authenticator) -> None:
    visitor = nobody(store)
    for _ in range(PER_ADDRESS):
        assert answer(visitor, "{}").status_code == 400
    held = answer(visitor, "{}")
    assert (held.status_code, int(held["Retry-After"]) > 0) == (429, True)
    assert answer(visitor, device.answer(asked(visitor))).status_code == 303


def test_slower_of_two_uses_of_one_passkey_is_told(
    store: Store, user: User, device: Authenticator, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = nobody(store)
    said = device.answer(asked(visitor))
    note = store.factor_sets.note_use

    def somebody_else_first(before: FactorSet, after: FactorSet) -> None:
        note(before, replace(before, recovery=()))
        note(before, after)

    monkeypatch.setattr(store.factor_sets, "note_use", somebody_else_first)
    refused(store, visitor, said, "changed meanwhile")


# As a second factor


def test_passkey_is_the_second_step(store: Store, user: User, device: Authenticator) -> None:
    visitor = nobody(store)
    assert with_password(visitor, next="/health")["Location"] == SECOND
    assert "Use a passkey" in visitor.text(SECOND)
    options = asked(visitor, second="1")
    assert [each["id"] for each in options["allowCredentials"]] == [text(device.id)]
    done = answer(visitor, device.answer(options), second="1")
    assert (done.status_code, done["Location"]) == (303, "/health")
    assert is_in(visitor)


def test_passkey_of_somebody_else_is_not_the_second_step(store: Store, user: User, device: Authenticator) -> None:
    other, theirs = a_user(store, "other@example.com"), Authenticator()
    add(Visitor(store, other), theirs)
    visitor = nobody(store)
    with_password(visitor)
    options = asked(visitor, second="1")
    done = answer(visitor, theirs.answer(options), second="1")
    assert (done.status_code, UNKNOWN in text_of(done), "Second step" in text_of(done)) == (400, True, True)
    assert not is_in(visitor)


def test_second_step_needs_the_first(store: Store, device: Authenticator) -> None:
    visitor = nobody(store)
    assert visitor.post("/login/passkey/options", {"second": "1"}).status_code == 403
    done = answer(visitor, device.answer(asked(visitor)), second="1")
    assert done.status_code == 303, "a passkey that was asked for by itself is good by itself"


def test_recovery_code_takes_its_place_without_a_script(store: Store, user: User) -> None:
    _, codes = with_app(store, user)
    visitor = nobody(store)
    with_password(visitor)
    assert with_code(visitor, codes[0]).status_code == 303


# Removed


def test_passkey_is_removed_with_proof_and_opens_nothing_then(store: Store, user: User, device: Authenticator) -> None:
    own = Visitor(store, user)
    form = {"passkey": text(device.id)}
    assert own.post(f"{MAKE}/remove", form).status_code == 400
    assert own.post(f"{MAKE}/remove", {**form, "proof": PASSWORD}).status_code == 303
    assert own.post(f"{MAKE}/remove", {**form, "proof": PASSWORD}).status_code == 404
    visitor = nobody(store)
    refused(store, visitor, device.answer(asked(visitor)))
    assert with_password(nobody(store))["Location"] == "/"
    entry = next(entry for entry in store.audit.list_all(50).items if entry.action == "factor.removed")
    assert entry.target == "passkey Phone"
