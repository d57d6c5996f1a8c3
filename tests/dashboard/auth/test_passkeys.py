"""Passkeys: used by themselves and as a second factor, copied, replayed, removed."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.conf import settings as own_settings
from webauthn.helpers import bytes_to_base64url as text

from dashboard.auth.passkeys import LASTS_SECONDS
from dashboard.auth.throttle import PER_ADDRESS
from storage.model.accounts import User
from storage.model.document import replace
from storage.model.factors import FactorSet, Passkey
from storage.store import Store
from tests.dashboard.auth.authenticator import PRESENT, Authenticator
from tests.dashboard.auth.proving import HERE, SECOND, audited, let_in_by, with_app, with_code, with_password
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


def test_audit_log_says_that_a_passkey_let_in(store: Store, device: Authenticator) -> None:
    visitor = nobody(store)
    answer(visitor, device.answer(asked(visitor)))
    assert let_in_by(store) == ["passkey"]


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


def test_passkey_does_not_stand_in_for_an_identity_provider(store: Store) -> None:
    other, device = (
        a_user(store, "x@idp.example", password="", issuer="https://idp.example", subject="7"),
        Authenticator(),
    )
    device.user_handle = other.id.encode()
    passkey = Passkey(text(device.id), text(device.public_key), 0, "left behind", 1)
    store.factor_sets.put(other, FactorSet(other.id), FactorSet(other.id, passkeys=(passkey,)), BY, "factor.added")
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
