"""Numbers 73 to 77: cookies, passwords, addresses, links and tokens that are not what they were."""

from __future__ import annotations

import hashlib
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from dashboard.auth.links import reset_url
from dashboard.auth.sessions import hash_secret
from dashboard.auth.tokens import create_token
from storage.engines.sqlite import SqliteEngine
from storage.model.accounts import Role, Session, User
from storage.store import Store
from storage.table import Table
from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, DAY, NOW, PASSWORD, Clock, a_member, a_user, administrator

NEW = "quite-new-4711"


def found(store: Store, user: User) -> User:
    kept = store.users.find(user.id)
    assert kept is not None
    return kept


def with_cookie(store: Store, value: str) -> Visitor:
    visitor = Visitor(store, None)
    visitor.client.cookies[settings.SESSION_COOKIE] = value
    return visitor


# 73: cookies


def test_73_session_of_another_store_opens_nothing_here(store: Store, tmp_path: Path) -> None:
    user = administrator(store)
    engine = SqliteEngine(tmp_path / "elsewhere.db")
    engine.prepare()
    elsewhere = Store(Table(engine, store.now))
    elsewhere.users.create(user, BY)
    secret = "s" * 43
    elsewhere.sessions.put(Session(user.id, hash_secret(secret), 0, NOW, NOW + DAY), BY)
    assert with_cookie(store, f"{user.id}.{secret}").get("/").status_code == 302
    engine.close()


@pytest.mark.parametrize("epoch", [-1, 1, 7])
def test_73_session_of_another_epoch_is_a_strangers(store: Store, epoch: int) -> None:
    user, secret = administrator(store), "s" * 43
    store.sessions.put(Session(user.id, hash_secret(secret), epoch, NOW, NOW + DAY), BY)
    assert with_cookie(store, f"{user.id}.{secret}").get("/").status_code == 302


@pytest.mark.parametrize("change", ["hash", "case", "space", "quoted", "twice", "long"])
def test_73_cookie_that_is_almost_right_is_a_strangers(store: Store, change: str) -> None:
    user, secret = administrator(store), "aB" * 21 + "c"
    store.sessions.put(Session(user.id, hash_secret(secret), 0, NOW, NOW + DAY), BY)
    odd = {
        "hash": f"{user.id}.{hash_secret(secret)}",
        "case": f"{user.id}.{secret.swapcase()}",
        "space": f"{user.id}. {secret}",
        "quoted": f"{user.id}%2E{secret}",
        "twice": f"{user.id}.{user.id}.{secret}",
        "long": f"{user.id}.{secret}" + "x" * 10_000,
    }[change]
    assert with_cookie(store, odd).get("/").status_code == 302
    assert with_cookie(store, f"{user.id}.{secret}").get("/").status_code == 200


# 74: passwords

ODD_PASSWORDS = {
    "74-empty": "",
    "74-too-long": "xY9-" * 1024 + "x",
    "74-nul": "correct-horse\x00-9",
    "74-short": "aB3-xyz",
    "74-known": "password123",
    "74-digits": "83729174628193",
    "74-like-the-address": "mara@example.com",
}


def change_password(visitor: Visitor, password: str, present: str = PASSWORD) -> Any:
    return visitor.post("/account/password", {"present": present, "password": password})


@pytest.mark.parametrize("password", ODD_PASSWORDS.values(), ids=ODD_PASSWORDS)
def test_password_that_cannot_be_one_is_refused_wherever_one_is_chosen(store: Store, password: str) -> None:
    user = a_user(store)
    answers = [change_password(Visitor(store, user), password)]
    answers.append(Visitor(store, None).post(reset_path(user), {"password": password}))
    assert [answer.status_code for answer in answers] == [400, 400]
    assert all(password not in text_of(answer) for answer in answers if len(password) > 12 and "@" not in password)
    assert found(store, user).password == user.password


@pytest.mark.parametrize(
    "password",
    [
        pytest.param("caf\u00e9-crème-9", id="74-composed"),
        pytest.param(unicodedata.normalize("NFD", "café-crème-9"), id="74-decomposed"),
        pytest.param("ends with a space ", id="74-space-after"),
        pytest.param(" \tstarts with one", id="74-space-before"),
        pytest.param("🚇" * 12, id="74-emoji"),
        pytest.param("aB3-" * 1024, id="74-longest"),
    ],
)
def test_password_is_taken_letter_by_letter(store: Store, password: str) -> None:
    user = a_user(store)
    assert change_password(Visitor(store, user), password).status_code == 303
    others = {password.strip(), password + " ", password[:-1], password.upper()}
    others |= {unicodedata.normalize(form, password) for form in ("NFC", "NFD")}
    for other in sorted(others - {password}):
        assert Visitor(store, None).post("/login", {"email": user.email, "password": other}).status_code == 400
    right = {"email": user.email, "password": password}
    assert Visitor(store, None).post("/login", right).status_code == 302


# 75: addresses

SAME = ["mara@example.com", "MARA@Example.COM", " mara@example.com ", "Mara@EXAMPLE.com"]


@pytest.mark.parametrize("email", SAME)
def test_75_one_address_is_one_person_however_it_is_written(visitor: Visitor, store: Store, email: str) -> None:
    user = a_user(store)
    assert visitor.post("/manage/people", {"email": email, "name": "Another"}).status_code == 400
    assert Visitor(store, None).post("/login", {"email": email, "password": PASSWORD}).status_code == 302
    assert len(store.users.list_all()) == 2
    assert found(store, user) == user


LOOK_ALIKES = ["mıke@example.org", "mi\u212ae@example.org", "mike@example.oſg", "ｍike@example.org", "mike@exаmple.org"]


@pytest.mark.parametrize("email", LOOK_ALIKES)
def test_75_mail_goes_to_the_address_that_is_kept_never_to_one_that_looks_like_it(
    store: Store, mailoutbox: list[Any], settings: Any, email: str
) -> None:
    settings.EMAIL_CONFIGURED = True
    a_user(store, "mike@example.org")
    assert Visitor(store, None).post("/reset", {"email": email}).status_code in (200, 400)
    assert all(mail.to == ["mike@example.org"] for mail in mailoutbox)
    assert Visitor(store, None).post("/login", {"email": email, "password": "wrong-horse-9"}).status_code == 400


@pytest.mark.parametrize(
    "email", ["x" * 320 + "@example.com", "a@" + "x" * 320 + ".io", "a", "a@", "@b.io", "a\x00@b.io"]
)
def test_75_address_that_is_none_is_refused(visitor: Visitor, scene: Scene, email: str) -> None:
    members = f"/manage/teams/{scene.team.id}/members"
    assert visitor.post("/manage/people", {"email": email}).status_code == 400
    # An invitation may be for a name.
    assert visitor.post(members, {"email": email, "role": "viewer"}).status_code == (400 if "@" in email else 200)
    assert Visitor(scene.store, None).post("/login", {"email": email, "password": PASSWORD}).status_code == 400
    assert Visitor(scene.store, None).post("/reset", {"email": email}).status_code == 400
    assert len(scene.store.users.list_all()) == 1


@pytest.mark.parametrize(
    "email", ["mara@exämple.com", "mara@xn--exmple-cua.com", "a#b%23@example.com", "'or'1'='1@x.io"]
)
def test_75_odd_address_is_one_like_any_other(visitor: Visitor, store: Store, email: str) -> None:
    assert visitor.post("/manage/people", {"email": email, "name": "Mara"}).status_code == 200
    user_id = store.users.find_id(email)
    assert user_id
    assert visitor.get(f"/manage/people/{user_id}").status_code == 200
    assert visitor.post("/manage/people", {"email": email.upper()}).status_code == 400


# 76: links to a new password


def reset_path(user: User) -> str:
    return reset_url(user).removeprefix(settings.BASE_URL)


def test_76_link_is_for_its_own_person_and_dies_with_a_change(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    user, other = a_user(store), a_user(store, "other@example.com")
    path = reset_path(user)
    token = path.removeprefix("/reset/")
    cut = [
        token[:-1],
        token[1:],
        token.split(":")[0],
        token[: len(token) // 2],
        f"{token}x",
        token * 20,
        "x",
        ":",
        "::",
    ]
    swapped = ":".join([reset_path(other).removeprefix("/reset/").split(":")[0], *token.split(":")[1:]])
    for odd in (*cut, swapped, "%00", "é", "x" * 9000):
        assert Visitor(store, None).post(f"/reset/{odd}", {"password": NEW}).status_code in (404, 429), odd
    monkeypatch.setattr("dashboard.views.links.try_link", lambda address: 0)
    store.users.set_password(user, "another hash", BY)
    assert Visitor(store, None).post(path, {"password": NEW}).status_code == 404
    assert found(store, other).password == other.password


# 77: API tokens


def api(store: Store, token: str, path: str = "/api/v1/teams", scheme: str = "Bearer") -> int:
    headers = {"Authorization": f"{scheme} {token}".strip()} if token else {}
    return int(Visitor(store, None).get(path, **headers).status_code)


def test_77_token_that_is_over_opens_nothing(store: Store, clock: Clock) -> None:
    user = administrator(store)
    token, short = create_token(user, "a", BY), create_token(user, "b", BY, days=1)
    assert (api(store, token), api(store, short)) == (200, 200)
    clock.move(DAY)
    assert (api(store, token), api(store, short)) == (200, 401)
    Visitor(store, user).post("/account/tokens/revoke", {"token": hash_secret(token), "confirm": "a"})
    assert api(store, token) == 401


def test_77_token_is_worth_nothing_in_any_other_form_or_place(store: Store) -> None:
    token = create_token(administrator(store), "a", BY)
    name, _, secret = token.rpartition("_")
    other = hashlib.sha256(b"x").hexdigest()[: len(secret)]
    odd = [f"{name}_{other}", secret, token[:-1], f"{token}x", token.upper(), hash_secret(token), f" {token[3:]}"]
    for wrong in (*odd, "é" * 40, "x" * 10_000, "\x00" * 40):
        assert api(store, wrong) in (401, 429), wrong
    for scheme in ("Basic", "Token", "", "BearerX"):
        assert api(store, token, scheme=scheme) in (401, 429)
    for query in ("token", "access_token", "authorization", "bearer"):
        assert api(store, "", f"/api/v1/teams?{query}={token}") in (401, 429)
    visitor = with_cookie(store, token)
    assert visitor.get("/api/v1/teams").status_code in (401, 429)
    assert api(store, token) == 200


def test_77_token_follows_what_its_owner_may(scene: Scene) -> None:
    store = scene.store
    manager = a_member(store, scene.team, Role.MANAGER)
    token = create_token(manager, "a", BY)
    headers = {"Authorization": f"Bearer {token}"}
    path, body = f"/api/v1/teams/{scene.team.id}/connections", {"source": "github"}
    client = Visitor(store, None).client
    assert client.post(path, body, "application/json", headers=headers).status_code == 201
    demoted = store.members.set_role(manager, scene.team, Role.VIEWER, BY)
    assert client.post(path, body, "application/json", headers=headers).status_code == 403
    store.users.set_standing(demoted, BY, is_admin=False, is_active=False)
    assert client.get("/api/v1/teams", headers=headers).status_code == 401
    assert client.get("/api/v1/teams", headers={"Authorization": f"bearer {token}"}).status_code == 401
