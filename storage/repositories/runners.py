"""How many runners are online, over all tools: one item."""

from __future__ import annotations

from collections.abc import Callable

from storage import topics
from storage.codec import runner_items
from storage.model.runners_online import RunnersOnline
from storage.repositories import changes
from storage.table import Put, Table


class Runners:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> RunnersOnline:
        item = self._table.get(runner_items.online_key(), consistent=False)
        return runner_items.online_of(item) if item else RunnersOnline()

    def put(self, found: RunnersOnline, *, changed: bool) -> None:
        """One process asks; of two that do at once the last one's word holds. `changed`: open pages are told."""
        item, named = runner_items.online_item(found, self._now()), [topics.RUNNERS] if changed else []
        self._table.transact([Put(item), *changes.notices(self._now(), named)])
