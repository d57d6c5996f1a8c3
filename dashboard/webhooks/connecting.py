"""Making and changing connections: by the manage pages, the API and the commands alike."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from dashboard.auth.sealing import seal, seal_anew, unseal
from dashboard.sources import SOURCES
from dashboard.store import get_store
from storage.errors import Conflict
from storage.keys import new_id
from storage.model.accounts import Actor
from storage.model.document import replace
from storage.model.entities import Connection
from storage.store import Store

SHORTEST_SECRET = 16
OVERLAP_HOURS = 24
HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Made:
    """A connection and its secret in clear, which is not kept."""

    connection: Connection
    secret: str


def connect(
    team_id: str, source: str, by: Actor, *, secret: str = "", name: str = "", options: Mapping[str, str] | None = None
) -> Made:
    """Raises ValueError for a source there is none of, a secret that is too short, or an option it cannot have."""
    if source not in SOURCES:
        raise ValueError(f"Source must be one of: {', '.join(SOURCES)}")
    if secret and len(secret) < SHORTEST_SECRET:
        raise ValueError(f"Secret must have at least {SHORTEST_SECRET} characters")
    chosen = cleaned_options(source, options or {})
    store = get_store()
    clear = secret or _new_secret(source)
    connection = Connection(new_id(), team_id, source, seal(clear), store.now(), name, options=chosen)
    store.connections.create(connection, by)
    return Made(connection, clear)


def _new_secret(source: str) -> str:
    if prefix := SOURCES[source].secret_prefix:
        return prefix + base64.b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_urlsafe(32)


def cleaned_options(source: str, given: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Options as a connection of this source keeps them. Raises ValueError, in words, for one that it cannot have."""
    declared = {option.name: option for option in SOURCES[source].options}
    if unknown := [name for name, value in given.items() if value and name not in declared]:
        raise ValueError(f"{SOURCES[source].label} has no option {unknown[0]}")
    return kept_options({name: option.clean(given.get(name, "")) for name, option in declared.items()})


def kept_options(options: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Those that have a value."""
    return tuple((name, value) for name, value in options.items() if value)


def rotate(connection: Connection, by: Actor) -> Made:
    """A new secret; the present one is believed for a day longer, so that the tool can be told meanwhile. Raises
    Conflict when somebody changed the connection first."""
    store = get_store()
    now, clear = store.now(), _new_secret(connection.source)
    wanted = replace(
        connection,
        secret=seal(clear),
        previous_secret=connection.secret,
        previous_until=now + OVERLAP_HOURS * HOUR_MS,
        rotated_at=now,
    )
    return Made(store.connections.put(connection, wanted, by, "connection.rotated"), clear)


def secrets_of(connection: Connection, now: int) -> Iterator[str]:
    """The secrets that open it at `now` (milliseconds). None that is empty or cannot be read."""
    if clear := unseal(connection.secret):
        yield clear
    if connection.previous_secret and now < connection.previous_until and (old := unseal(connection.previous_secret)):
        yield old


def seal_all_anew(store: Store, by: Actor) -> tuple[int, int]:
    """Seal every connection's secrets under the present key. How many were, and how many cannot be opened."""
    sealed = unreadable = 0
    for entry in store.teams.list_all():
        for listed in connections_of(store, entry.team.id):
            done = _seal_anew(store, listed.id, by)
            sealed, unreadable = sealed + done, unreadable + (not done)
    return sealed, unreadable


def connections_of(store: Store, team_id: str) -> Iterator[Connection]:
    """All of a team's, page by page."""
    page = store.connections.page_of_team(team_id)
    yield from page.items
    while page.next:
        page = store.connections.page_of_team(team_id, cursor=page.next)
        yield from page.items


def list_unlisted(store: Store) -> None:
    """Put connections that an earlier version wrote into the list of all. One that somebody changes meanwhile is in it
    by that."""
    listed = {one.id for one in store.connections.list_of_sources(SOURCES)}
    teams = [entry.team.id for entry in store.teams.list_all()]
    missing = [one.id for team in teams for one in connections_of(store, team) if one.id not in listed]
    for connection in store.connections.find_all(missing):
        with suppress(Conflict):
            store.connections.list_anew(connection)


def _seal_anew(store: Store, connection_id: str, by: Actor) -> bool:
    for _ in range(3):
        found = store.connections.find(connection_id)
        if found is None:
            return True
        fresh = seal_anew(found.secret)
        if not fresh:
            return False
        previous = seal_anew(found.previous_secret) if found.previous_secret else ""
        token, key = (seal_anew(sealed) if sealed else "" for sealed in (found.api.token, found.api.app.key))
        app = replace(found.api.app, key=key or found.api.app.key)
        api = replace(found.api, token=token or found.api.token, app=app)
        wanted = replace(found, secret=fresh, previous_secret=previous, api=api)
        try:
            store.connections.put(found, wanted, by, "connection.sealed")
        except Conflict:
            continue
        return bool(token or not found.api.token) and bool(key or not found.api.app.key)
    return False


def webhook_url(connection: Connection) -> str:
    return webhook_url_of(connection.source, connection.id)


def webhook_url_of(source: str, connection_id: str) -> str:
    return f"{settings.BASE_URL}{reverse('webhook', args=[source, connection_id])}"
