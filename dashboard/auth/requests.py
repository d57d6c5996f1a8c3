"""What a request carries once somebody is known to have sent it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from storage.entities import Team, User
from storage.table import Item


class SignedInRequest(HttpRequest):
    """user: who sent it. team, execution_item: what its path names, where it stands. session_hash: of their
    sign-in."""

    user: User  # type: ignore[assignment]
    team: Team | None
    execution_item: Item | None
    session_hash: str
    htmx: HtmxDetails


F = TypeVar("F", bound=Callable[..., object])


def public(view: F) -> F:
    """A view that asks for no sign-in, or does its own."""
    view.public = True  # type: ignore[attr-defined]
    return view
