"""The one place that decides who may do what. Views ask here and nowhere else."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import Http404

from storage.entities import Team, User

VIEW, TAKE, MANAGE = "view", "take", "manage"
ACTIONS = frozenset({VIEW, TAKE, MANAGE})


def may(user: User, action: str) -> bool:
    """Whether this person may do this. Every signed-in person may see and take; managing is for administrators."""
    if action not in ACTIONS:
        raise ValueError(action)
    return action in (VIEW, TAKE) or user.is_admin


def authorize(user: User, action: str, team: Team | None) -> Team:
    """The team, or Http404 where there is none, or PermissionDenied."""
    if team is None:
        raise Http404("No such team")
    if not may(user, action):
        raise PermissionDenied
    return team


def authorize_admin(user: User) -> None:
    if not may(user, MANAGE):
        raise PermissionDenied
