"""Connections: configured event sources."""

from __future__ import annotations

from storage import items, schema
from storage.entities import Connection
from storage.table import Absent, Exists, Query, Table


class Connections:
    def __init__(self, table: Table) -> None:
        self._table = table

    def create(self, connection: Connection) -> None:
        self._table.put(items.connection_item(connection), Absent())

    def find(self, connection_id: str) -> Connection | None:
        item = self._table.get(items.connection_key(connection_id))
        return items.connection_of(item) if item else None

    def put(self, connection: Connection) -> None:
        self._table.put(items.connection_item(connection), Exists())

    def list_of_team(self, team_id: str, limit: int = 100) -> list[Connection]:
        """Oldest first, without their secrets."""
        query = Query(schema.team(team_id), prefix="CONNECTION#", index="history", limit=limit)
        return [items.connection_of(item) for item in self._table.query(query).items]
