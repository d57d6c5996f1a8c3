"""People as lists show them: who they are, and what in which team."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.model.accounts import Role, Session, User
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


SESSIONS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class SessionsPage:
    """Some of the sessions of a person: page `number` of `pages`, from 1. `total`: of all of them."""

    items: tuple[Session, ...]
    number: int
    pages: int
    total: int


def sessions_page(sessions: Sequence[Session], wanted: str) -> SessionsPage:
    """The page of this number, as an address has it; of another the first or the last."""
    pages = max(1, -(-len(sessions) // SESSIONS_A_PAGE))
    number = min(max(1, int(wanted)), pages) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    start = (number - 1) * SESSIONS_A_PAGE
    return SessionsPage(tuple(sessions[start : start + SESSIONS_A_PAGE]), number, pages, len(sessions))


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
