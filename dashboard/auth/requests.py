"""What a request carries once somebody is known to have sent it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from dashboard.auth.addresses import client_address
from storage.model.accounts import Actor, User
from storage.model.entities import Team
from storage.model.factors import SignInPolicy
from storage.model.saved_views import ViewSet
from storage.repositories.executions import ExecutionHead


class SignedInRequest(HttpRequest):
    """user: who sent it. team, execution_head: what its path names, where it stands. session_hash, session_opened_at:
    of their sign-in (milliseconds). view_set: their saved views and stars. sign_in_policy: what is asked of all.
    is_held: they must set up a second factor before anything else opens."""

    user: User  # type: ignore[assignment]
    team: Team | None
    execution_head: ExecutionHead | None
    session_hash: str
    session_opened_at: int
    view_set: ViewSet
    sign_in_policy: SignInPolicy
    is_held: bool
    htmx: HtmxDetails


F = TypeVar("F", bound=Callable[..., object])


def public(view: F) -> F:
    """A view that asks for no sign-in, or does its own."""
    view.public = True  # type: ignore[attr-defined]
    return view


def open_while_held(view: F) -> F:
    """A view for who must set up a second factor first: it serves that."""
    view.open_while_held = True  # type: ignore[attr-defined]
    return view


def actor_of(request: HttpRequest, user: User | None = None) -> Actor:
    """Who does what this request asks for, and from where, for the audit log."""
    who = user or getattr(request, "user", None)
    if who is None:
        return Actor("", "somebody not signed in", client_address(request))
    return Actor(who.id, who.name, client_address(request))


COMMAND_LINE = Actor("", "command line")
ENVIRONMENT = Actor("", "environment")
