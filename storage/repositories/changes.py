"""Change notices: what open pages follow. Written in the transaction of the change itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from storage import keys, schema
from storage.codec import items
from storage.model.entities import Change
from storage.table import Put, Query, Table

MINUTE = 60_000


def notice(at: int, topics: Iterable[str]) -> Put:
    """Tells every process that what these topics show has changed."""
    return Put(
        {
            "pk": keys.changes(at),
            "sk": keys.moment(at, keys.new_id()[:12]),
            "doc": " ".join(topics),
            schema.EXPIRES: at // 1000 + 3600,
        }
    )


def notices(at: int, topics: Collection[str]) -> list[Put]:
    """One, or none where no topic is named."""
    return [notice(at, topics)] if topics else []


class Changes:
    def __init__(self, table: Table) -> None:
        self._table = table

    def list_since(self, since: int, now: int) -> list[Change]:
        """Notices from `since` on (milliseconds), oldest first. Minutes before the last three are not looked at: who
        was away that long must reload."""
        first = max(since, now - 3 * MINUTE)
        found: list[Change] = []
        for minute in range(first // MINUTE, now // MINUTE + 1):
            query = Query(keys.changes(minute * MINUTE), after=f"{first:015d}", consistent=True)
            found += [items.change_of(item) for item in self._table.query(query).items]
        return found
