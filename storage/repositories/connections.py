"""Connections: configured event sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from storage import keys
from storage.codec import items
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor, Fields
from storage.model.entities import Connection
from storage.repositories import audit
from storage.table import Absent, Delete, Exists, Put, Query, Table, VersionIs

SHOWN = ("name", "topic_arn", "paused")


class Connections:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def create(self, connection: Connection, by: Actor) -> None:
        noted = self._noted(by, "connection.created", connection, after=audit.fields(connection, ("source", "name")))
        self._table.transact([Put(items.connection_item(connection), Absent()), noted])

    def find(self, connection_id: str) -> Connection | None:
        item = self._table.get(items.connection_key(connection_id))
        return items.connection_of(item) if item else None

    def find_all(self, connection_ids: Sequence[str]) -> list[Connection]:
        """Those of them that stand, with their secrets. At most 100."""
        found = self._table.batch_get([items.connection_key(connection_id) for connection_id in connection_ids])
        return [items.connection_of(item) for item in found if item]

    def put(self, before: Connection, wanted: Connection, by: Actor, action: str) -> Connection:
        """Raises Conflict when somebody changed it since `before` was read. Secrets are never told."""
        after = replace(wanted, version=before.version + 1)
        old, new = audit.difference(before, after, SHOWN)
        noted = self._noted(by, action, after, before=old, after=new)
        self._table.transact([Put(items.connection_item(after), VersionIs(before.version)), noted])
        return after

    def delete(self, connection: Connection, by: Actor) -> None:
        """Raises NotFound when it is gone already."""
        noted = self._noted(by, "connection.deleted", connection)
        try:
            self._table.transact([Delete(items.connection_key(connection.id), Exists()), noted])
        except Conflict as conflict:
            raise NotFound("Connection not found") from conflict

    def list_of_team(self, team_id: str, limit: int = 100) -> list[Connection]:
        """Oldest first, without their secrets."""
        query = Query(keys.team(team_id), prefix=keys.CONNECTIONS, index="history", limit=limit)
        return [items.connection_of(item) for item in self._table.query(query).items]

    def _noted(self, by: Actor, action: str, of: Connection, *, before: Fields = (), after: Fields = ()) -> Put:
        target = f"{of.source} {of.name}".strip()
        noted = audit.entry(
            by, self._now(), action, target, target_id=of.id, team_id=of.team_id, before=before, after=after
        )
        return audit.put(noted)
