"""What a request carries once somebody is known to have sent it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from dashboard.auth.addresses import client_address
from storage.model.accounts import Actor, User
from storage.model.entities import Team
from storage.repositories.executions import ExecutionHead


class SignedInRequest(HttpRequest):
    """user: who sent it. team, execution_head: what its path names, where it stands. session_hash: of their
    sign-in."""

    user: User  # type: ignore[assignment]
    team: Team | None
    execution_head: ExecutionHead | None
    session_hash: str
    htmx: HtmxDetails


F = TypeVar("F", bound=Callable[..., object])


def public(view: F) -> F:
    """A view that asks for no sign-in, or does its own."""
    view.public = True  # type: ignore[attr-defined]
    return view


def actor_of(request: HttpRequest, user: User | None = None) -> Actor:
    """Who does what this request asks for, and from where, for the audit log."""
    who = user or getattr(request, "user", None)
    if who is None:
        return Actor("", "somebody not signed in", client_address(request))
    return Actor(who.id, who.name, client_address(request))


COMMAND_LINE = Actor("", "command line")
ENVIRONMENT = Actor("", "environment")
