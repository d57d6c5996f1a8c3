"""Whose forwarded headers are not believed: remembered for a week, for whoever starts or examines the server."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.proxies import UnbelievedProxy
from storage.table import Key, Table

WEEK_SECONDS = 7 * 24 * 3600


class Proxies:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def note(self, address: str, header: str) -> None:
        """Somebody at this address sent this header and is not believed."""
        seen = UnbelievedProxy(address, header, self._now())
        expires = seen.seen_at // 1000 + WEEK_SECONDS
        self._table.put({"pk": _key().pk, "sk": _key().sk, "doc": documents.dump(seen), schema.EXPIRES: expires})

    def find_unbelieved(self) -> UnbelievedProxy | None:
        item = self._table.get(_key())
        return documents.load(UnbelievedProxy, text(item, "doc")) if item else None


def _key() -> Key:
    return Key(keys.unbelieved_proxy(), "UNBELIEVED_PROXY")
