"""What minutes on runners cost, as people say: one item, published prices where nobody has."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.model.accounts import Actor, Fields
from storage.model.document import replace
from storage.model.prices import PUBLISHED, PriceTable, date_of, dollars
from storage.repositories import audit
from storage.table import Absent, Item, Key, Put, Table, VersionIs

_KEY = Key(keys.settings(), "PRICES")


class Prices:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> PriceTable:
        item = self._table.get(_KEY)
        return documents.load(PriceTable, text(item, "doc")) if item else PUBLISHED

    def put(self, before: PriceTable, after: PriceTable, by: Actor) -> None:
        """Raises Conflict when somebody else changed it first. The audit log has the lines that went and came."""
        written = replace(after, version=before.version + 1, updated_at=self._now(), updated_by=by.name)
        noted = audit.entry(
            by,
            self._now(),
            "prices.changed",
            "estimated costs",
            before=_without(before, after),
            after=_without(after, before),
        )
        condition = VersionIs(before.version) if before.version else Absent()
        item: Item = {"pk": _KEY.pk, "sk": _KEY.sk, "version": written.version, "doc": documents.dump(written)}
        self._table.transact([Put(item, condition), audit.put(noted)])


def _without(table: PriceTable, other: PriceTable) -> Fields:
    """Prices that the other table has not."""
    known = set(other.prices)
    found = (one for one in table.prices if one not in known)
    return tuple((f"{one.pattern} from {date_of(one.since)}", dollars(one.micros, 6)) for one in found)
