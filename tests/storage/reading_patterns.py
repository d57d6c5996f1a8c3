"""Calls of what is read of tools, for tests/storage/test_access_patterns.py."""

from __future__ import annotations

from collections.abc import Callable

from storage.model.entities import ApiQuota, Connection
from storage.store import Store
from tests.factories import NOW


def reading_calls(store: Store, connection: Connection) -> dict[str, Callable[[], object]]:
    quota = ApiQuota(5000, 4990, NOW + 1000, NOW)
    store.connections.note_quota(connection.id, quota)
    return {
        "Connections.find_quota": lambda: store.connections.find_quota(connection.id),
        "Connections.note_quota": lambda: store.connections.note_quota(connection.id, quota),
    }
