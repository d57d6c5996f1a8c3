"""People as lists show them."""

from __future__ import annotations

from dashboard.readmodels.people import belongings, build
from storage.model.accounts import Grant, Role, User
from storage.model.document import replace
from storage.model.entities import Team

PAYMENTS, SEARCH = (Team(name.lower() * 6, name, name.lower(), 0, 0) for name in ("Payments", "Search"))
ADA = User("a" * 32, "ada@example.com", "ada", "", is_admin=False, created_at=0)


def test_team_stands_once_with_the_higher_of_two_roles() -> None:
    by_both = replace(ADA, roles=(Grant(SEARCH.id, Role.VIEWER),), group_roles=(Grant(SEARCH.id, Role.MANAGER),))
    assert [(each.team, each.role) for each in belongings(by_both, (PAYMENTS, SEARCH))] == [(SEARCH, Role.MANAGER)]


def test_role_in_a_team_that_is_gone_is_not_shown() -> None:
    left = replace(ADA, roles=(Grant("gone", Role.MEMBER), Grant(PAYMENTS.id, Role.MEMBER)))
    assert [each.team for each in belongings(left, [PAYMENTS])] == [PAYMENTS]


def test_people_stand_by_name_in_any_case() -> None:
    bob = replace(ADA, id="b" * 32, name="Bob")
    assert [person.user.name for person in build([bob, ADA], ())] == ["ada", "Bob"]
