"""From a post to an answer: whose it is, what stands around it, then `ingest`. The body has been read, and is looked at
only once it is known to come from the real sender. No HTTP here beyond headers and the number of the answer.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import lru_cache

from dashboard.sources import SOURCES
from dashboard.sources.kit.payload import name
from dashboard.sources.kit.source import NotBelieved, NothingForUs, OutOfReach, Rejected, Source
from dashboard.store import get_store
from dashboard.webhooks import ingest
from dashboard.webhooks.connecting import secrets_of
from dashboard.webhooks.fetching import network
from dashboard.webhooks.ingest import Answer
from storage import keys
from storage.model.entities import Connection

CONNECTION_SECONDS = 10


def find(source_name: str, connection_id: str) -> tuple[Source, Connection] | None:
    """The connection of an address, remembered for a few seconds. Whether one was made or an installation of its App
    chosen meanwhile is looked at once a second."""
    source = SOURCES.get(source_name)
    if source is None:
        return None
    connection = _find_connection(connection_id, int(time.monotonic() // CONNECTION_SECONDS))
    if connection is None or connection.api.app.is_public:
        connection = _find_connection(connection_id, -int(time.monotonic()))
    if connection is None or connection.source != source_name:
        return None
    return source, connection


def receive(
    source: Source,
    connection: Connection,
    headers: Mapping[str, str],
    body: bytes,
    unusable: Rejected | None = None,
) -> Answer:
    """Take one post. Header names are lower case. `unusable`: why it cannot be used whatever its body says. Raises
    Throttled or Unavailable when nothing could be stored."""
    store = get_store()
    try:
        connection, body = _checked(source, connection, headers, body)
    except NotBelieved as refused:
        ingest.refuse(store, connection, 401, str(refused))
        return Answer(401, {"message": "The signature is missing or wrong"})
    except OutOfReach as unreachable:
        ingest.put_off(store, connection, 503, str(unreachable))
        return Answer(503, {"message": "What verifies this is out of reach; please send this again"})
    except NothingForUs as nothing:
        return Answer(200, {"status": "ignored", "reason": str(nothing)})
    if unusable is not None:
        return ingest.reject(store, connection, source, headers, body, unusable)
    return ingest.ingest(store, connection, source, headers, body)


def note_content_type(source: Source, connection: Connection, told: str) -> None:
    """That a post had a type that is not taken, for whoever looks after the connection."""
    wanted = " or ".join(sorted(source.content_types))
    ingest.refuse(get_store(), connection, 415, f"it came as {name(told)[:100] or 'nothing'}, and is to be {wanted}")


def _checked(
    source: Source, connection: Connection, headers: Mapping[str, str], body: bytes
) -> tuple[Connection, bytes]:
    """As `_verified`. A secret may have been rotated since the connection was last read, so a refusal looks again, once
    a second at most."""
    try:
        return connection, _verified(source, connection, headers, body)
    except NotBelieved:
        fresh = _find_connection(connection.id, -int(time.monotonic()))
        if fresh is None or fresh == connection:
            raise
        return fresh, _verified(source, fresh, headers, body)


def _verified(source: Source, connection: Connection, headers: Mapping[str, str], body: bytes) -> bytes:
    """The tool's body, once it is known to come from the real sender. Raises NotBelieved, OutOfReach where that cannot
    be told now, and NothingForUs for a message of the envelope alone."""
    now = get_store().now()
    known = any(source.verifier.verify(headers, body, secret, now) for secret in secrets_of(connection, now))
    if source.envelope is not None and source.envelope.holds(headers):
        return source.envelope.unwrap(body, dict(connection.options), now, network, known=known)
    if not known:
        raise NotBelieved("the signature is missing or wrong")
    return body


@lru_cache(maxsize=1024)
def _find_connection(connection_id: str, period: int) -> Connection | None:
    """Unknown ids are remembered as well. `period` is what makes it forget."""
    del period
    if not keys.is_id(connection_id):
        return None
    return get_store().connections.find(connection_id)
