"""People as lists show them: who they are, and what in which team."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from storage.model.accounts import Role, User
from storage.model.entities import Team


@dataclass(frozen=True, slots=True)
class Belonging:
    """A team somebody was given a role in, and the highest of those they were given."""

    team: Team
    role: Role


@dataclass(frozen=True, slots=True)
class Person:
    user: User
    belongings: tuple[Belonging, ...]


def belongings(user: User, teams: Iterable[Team]) -> tuple[Belonging, ...]:
    """In the order of `teams`."""
    ids = user.team_ids
    found = ((team, user.granted_role(team.id)) for team in teams if team.id in ids)
    return tuple(Belonging(team, role) for team, role in found if role is not None)


def build(users: Iterable[User], teams: Iterable[Team]) -> tuple[Person, ...]:
    """By name."""
    known = tuple(teams)
    by_name = sorted(users, key=lambda user: (user.name.casefold(), user.id))
    return tuple(Person(user, belongings(user, known)) for user in by_name)
