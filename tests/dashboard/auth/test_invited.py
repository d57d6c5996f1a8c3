"""Whose e-mail somebody has who was invited."""

from __future__ import annotations

import pytest

from dashboard.auth.links import invite
from dashboard.auth.tokens import bearer_of, create_token
from storage.model.accounts import Role
from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.auth.test_links import NEW, NEWCOMER, found, nobody, reset_path
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, PASSWORD, a_team, a_user


@pytest.fixture
def team(visitor: Visitor) -> Team:
    return a_team(visitor.store, is_open=False)


def join(store: Store, team: Team, invited: str, email: str) -> None:
    path = invite(team, Role.MEMBER, invited, BY).partition("//")[2].partition("/")[2]
    assert nobody(store).post(f"/{path}", {**NEWCOMER, "email": email}).status_code == 303


def test_who_was_invited_by_an_address_joins_with_that_one(store: Store, team: Team) -> None:
    join(store, team, "cleo@example.com", "boss@example.com")
    (member,) = store.members.list_of_team(team.id)
    assert member.email == "cleo@example.com"
    assert store.users.find_id("boss@example.com") is None


def test_address_that_nobody_vouches_for_gives_no_role(visitor: Visitor, store: Store, team: Team) -> None:
    join(store, team, "", "boss@example.com")
    other = a_team(store, "Identity", "identity", is_open=False)
    answer = visitor.post(f"/manage/teams/{other.id}/members", {"email": "boss@example.com", "role": "manager"})
    assert "Link for boss@example.com" in text_of(answer)
    assert store.members.list_of_team(other.id) == []


def test_address_somebody_else_gave_does(visitor: Visitor, store: Store, team: Team) -> None:
    join(store, team, "cleo@example.com", "cleo@example.com")
    a_user(store, email="ben@example.com")
    other = a_team(store, "Identity", "identity", is_open=False)
    for email in ("cleo@example.com", "ben@example.com"):
        form = {"email": email, "role": "viewer"}
        assert visitor.post(f"/manage/teams/{other.id}/members", form).status_code == 303
    assert {member.email for member in store.members.list_of_team(other.id)} == {"cleo@example.com", "ben@example.com"}


def test_link_for_a_new_password_settles_whose_address_it_is(visitor: Visitor, store: Store, team: Team) -> None:
    join(store, team, "", "boss@example.com")
    (member,) = store.members.list_of_team(team.id)
    squatter = store.users.find(member.user_id)
    assert squatter is not None
    token = create_token(squatter, "left behind", BY)
    weak = nobody(store).post(reset_path(squatter), {"password": "short"})
    assert (weak.status_code, bearer_of(token) is None) == (400, False)
    assert nobody(store).post(reset_path(squatter), {"password": PASSWORD}).status_code == 303
    assert bearer_of(token) is None
    other = a_team(store, "Identity", "identity", is_open=False)
    form = {"email": "boss@example.com", "role": "viewer"}
    assert visitor.post(f"/manage/teams/{other.id}/members", form).status_code == 303
    assert len(store.members.list_of_team(other.id)) == 1


def test_password_of_ones_own_choice_settles_nothing_and_keeps_tokens(store: Store, team: Team) -> None:
    user = a_user(store, email="boss@example.com", email_claimed=True)
    token, own = create_token(user, "a script", BY), Visitor(store, user)
    assert own.post("/account/password", {"present": PASSWORD, "password": NEW}).status_code == 303
    assert bearer_of(token) is not None
    assert found(store, user).email_claimed


def test_log_of_the_team_tells_who_came(store: Store, team: Team) -> None:
    join(store, team, "", "cleo@example.com")
    log = {(entry.action, entry.target) for entry in store.audit.list_of_team(team.id).items}
    assert ("person.created", "cleo@example.com") in log
