"""Deliveries: webhook posts as received, and the inbox of those that wait to be applied."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from storage import keys
from storage.codec import inbox_items, items
from storage.codec.inbox_items import DEAD, InboxEntry
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.deliveries import PENDING, Delivery, DeliveryBrief
from storage.model.entities import Connection
from storage.repositories import audit
from storage.table import Absent, Item, Key, Put, Query, Table, has_expired

FIRST_LOOK, MOST_COUNTED = 8, 1000


class Deliveries:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, connection_id: str, key: str) -> Item | None:
        return self._table.get(items.delivery_key(connection_id, key))

    def note(self, delivery: Delivery) -> bool:
        """Note a delivery that changed nothing, ignored or refused, unless it is known already: what waits or was
        applied is never replaced. Whether it was noted."""
        item = items.delivery_item(delivery)
        try:
            self._table.put(item, Absent())
        except Conflict as conflict:
            if not has_expired(conflict.old, self._now()):
                return False
            self._table.put(item)
        return True

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

    def list_pending(self, shard: int, before: int, limit: int = 100) -> list[InboxEntry]:
        """Deliveries of one shard that were due by `before` (milliseconds), those first that have been for longest. The
        index only names them: each is read whole, consistently, and left out when it was applied meanwhile."""
        due = self._due(shard, before, limit)
        found = self._table.batch_get(due) if due else []
        return [inbox_items.entry_of(item) for item in found if item and item.get("outcome") == PENDING]

    def _due(self, shard: int, before: int, limit: int) -> list[Key]:
        """In small pages that grow, for what is not due yet is behind what is, and may be much."""
        due: list[Key] = []
        size, cursor = FIRST_LOOK, None
        while len(due) < limit:
            query = Query(keys.inbox(shard), index="inbox", limit=min(size, limit - len(due)), cursor=cursor)
            page = self._table.query(query)
            found = [item for item in page.items if inbox_items.due_at(item) <= before]
            due += [Key(str(item["pk"]), str(item["sk"])) for item in found]
            size, cursor = size * 2, page.next
            if cursor is None or len(found) < len(page.items):
                break
        return due

    def put_back(self, entry: InboxEntry, due_at: int, tries: int, reason: str) -> bool:
        """It could not be applied and is due again at `due_at` (milliseconds), with `tries` behind it. False where
        another process applied it or put it back meanwhile."""
        return self._replace(entry, lambda item: inbox_items.postponed(item, due_at, tries, reason))

    def bury(self, entry: InboxEntry, reason: str) -> bool:
        """It is a dead letter from now on. False where another process applied it or put it back meanwhile."""
        return self._replace(entry, lambda item: inbox_items.buried(item, entry, reason))

    def _replace(self, entry: InboxEntry, changed: Callable[[Item], Item]) -> bool:
        item = self.find(entry.connection_id, entry.key)
        if item is None or item.get("outcome") != PENDING or items.number(item, "tries") != entry.tries:
            return False
        try:
            self._table.put(changed(item), inbox_items.unmoved(item))
        except Conflict:
            return False
        return True

    def find_dead(self, connection_id: str, key: str) -> InboxEntry | None:
        """A dead letter of which the events were kept, as its post is too long."""
        item = self.find(connection_id, key)
        return inbox_items.entry_of(item) if item and item.get("outcome") == DEAD and "doc" in item else None

    def list_dead(self, team_id: str, connection_id: str, limit: int = 50) -> list[DeliveryBrief]:
        """A connection's dead letters, newest first."""
        prefix = keys.dead_letters_of(connection_id)
        query = Query(keys.dead_letters(team_id), prefix=prefix, index="inbox", reverse=True, limit=limit)
        named = [Key(str(item["pk"]), str(item["sk"])) for item in self._table.query(query).items]
        found = self._table.batch_get(named) if named else []
        return [items.delivery_brief_of(item) for item in found if item and item.get("outcome") == DEAD]

    def count_dead(self, team_id: str) -> dict[str, int]:
        """How many dead letters each connection of the team has, by the connection's id. At most 1,000 in all."""
        page = self._table.query(Query(keys.dead_letters(team_id), index="inbox", limit=MOST_COUNTED))
        return dict(Counter(inbox_items.connection_of_dead(item) for item in page.items))


__all__ = ["DEAD", "Deliveries", "InboxEntry"]
