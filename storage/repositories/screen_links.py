"""Links to a radiator, which show it to whoever has them."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import account_items as user_items
from storage.model.accounts import Actor, ScreenLink
from storage.repositories import audit
from storage.table import Absent, Delete, Put, Query, Table


class ScreenLinks:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def create(self, screen: ScreenLink, by: Actor) -> None:
        noted = audit.entry(by, self._now(), "screen.created", screen.name, target_id=screen.id, team_id=screen.team_id)
        self._table.transact([Put(user_items.screen_item(screen), Absent()), audit.put(noted)])

    def find(self, key_hash: str) -> ScreenLink | None:
        item = self._table.get(user_items.screen_key(key_hash))
        return user_items.screen_of(item) if item else None

    def list_of_team(self, team_id: str) -> list[ScreenLink]:
        """Oldest first. With an empty id: those that show all open teams."""
        page = self._table.query(Query(keys.screens_of(team_id), index="history", limit=100))
        return [user_items.screen_of(item) for item in page.items]

    def delete(self, screen: ScreenLink, by: Actor) -> None:
        noted = audit.entry(by, self._now(), "screen.revoked", screen.name, target_id=screen.id, team_id=screen.team_id)
        self._table.transact([Delete(user_items.screen_key(screen.key_hash)), audit.put(noted)])
