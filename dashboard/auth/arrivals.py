"""Whose browser this is: the session its cookie names stands, and is of the person a trusted proxy names."""

from __future__ import annotations

from django.http import HttpRequest

from dashboard.auth.proxy import is_of_proxy
from dashboard.auth.sessions import is_valid, read_cookie
from dashboard.store import get_store
from storage.model.accounts import User
from storage.repositories.users import Arrival


def arrive(request: HttpRequest, slug: str = "", execution_id: str = "") -> Arrival | None:
    """Who sends this, with the team and the execution their path names. None: nobody who is signed in. One read."""
    cookie = read_cookie(request)
    if cookie is None or not is_of_proxy(request):
        return None
    store = get_store()
    arrival = store.users.arrive(cookie.user_id, cookie.key_hash, slug, execution_id)
    return arrival if is_valid(arrival.user, arrival.session, store.now()) else None


def current_user(request: HttpRequest) -> User | None:
    """Who sends this, for views that are open to others as well."""
    arrival = arrive(request)
    return arrival.user if arrival else None
