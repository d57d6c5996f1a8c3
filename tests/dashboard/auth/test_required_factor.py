"""A second factor that everybody with a password needs."""

from __future__ import annotations

import re

import pytest

from dashboard.auth.links import invite
from dashboard.auth.tokens import create_token
from storage.errors import Conflict
from storage.model.accounts import Role, User
from storage.model.factors import SignInPolicy
from storage.store import Store
from storage.table import metered
from tests.dashboard.auth.proving import (
    HERE,
    SECOND,
    audited,
    code_of,
    require,
    with_app,
    with_code,
    with_password,
)
from tests.dashboard.auth.test_second_factor import KEY
from tests.dashboard.visiting import HX, Visitor, text_of
from tests.factories import BY, NOW, PASSWORD, a_team, a_user

PATHS = ("/", "/teams/payments", "/health", "/search?q=x", "/account", "/manage", "/manage/people", "/commits/7c3e1fa")


@pytest.fixture
def user(store: Store) -> User:
    return a_user(store, "mara@example.com")


def test_who_has_none_is_led_to_set_one_up_before_anything_opens(store: Store, user: User) -> None:
    require(store)
    own = Visitor(store, None)
    assert with_password(own)["Location"] == "/"
    for path in PATHS:
        answer = own.get(path)
        assert (answer.status_code, answer["Location"]) == (302, HERE), path
    assert own.post("/account/tokens", {"token-name": "x"})["Location"] == HERE
    assert own.post("/account/password", {"present": PASSWORD, "password": "quite-new-4711"})["Location"] == HERE
    assert store.tokens.list_of_user(user.id) == []
    text = own.text(HERE)
    assert "Everybody with a password needs a second factor here" in text
    assert '<nav class="nav"' not in text
    secret = KEY.findall(own.text(f"{HERE}/app"))[0].replace(" ", "")
    assert own.get(f"{HERE}/app.svg").status_code == 200
    answer = own.post(f"{HERE}/app", {"code": code_of(secret, NOW)})
    assert answer.status_code == 200
    assert own.get("/").status_code == 200


def test_fragments_and_streams_are_closed_too(store: Store, user: User) -> None:
    team = a_team(store)
    own = Visitor(store, user)
    require(store)
    answers = [own.get(f"/live/team:{team.id}"), own.get("/teams/payments", **HX)]
    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(401, "second_factor")] * 2
    boosted = own.get("/account", **HX, **{"HX-Boosted": "true"})
    assert boosted["HX-Redirect"] == HERE


def test_session_of_before_is_held_up_too(store: Store, user: User) -> None:
    own = Visitor(store, user)
    assert own.get("/").status_code == 200
    require(store)
    assert own.get("/")["Location"] == HERE
    require(store, False)
    assert own.get("/").status_code == 200


def test_who_is_held_up_joins_no_team_but_may_sign_out(store: Store, user: User) -> None:
    team = a_team(store, is_open=False)
    path = "/join/" + invite(team, Role.MEMBER, "", BY).partition("/join/")[2]
    own = Visitor(store, user)
    require(store)
    for answer in (own.get(path), own.post(path)):
        assert answer["Location"] == HERE
    assert store.members.list_of_team(team.id) == []
    assert own.post("/logout").status_code == 302


def test_who_has_one_goes_on(store: Store, user: User) -> None:
    secret, _ = with_app(store, user)
    require(store)
    visitor = Visitor(store, None)
    assert with_password(visitor)["Location"] == SECOND
    assert with_code(visitor, code_of(secret, NOW)).status_code == 303
    assert visitor.get("/").status_code == 200


def test_who_removes_theirs_is_held_up_again(store: Store, user: User) -> None:
    with_app(store, user)
    require(store)
    own = Visitor(store, user)
    assert own.post(f"{HERE}/app/remove", {"proof": PASSWORD}).status_code == 303
    assert own.get("/")["Location"] == HERE


def test_single_sign_on_is_not_affected(store: Store) -> None:
    own = Visitor(store, a_user(store, password="", issuer="https://idp.example", subject="7"))
    require(store)
    assert own.get("/").status_code == 200
    assert own.get(HERE).status_code == 404


def test_api_tokens_go_on(store: Store, visitor: Visitor) -> None:
    """They are no sessions: who is held up can make none, and those of before can be revoked."""
    assert visitor.user is not None
    token = create_token(visitor.user, "a script", BY)
    require(store)
    assert visitor.client.get("/api/v1/teams", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_administrator_sets_it_and_is_asked_too(store: Store, visitor: Visitor) -> None:
    other = a_user(store, "other@example.com")
    assert re.search(r'name="second_factor_required"[^>]*(?<!checked)>', visitor.text("/manage/people"))
    assert visitor.post("/manage/sign-in", {"second_factor_required": "on"}).status_code == 303
    assert store.sign_in_policies.find().second_factor_required
    entry = next(entry for entry in store.audit.list_all().items if entry.action == "sign_in.changed")
    assert entry.before == (("second_factor_required", "no"),)
    assert entry.after == (("second_factor_required", "yes"),)
    topics = {topic for change in store.changes.list_since(NOW - 1000, NOW) for topic in change.topics}
    assert f"reader:{other.id}" in topics
    assert visitor.get("/manage/people")["Location"] == HERE
    assert visitor.user is not None
    with_app(store, store.users.find(visitor.user.id) or visitor.user)
    assert "checked" in visitor.text("/manage/people")
    assert visitor.post("/manage/sign-in").status_code == 303
    assert not store.sign_in_policies.find().second_factor_required


def test_somebody_else_does_not(store: Store, user: User) -> None:
    assert Visitor(store, user).post("/manage/sign-in", {"second_factor_required": "on"}).status_code == 403
    assert audited(store, "refused") == ["request.post"]


def test_slower_of_two_who_change_it_is_told(store: Store, visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def late(*_: object) -> None:
        raise Conflict("written meanwhile")

    monkeypatch.setattr(store.sign_in_policies, "put", late)
    answer = visitor.post("/manage/sign-in", {"second_factor_required": "on"})
    assert (answer.status_code, "Somebody changed this meanwhile" in text_of(answer)) == (409, True)


def test_slower_of_two_writes_of_it_is_refused(store: Store) -> None:
    require(store)
    with pytest.raises(Conflict):
        store.sign_in_policies.put(SignInPolicy(), SignInPolicy(), BY)


def test_it_costs_no_page_a_call(store: Store, visitor: Visitor) -> None:
    assert visitor.user is not None
    with_app(store, visitor.user)
    require(store)
    with metered() as meter:
        assert visitor.get("/").status_code == 200
    assert meter.operations == ["batch_get", "query"]
