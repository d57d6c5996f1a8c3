"""Several people are invited at once, and one link is good for several teams."""

from __future__ import annotations

import re
from typing import Any

import pytest

from storage.model.accounts import Actor, Role
from storage.model.entities import Team
from storage.store import Store
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, a_member, a_team, a_user

LINK = re.compile(r"/join/([\w-]+)/([\w-]{40,})")


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def stranger(store: Store) -> Visitor:
    return Visitor(store, None)


@pytest.fixture
def other(store: Store) -> Team:
    return a_team(store, "Search", "search")


def invite(visitor: Visitor, team: Team, whom: str, **more: Any) -> Any:
    return visitor.post(f"/manage/teams/{team.id}/members", {"email": whom, "role": "member", **more})


def link_in(answer: Any) -> str:
    found = LINK.search(text_of(answer))
    assert found is not None
    return found[0]


def test_each_of_several_gets_a_link_of_their_own(visitor: Visitor, store: Store, team: Team) -> None:
    answer = invite(
        visitor, team, "cleo@example.com, Dora Field\nEli <eli@example.com>; fay@example.com gus@example.com"
    )
    whom = ["cleo@example.com", "Dora Field", "eli@example.com", "fay@example.com", "gus@example.com"]
    assert sorted(each.whom for each in store.members.list_invitations(team.id)) == sorted(whom)
    assert len(set(LINK.findall(text_of(answer)))) == 5
    assert all(name in text_of(answer) for name in whom)


def test_who_is_known_is_added_and_the_others_are_invited(visitor: Visitor, store: Store, team: Team) -> None:
    user, there = a_user(store, "here@example.com"), a_member(store, team, Role.VIEWER, "there@example.com")
    text = text_of(invite(visitor, team, "here@example.com\nthere@example.com\nnew@example.com"))
    found = store.users.find(user.id)
    assert found is not None
    assert found.granted_role(team.id) is Role.MEMBER
    assert [each.email for each in store.members.list_invitations(team.id)] == ["new@example.com"]
    assert f"{there.name}" in text
    assert "a member already" in text


@pytest.mark.parametrize(
    ("whom", "said"),
    [
        ("good@example.com, bad@", "bad@ is no e-mail address."),
        ("\n".join(f"p{number}@example.com" for number in range(21)), "At most 20 people at once."),
        ("x" * 81, "A name has at most 80 letters."),
    ],
)
def test_one_entry_that_is_wrong_invites_nobody(
    visitor: Visitor, store: Store, team: Team, whom: str, said: str
) -> None:
    answer = invite(visitor, team, whom)
    assert (answer.status_code, said in text_of(answer)) == (400, True)
    assert store.members.list_invitations(team.id) == []


def test_where_there_is_no_room_for_all_nobody_is_invited(
    visitor: Visitor, store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.auth.links.MOST_INVITATIONS", 2)
    assert invite(visitor, team, "a@example.com, b@example.com, c@example.com").status_code == 400
    assert store.members.list_invitations(team.id) == []
    assert invite(visitor, team, "a@example.com, b@example.com").status_code == 200


def test_one_link_lets_a_newcomer_into_several_teams(
    visitor: Visitor, stranger: Visitor, store: Store, team: Team, other: Team
) -> None:
    link = link_in(invite(visitor, team, "cleo@example.com", teams=[other.id]))
    assert "Join Search" not in text_of(stranger.get(link))
    assert f"{team.name}, {other.name}" in text_of(stranger.get(link))
    joined = stranger.post(link, {"name": "Cleo", "password": "a-long-enough-password"})
    assert (joined.status_code, joined["Location"]) == (303, "/")
    user_id = store.users.find_id("cleo@example.com")
    assert user_id is not None
    user = store.users.find(user_id)
    assert user is not None
    assert [user.granted_role(each.id) for each in (team, other)] == [Role.MEMBER, Role.MEMBER]
    for each in (team, other):
        assert user_id in [member.user_id for member in store.members.list_of_team(each.id)]
        assert store.members.list_invitations(each.id) == []
    assert stranger.get(link).status_code == 404


def test_somebody_signed_in_joins_several_teams_and_keeps_a_higher_role(
    visitor: Visitor, store: Store, team: Team, other: Team
) -> None:
    user = a_member(store, other, Role.MANAGER, "boss@example.com")
    link = link_in(invite(visitor, team, "", teams=[other.id]))
    assert Visitor(store, user).post(link).status_code == 303
    found = store.users.find(user.id)
    assert found is not None
    assert [found.granted_role(each.id) for each in (team, other)] == [Role.MEMBER, Role.MANAGER]


def test_link_to_several_teams_is_listed_and_revoked_at_each_of_them(
    visitor: Visitor, stranger: Visitor, store: Store, team: Team, other: Team
) -> None:
    link = link_in(invite(visitor, team, "cleo@example.com", teams=[other.id]))
    assert "cleo@example.com" in visitor.text(f"/manage/teams/{other.id}/members")
    (listed,) = store.members.list_invitations(other.id)
    visitor.post(f"/manage/teams/{other.id}/invitations/revoke", {"invitation": listed.key_hash})
    assert [store.members.list_invitations(each.id) for each in (team, other)] == [[], []]
    assert stranger.get(link).status_code == 404


def test_manager_can_invite_only_to_teams_they_manage(store: Store, team: Team, other: Team) -> None:
    manager = Visitor(store, a_member(store, team, Role.MANAGER))
    assert other.name not in manager.text(f"/manage/teams/{team.id}/members")
    assert 'name="teams"' not in manager.text(f"/manage/teams/{team.id}/members")
    invite(manager, team, "cleo@example.com", teams=[other.id])
    assert store.members.list_invitations(other.id) == []


def test_link_lets_into_no_team_that_its_maker_manages_no_more(
    stranger: Visitor, store: Store, team: Team, other: Team
) -> None:
    maker = a_member(store, team, Role.MANAGER)
    maker = store.members.set_role(maker, other, Role.MANAGER, BY)
    link = link_in(invite(Visitor(store, maker), team, "cleo@example.com", teams=[other.id]))
    store.members.set_role(maker, other, None, Actor(maker.id, maker.name))
    stranger.post(link, {"name": "Cleo", "password": "a-long-enough-password"})
    user_id = store.users.find_id("cleo@example.com")
    assert user_id is not None
    user = store.users.find(user_id)
    assert user is not None
    assert [user.granted_role(each.id) for each in (team, other)] == [Role.MEMBER, None]


def test_person_page_lists_teams_with_roles(visitor: Visitor, store: Store, team: Team, other: Team) -> None:
    user = a_member(store, team, Role.MANAGER, "boss@example.com")
    user = store.members.set_role(user, other, Role.VIEWER, BY)
    text = visitor.text(f"/manage/people/{user.id}")
    rows = re.findall(r'<th scope="row"><a href="/teams/([^"]+)">[^<]*</a></th>\s*<td[^>]*>(\w+)', text)
    assert rows == [(team.slug, "Manager"), (other.slug, "Viewer")]
    assert "No team" in visitor.text(f"/manage/people/{a_user(store, 'new@example.com').id}")
