"""CDEvents that come with an API token instead of a connection's secret. They are taken through a connection all the
same, one a team, so that what came, what was answered, replay and pause are where people look for them.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from uuid import NAMESPACE_OID, uuid5

from dashboard.auth.sealing import seal
from dashboard.sources import SOURCES, Source
from dashboard.store import get_store
from dashboard.webhooks import ingest
from dashboard.webhooks.ingest import Answer
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.entities import Connection

NAME = "Events by API token"


def source() -> Source:
    return SOURCES["cdevents"]


def connection_of(team_id: str) -> str:
    """Its id, which follows from the team's."""
    return uuid5(NAMESPACE_OID, f"events by API token {team_id}").hex


def take(team_id: str, by: Actor, headers: Mapping[str, str], body: bytes) -> Answer:
    """As a webhook's. Header names are lower case. Raises StorageError where nothing could be stored."""
    store = get_store()
    return ingest.ingest(store, _connection(team_id, by), source(), headers, body)


def _connection(team_id: str, by: Actor) -> Connection:
    """Made with the first event. Its secret is nobody's: by its webhook nothing is taken until it is rotated."""
    store, connection_id = get_store(), connection_of(team_id)
    if found := store.connections.find(connection_id):
        return found
    nobodys = seal(secrets.token_urlsafe(32))
    made = Connection(connection_id, team_id, source().name, nobodys, store.now(), NAME)
    try:
        store.connections.create(made, by)
    except Conflict:
        # Another event was as early.
        return store.connections.find(connection_id) or made
    return made
