"""Deliveries: webhook posts as received, and the inbox of those that wait to be applied."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storage import keys
from storage.codec import items
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.deliveries import PENDING, Delivery, DeliveryBrief
from storage.model.entities import Connection
from storage.repositories import audit
from storage.table import Absent, Item, Key, Put, Query, Table


class Deliveries:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, connection_id: str, key: str) -> Item | None:
        return self._table.get(items.delivery_key(connection_id, key))

    def put(self, delivery: Delivery) -> None:
        """Note a delivery that changed nothing: ignored or refused."""
        self._table.put(items.delivery_item(delivery))

    def put_replayed(self, delivery: Delivery, connection: Connection, by: Actor) -> None:
        now = self._now()
        noted = audit.entry(
            by, now, "delivery.replayed", delivery.event, target_id=delivery.key[:80], team_id=connection.team_id
        )
        self._table.transact([Put(items.delivery_item(delivery)), audit.put(noted)])

    def find_brief(self, connection_id: str, key: str) -> DeliveryBrief | None:
        item = self.find(connection_id, key)
        return items.delivery_brief_of(item) if item else None

    def accept(self, delivery: Delivery) -> bool:
        """Keep a delivery for later, durably. False when it was seen before."""
        try:
            self._table.put(items.delivery_item(delivery), Absent())
        except Conflict as conflict:
            return conflict.old is not None and conflict.old.get("outcome") == PENDING
        return True

    def find_post(self, connection_id: str, key: str) -> str:
        """What a replay needs, packed; empty where nothing was kept."""
        item = self.find(connection_id, key)
        return str(item.get("post", "")) if item else ""

    def list_of_connection(self, connection_id: str, limit: int = 50) -> Sequence[DeliveryBrief]:
        query = Query(keys.connection(connection_id), index="history", reverse=True, limit=limit)
        return [items.delivery_brief_of(item) for item in self._table.query(query).items]

    def list_pending(self, shard: int, before: int, limit: int = 100) -> list[Delivery]:
        """Deliveries of one shard that were accepted before `before` (milliseconds), oldest first. The index only names
        them: each is read whole, consistently, and left out when it was applied meanwhile."""
        page = self._table.query(Query(keys.inbox(shard), index="inbox", limit=limit))
        due = [item for item in page.items if int(str(item["inbox_sk"]).partition(keys.SEPARATOR)[0]) <= before]
        found = self._table.batch_get([Key(str(item["pk"]), str(item["sk"])) for item in due]) if due else []
        return [items.delivery_of(item) for item in found if item and item.get("outcome") == PENDING]
