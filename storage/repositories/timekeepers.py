"""The latest time that was believed, for all processes, and what may be removed by the clock."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.model.accounts import Actor
from storage.model.timekeeping import Timekeeping, checked, confirmed
from storage.repositories import audit
from storage.table import Item, Key, Put, Table


class Timekeepers:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> Timekeeping | None:
        """What is known of the time."""
        item = self._table.get(_key())
        return documents.load(Timekeeping, text(item, "doc")) if item else None

    def check(self, *, running_ms: int | None, agreed: bool) -> Timekeeping:
        """Look at the clock and keep what came of it. Of processes that do so at once any may be the last."""
        after = checked(self.find(), self._now(), running_ms=running_ms, agreed=agreed)
        self._table.put(_item(after))
        return after

    def confirm(self, by: Actor) -> Timekeeping:
        """Somebody says that the clock is right; noted in the audit log."""
        after = confirmed(self._now())
        noted = audit.entry(by, self._now(), "clock.confirmed", "the server's clock")
        self._table.transact([Put(_item(after)), audit.put(noted)])
        return after


def _key() -> Key:
    return Key(keys.clock(), "CLOCK")


def _item(record: Timekeeping) -> Item:
    return {"pk": _key().pk, "sk": _key().sk, "doc": documents.dump(record)}
