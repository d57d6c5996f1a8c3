"""Second factors that are lost, removed, reset, or moved to another key."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from dashboard.auth.links import reset_url
from dashboard.auth.second_factor import spend_code
from dashboard.auth.throttle import PER_EMAIL
from storage.model.accounts import User
from storage.store import Store
from tests.dashboard.auth.proving import HERE, SECOND, audited, code_of, with_app, with_code, with_password
from tests.dashboard.auth.test_second_factor import CODES, found, nobody
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, MINUTE, NOW, PASSWORD, Clock, a_user


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


def test_recovery_code_lets_in_once_however_it_is_typed(store: Store, user: User) -> None:
    _, codes = with_app(store, user)
    for word, status in ((codes[0], 303), (codes[0], 400), (codes[1].upper().replace("-", " "), 303)):
        visitor = nobody(store)
        with_password(visitor)
        assert with_code(visitor, word).status_code == status
    assert len(store.factor_sets.find(user.id).recovery) == 8
    assert audited(store).count("recovery_code.used") == 2


def test_new_recovery_codes_end_those_of_before(store: Store, user: User, clock: Clock) -> None:
    secret, codes = with_app(store, user)
    own = Visitor(store, found(store, user))
    clock.move(11 * MINUTE)
    assert own.post(f"{HERE}/recovery-codes").status_code == 400
    answer = own.post(f"{HERE}/recovery-codes", {"proof": code_of(secret, clock.now)})
    fresh = CODES.findall(text_of(answer))
    assert (len(fresh), set(fresh) & set(codes)) == (10, set())
    assert spend_code(user, codes[0], BY) is None
    assert spend_code(user, fresh[0], BY) is not None
    assert "recovery_codes.made" in audited(store)


def test_there_are_no_recovery_codes_without_a_factor(store: Store, user: User) -> None:
    assert Visitor(store, user).post(f"{HERE}/recovery-codes").status_code == 404


@pytest.mark.parametrize("proof", ["", "wrong", "000000"])
def test_app_is_not_removed_without_proof_however_short_ago_they_signed_in(
    store: Store, user: User, proof: str
) -> None:
    with_app(store, user)
    answer = Visitor(store, user).post(f"{HERE}/app/remove", {"proof": proof})
    assert (answer.status_code, "neither your password" in text_of(answer)) == (400, True)
    assert store.factor_sets.find(user.id).totp is not None
    assert audited(store, "refused") == ["person.proven"]


@pytest.mark.parametrize("how", ["password", "code", "recovery code"])
def test_app_is_removed_with_the_password_or_a_factor(store: Store, user: User, how: str) -> None:
    secret, codes = with_app(store, user)
    own = Visitor(store, user)
    proof = {"password": PASSWORD, "code": code_of(secret, NOW), "recovery code": codes[0]}[how]
    assert own.post(f"{HERE}/app/remove", {"proof": proof}).status_code == 303
    after = store.factor_sets.find(user.id)
    assert (after.totp, after.recovery, found(store, user).has_second_factor) == (None, (), False)
    assert with_password(nobody(store))["Location"] == "/"
    assert "factor.removed" in audited(store)
    assert own.post(f"{HERE}/app/remove", {"proof": PASSWORD}).status_code == 404


def test_tries_to_prove_oneself_are_counted(store: Store, user: User) -> None:
    with_app(store, user)
    own = Visitor(store, user)
    for _ in range(PER_EMAIL):
        assert own.post(f"{HERE}/app/remove", {"proof": "wrong"}).status_code == 400
    answer = own.post(f"{HERE}/app/remove", {"proof": PASSWORD})
    assert (answer.status_code, int(answer["Retry-After"]) > 0) == (429, True)


def test_administrator_resets_what_somebody_has_lost(store: Store, visitor: Visitor) -> None:
    user = a_user(store, "mara@example.com")
    with_app(store, user)
    path = f"/manage/people/{user.id}"
    assert "Reset the second factor" in visitor.text(path)
    assert "password and second factor" in visitor.text("/manage/people")
    assert visitor.post(f"{path}/second-factor/reset").status_code == 303
    assert with_password(nobody(store))["Location"] == "/"
    assert not store.factor_sets.find(user.id).is_any
    entry = next(entry for entry in store.audit.list_all().items if entry.action == "factors.reset")
    assert (entry.target, entry.user_id) == (user.email, visitor.user.id)  # type: ignore[union-attr]
    assert "Reset the second factor" not in visitor.text(path)
    assert visitor.post(f"{path}/second-factor/reset").status_code == 404


def test_administrator_removes_their_own_with_proof_only(store: Store, visitor: Visitor) -> None:
    assert visitor.user is not None
    with_app(store, visitor.user)
    assert visitor.post(f"/manage/people/{visitor.user.id}/second-factor/reset").status_code == 409
    assert store.factor_sets.find(visitor.user.id).is_any


def test_link_for_a_new_password_does_not_pass_the_second_step_by(store: Store, user: User) -> None:
    with_app(store, user)
    path = reset_url(found(store, user)).removeprefix(settings.BASE_URL)
    assert nobody(store).post(path, {"password": "quite-new-4711"}).status_code == 303
    visitor = nobody(store)
    assert visitor.post("/login", {"email": user.email, "password": "quite-new-4711"})["Location"] == SECOND


def test_secrets_of_apps_are_sealed_anew_with_a_new_key(store: Store, user: User, settings) -> None:
    secret, _ = with_app(store, user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "quite-another-signing-key-than-before"
    call_command("rotate_keys")
    settings.SECRET_KEY_FALLBACKS = []
    assert spend_code(user, code_of(secret, NOW), BY) is not None
    settings.SECRET_KEY = "a-third-signing-key-that-nothing-opens"
    with pytest.raises(CommandError, match="1 authenticator apps cannot be opened"):
        call_command("rotate_keys")
