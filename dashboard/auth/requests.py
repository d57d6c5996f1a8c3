"""What a request carries once somebody is known to have sent it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
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


class Caller(Enum):
    """Whom a view is for, and so who is asked for before it runs. API tokens are asked for by the API; screen links,
    and what a tool sends to prove itself, by the view."""

    PERSON = auto()
    PERSON_SETTING_UP = auto()
    ANYBODY = auto()
    API_TOKEN = auto()
    SCREEN_LINK = auto()
    SENDER = auto()


def for_people(view: F) -> F:
    """Signed in."""
    return _for(Caller.PERSON, view)


def for_people_setting_up(view: F) -> F:
    """Signed in, also while they must set up a second factor first: it serves that."""
    return _for(Caller.PERSON_SETTING_UP, view)


def for_anybody(view: F) -> F:
    """Signed in or not."""
    return _for(Caller.ANYBODY, view)


def for_tokens(view: F) -> F:
    return _for(Caller.API_TOKEN, view)


def for_screen_links(view: F) -> F:
    return _for(Caller.SCREEN_LINK, view)


def for_senders(view: F) -> F:
    return _for(Caller.SENDER, view)


def caller_of(view: Callable[..., object]) -> Caller:
    """Whom it says it is for. One that says nothing is closed to who is not signed in."""
    found = getattr(view, "caller", None)
    return found if isinstance(found, Caller) else Caller.PERSON


def _for(caller: Caller, view: F) -> F:
    view.caller = caller  # type: ignore[attr-defined]
    return view


def actor_of(request: HttpRequest, user: User | None = None) -> Actor:
    """Who does what this request asks for, and from where, for the audit log."""
    who = user or getattr(request, "user", None)
    if who is None:
        return Actor("", "somebody not signed in", client_address(request))
    return Actor(who.id, who.name, client_address(request))


COMMAND_LINE = Actor("", "command line")
ENVIRONMENT = Actor("", "environment")
