"""How many runners are online, over all tools: one item."""

from __future__ import annotations

from collections.abc import Callable

from storage import schema, topics
from storage.codec import documents
from storage.codec.items import text
from storage.model.runners_online import BELIEVED_MS, RunnersOnline
from storage.repositories import changes
from storage.table import Item, Key, Put, Table

KEY = Key("RUNNERS", "ONLINE")


class Runners:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> RunnersOnline:
        item = self._table.get(KEY, consistent=False)
        return documents.load(RunnersOnline, text(item, "doc")) if item else RunnersOnline()

    def put(self, found: RunnersOnline, *, changed: bool) -> None:
        """One process asks; of two that do at once the last one's word holds. `changed`: open pages are told."""
        expires = (self._now() + BELIEVED_MS) // 1000
        item: Item = {"pk": KEY.pk, "sk": KEY.sk, "doc": documents.dump(found), schema.EXPIRES: expires}
        named = [topics.RUNNERS] if changed else []
        self._table.transact([Put(item), *changes.notices(self._now(), named)])
