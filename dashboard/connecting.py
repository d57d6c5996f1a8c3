"""Making connections: by the manage pages, the API and the command alike."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from django.conf import settings

from dashboard.auth.sealing import seal
from dashboard.sources import SOURCES
from dashboard.store import get_store
from storage.entities import Connection
from storage.schema import new_id

SHORTEST_SECRET = 16


@dataclass(frozen=True, slots=True)
class Made:
    """A connection and its secret in clear, which is not kept."""

    connection: Connection
    secret: str


def connect(team_id: str, source: str, *, secret: str = "", name: str = "", topic_arn: str = "") -> Made:
    """Raises ValueError for a source there is none of, or a secret that is too short."""
    if source not in SOURCES:
        raise ValueError(f"Source must be one of: {', '.join(SOURCES)}")
    if secret and len(secret) < SHORTEST_SECRET:
        raise ValueError(f"Secret must have at least {SHORTEST_SECRET} characters")
    store = get_store()
    clear = secret or secrets.token_urlsafe(32)
    connection = Connection(new_id(), team_id, source, seal(clear), store.now(), name, topic_arn.strip())
    store.connections.create(connection)
    return Made(connection, clear)


def webhook_url(connection: Connection) -> str:
    return f"{settings.BASE_URL}/hooks/{connection.source}/{connection.id}"
