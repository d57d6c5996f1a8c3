"""Takes away, piece by piece, what a deleted team left behind. Every step may be repeated, by any process."""

from __future__ import annotations

from collections.abc import Callable

from storage import items, schema, user_items
from storage.errors import Conflict
from storage.table import Item, Key, Put, Query, Table, VersionIs

STEP = 50
# Longer than any process remembers a connection.
LINGER_MS = 120_000


class Removals:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_all(self) -> list[str]:
        """Ids of teams that are deleted and not all gone yet."""
        page = self._table.query(Query(schema.removals(), prefix="TEAM#", limit=100, consistent=True))
        return [items.text(item, "doc") for item in page.items]

    def remove_some(self, team_id: str) -> bool:
        """Whether nothing is left for now. At most some hundreds of items a call. What was under way when the team was
        deleted may still be written, so the note of the removal stays for a while."""
        left = self._connections(team_id) + self._screens(team_id)
        page = self._table.query(Query(schema.team(team_id), limit=STEP, consistent=True))
        for item in page.items:
            left += 1
            self._remove(team_id, item)
        if left:
            return False
        noted = self._table.get(items.removal_key(team_id))
        if noted is not None and self._now() - items.number(noted, "at") > LINGER_MS:
            self._table.delete(items.removal_key(team_id))
        return True

    def _connections(self, team_id: str) -> int:
        return self._indexed(schema.team(team_id))

    def _screens(self, team_id: str) -> int:
        return self._indexed(schema.screens_of(team_id))

    def _indexed(self, partition: str) -> int:
        page = self._table.query(Query(partition, index="history", limit=STEP))
        for item in page.items:
            self._table.delete(Key(items.text(item, "pk"), items.text(item, "sk")))
        return len(page.items)

    def _remove(self, team_id: str, item: Item) -> None:
        key = Key(items.text(item, "pk"), items.text(item, "sk"))
        kind, _, rest = key.sk.partition(schema.SEPARATOR)
        if kind == "PIPELINE" and self._executions(rest):
            return
        if kind == "PIPELINE":
            self._table.delete(items.record_key(rest))
        if kind == "TOKEN":
            self._table.delete(user_items.token_key(rest))
        if kind == "MEMBER" and not self._forget(team_id, rest):
            return
        self._table.delete(key)

    def _executions(self, pipeline_id: str) -> int:
        """How many were found, and taken away."""
        page = self._table.query(Query(schema.pipeline(pipeline_id), index="history", limit=STEP))
        for found in page.items:
            whole = self._table.query(Query(items.text(found, "pk"), consistent=True))
            for part in whole.items:
                self._table.delete(Key(items.text(part, "pk"), items.text(part, "sk")))
        return len(page.items)

    def _forget(self, team_id: str, user_id: str) -> bool:
        """Take the role in a team that is no more from a person. False: try again later."""
        item = self._table.get(user_items.user_key(user_id))
        if item is None:
            return True
        user = user_items.user_of(item)
        after = user.with_role(team_id, None)
        if after.roles == user.roles:
            return True
        try:
            self._table.transact([Put(user_items.user_item(after), VersionIs(user.version))])
        except Conflict:
            return False
        return True
