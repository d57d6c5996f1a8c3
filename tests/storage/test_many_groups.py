"""A person whose groups give roles in more teams than one transaction holds."""

from __future__ import annotations

from storage.keys import new_id
from storage.model.accounts import Grant, Role
from storage.model.document import replace
from storage.store import Store
from tests.factories import BY, a_team, a_user

TEAMS = 130


def test_group_with_more_teams_than_a_transaction_is_a_sign_in_like_any_other(store: Store) -> None:
    teams = [a_team(store, f"Team {number}", f"team-{number}") for number in range(TEAMS)]
    grants = tuple(sorted(Grant(team.id, Role.MEMBER) for team in teams))
    user = a_user(store, "ada@example.com")
    store.members.set_groups(user, grants, BY, is_admin=False)
    found = store.users.find(user.id)
    assert found is not None
    assert found.team_ids == {team.id for team in teams}
    assert [member.name for member in store.members.list_of_team(teams[-1].id)] == [user.name]
    store.members.set_groups(found, grants[:2], BY, is_admin=False)
    listed = [team.id for team in teams if store.members.count_of_team(team.id)]
    assert sorted(listed) == sorted(grant.team_id for grant in grants[:2])


def test_new_person_of_such_a_group_is_on_every_list(store: Store) -> None:
    teams = [a_team(store, f"Team {number}", f"team-{number}") for number in range(TEAMS)]
    grants = tuple(sorted(Grant(team.id, Role.VIEWER) for team in teams))
    known = a_user(store, "ada@example.com")
    new = replace(known, id=new_id(), email="", issuer="https://id.example", subject="7", group_roles=grants)
    store.members.create_user(new, BY)
    assert all([member.user_id for member in store.members.list_of_team(team.id)] == [new.id] for team in teams)
