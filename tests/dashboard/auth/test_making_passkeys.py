"""Making passkeys, on the page of one's second factors."""

from __future__ import annotations

import pytest
from django.conf import settings as own_settings
from webauthn.helpers import bytes_to_base64url as text

from dashboard.auth.passkeys import MOST_PASSKEYS, are_offered
from storage.model.accounts import User
from storage.model.factors import FactorSet, Passkey
from storage.store import Store
from tests.dashboard.auth.authenticator import BACKED_UP, PRESENT, VERIFIED, Authenticator
from tests.dashboard.auth.proving import HERE, audited, require
from tests.dashboard.auth.test_passkeys import MAKE, add, asked, asked_to_make, nobody
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, MINUTE, PASSWORD, Clock, a_user


@pytest.fixture(autouse=True)
def _address(settings) -> None:
    settings.BASE_URL = "https://transit.example"


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


@pytest.fixture
def device(store: Store, user: User) -> Authenticator:
    """One of hers."""
    made = Authenticator()
    assert add(Visitor(store, user), made).status_code == 200
    return made


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
