"""Whose e-mail somebody has who was invited."""

from __future__ import annotations

import pytest

from dashboard.auth.links import invite
from storage.entities import Team
from storage.people import Role
from storage.store import Store
from tests.dashboard.auth.test_links import NEWCOMER, nobody
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, a_team, a_user


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


def test_log_of_the_team_tells_who_came(store: Store, team: Team) -> None:
    join(store, team, "", "cleo@example.com")
    log = {(entry.action, entry.target) for entry in store.audit.list_of_team(team.id).items}
    assert ("person.created", "cleo@example.com") in log
