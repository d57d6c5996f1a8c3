"""What each role may do, as the one function that decides says it."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404

from dashboard.auth.policy import (
    Bearer,
    Permission,
    authorize,
    authorize_admin,
    may,
    scope_name,
    scope_of,
    scope_sees,
    scope_takes,
    sees,
)
from storage.model.accounts import Grant, Role, Scope, Token, User
from storage.model.document import replace
from storage.model.entities import Team

OPEN = Team("6f1d3c0a-8d1e-4f0e-9a51-0f4b6a0f9d11", "Payments", "payments", 0, 0)
CLOSED = Team("7a2e4d1b-9e2f-4a1f-8b62-1a5c7b1a0e22", "Ledger", "ledger", 0, 0, is_open=False)
EVERYWHERE = {Permission.VIEW}
MEMBERS = {Permission.VIEW, Permission.DELIVERIES, Permission.LOGS_OF_TEAM, Permission.TAKE, Permission.REPLAY}
MANAGERS = set(Permission) - {Permission.ADMINISTER}
MAY = {
    None: set(),
    Role.VIEWER: EVERYWHERE,
    Role.MEMBER: MEMBERS,
    Role.MANAGER: MANAGERS,
    "admin": set(Permission),
}


def person(role: Role | str | None, team: Team = CLOSED, **changes: object) -> User:
    roles = (Grant(team.id, role),) if isinstance(role, Role) else ()
    return User("u" * 32, "u@example.com", "U", "", is_admin=role == "admin", created_at=0, roles=roles)


def bearer(user: User, *scopes: Scope, team_id: str = "") -> Bearer:
    return Bearer(user, Token("t" * 64, user.id, "t", 0, scopes, team_id=team_id))


@pytest.mark.parametrize("role", list(MAY), ids=str)
@pytest.mark.parametrize("action", list(Permission))
def test_role_may_exactly_what_its_column_says(role: Role | str | None, action: Permission) -> None:
    user = person(role)
    assert may(user, action, CLOSED) is (action in MAY[role])
    if role is None:
        with pytest.raises(Http404):
            authorize(user, action, CLOSED)
    elif action in MAY[role]:
        assert authorize(user, action, CLOSED) is CLOSED
    else:
        with pytest.raises(PermissionDenied):
            authorize(user, action, CLOSED)


@pytest.mark.parametrize("action", list(Permission))
def test_anybody_is_a_viewer_of_an_open_team_and_no_more(action: Permission) -> None:
    assert may(person(None), action, OPEN) is (action is Permission.VIEW)
    if action is not Permission.VIEW:
        with pytest.raises(PermissionDenied):
            authorize(person(None), action, OPEN)


def test_higher_of_two_roles_counts() -> None:
    user = User(
        "u" * 32, "", "U", "", is_admin=False, created_at=0,
        roles=(Grant(CLOSED.id, Role.VIEWER),), group_roles=(Grant(CLOSED.id, Role.MANAGER),),
    )  # fmt: skip
    assert may(user, Permission.MANAGE, CLOSED)


def test_team_that_is_not_there_is_not_found_even_for_administrators() -> None:
    with pytest.raises(Http404):
        authorize(person("admin"), Permission.VIEW, None)


def test_only_administrators_do_what_belongs_to_no_team() -> None:
    authorize_admin(person("admin"))
    with pytest.raises(PermissionDenied):
        authorize_admin(person(Role.MANAGER))


@pytest.mark.parametrize(("scope", "able"), [(Scope.READ, {"view", "deliveries"}), (Scope.INGEST, {"ingest"})])
def test_token_does_no_more_than_its_scopes(scope: Scope, able: set[str]) -> None:
    reader = bearer(person("admin"), scope)
    assert {str(action) for action in Permission if may(reader, action, CLOSED)} == able


def test_token_is_never_worth_more_than_its_owner() -> None:
    reader = bearer(person(Role.MEMBER), *Scope)
    assert may(reader, Permission.TAKE, CLOSED)
    assert not may(reader, Permission.MANAGE, CLOSED)
    with pytest.raises(Http404):
        authorize(bearer(person(None), *Scope), Permission.VIEW, CLOSED)


def test_token_for_one_team_knows_no_other_and_administers_nothing() -> None:
    reader = bearer(person("admin"), *Scope, team_id=CLOSED.id)
    assert may(reader, Permission.MANAGE, CLOSED)
    assert not sees(reader, OPEN)
    with pytest.raises(Http404):
        authorize(reader, Permission.VIEW, OPEN)
    with pytest.raises(PermissionDenied):
        authorize_admin(reader)
    with pytest.raises(PermissionDenied):
        authorize(reader, Permission.ADMINISTER, CLOSED)


def test_name_of_a_scope_is_short_and_its_own_however_many_roles_somebody_has() -> None:
    grants = [Grant(f"{number:08x}-8d1e-4f0e-9a51-0f4b6a0f9d11", Role.MEMBER) for number in range(220)]
    people = [replace(person(None), roles=tuple(grants[:count])) for count in (1, 219, 220)]
    names = [scope_name(scope_of(user)) for user in people]
    assert names[0] == scope_of(people[0])
    assert max(map(len, names)) <= 300
    assert len(set(names)) == 3
    assert scope_name(scope_of(replace(people[2], roles=tuple(reversed(grants))))) == names[2]


def test_people_of_one_scope_see_the_same_teams() -> None:
    for user in (person(None), person(Role.VIEWER), person("admin"), person(Role.MEMBER, OPEN)):
        for team in (OPEN, CLOSED):
            assert scope_sees(scope_of(user), team) is sees(user, team)
            assert scope_takes(scope_of(user), team) is may(user, Permission.TAKE, team)
    assert scope_of(person(None)) != scope_of(person(Role.VIEWER)) != scope_of(person("admin"))
    assert scope_of(person(Role.MEMBER)) == scope_of(person(Role.MANAGER)) != scope_of(person(Role.VIEWER))
