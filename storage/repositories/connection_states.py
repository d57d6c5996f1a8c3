"""What is kept beside connections: when their events came, their tools' quotas, how repair does. Not in them: it
changes often, and must not stand in the way of who changes a connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from storage import keys, schema
from storage.codec import documents, quota_items
from storage.codec.items import number, text
from storage.errors import Conflict
from storage.model.backfill import MissedDeliveries, Repair
from storage.model.connection_state import Activity, ConnectionState, joined
from storage.repositories.backfills import missed_key, repair_key
from storage.table import Absent, Item, Key, Table, VersionIs

# Four items each, and no batch holds more than a hundred.
AT_ONCE = 25
# As what is kept of a connection's repair.
KEPT_SECONDS = 120 * 86_400


class ConnectionStates:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, connection_id: str) -> ConnectionState:
        """Of one that nothing is known of, that nothing came."""
        (found,) = self._read([connection_id])
        return found

    def find_all(self, connection_ids: Sequence[str]) -> dict[str, ConnectionState]:
        """By their ids."""
        parts = (connection_ids[at : at + AT_ONCE] for at in range(0, len(connection_ids), AT_ONCE))
        states = (state for part in parts for state in self._read(part))
        return dict(zip(connection_ids, states, strict=True))

    def find_activities(self, connection_ids: Sequence[str]) -> list[Activity]:
        """Of those of which anything came, in their order."""
        parts = (connection_ids[at : at + 4 * AT_ONCE] for at in range(0, len(connection_ids), 4 * AT_ONCE))
        found = (self._table.batch_get([_activity_key(one) for one in part], consistent=False) for part in parts)
        return [documents.load(Activity, text(item, "doc")) for part in found for item in part if item]

    def note_activity(self, activity: Activity) -> bool:
        """Beside what is known. False where another process wrote at once: it is to be tried again."""
        key = _activity_key(activity.connection_id)
        item = self._table.get(key)
        before = documents.load(Activity, text(item, "doc")) if item else None
        version = number(item, "version") if item else 0
        after: Item = {
            "pk": key.pk,
            "sk": key.sk,
            "version": version + 1,
            "doc": documents.dump(joined(before, activity) if before else activity),
            schema.EXPIRES: self._now() // 1000 + KEPT_SECONDS,
        }
        try:
            self._table.put(after, VersionIs(version) if item else Absent())
        except Conflict:
            return False
        return True

    def _read(self, connection_ids: Sequence[str]) -> Iterator[ConnectionState]:
        named = [key for one in connection_ids for key in _keys(one)]
        found = self._table.batch_get(named, consistent=False)
        for place, connection_id in enumerate(connection_ids):
            activity, quota, repair, missed = found[4 * place : 4 * place + 4]
            yield ConnectionState(
                documents.load(Activity, text(activity, "doc")) if activity else Activity(connection_id),
                quota_items.quota_of(quota) if quota else None,
                documents.load(Repair, text(repair, "doc")) if repair else None,
                documents.load(MissedDeliveries, text(missed, "doc")) if missed else None,
            )


def _keys(connection_id: str) -> tuple[Key, ...]:
    return (
        _activity_key(connection_id),
        quota_items.quota_key(connection_id),
        repair_key(connection_id),
        missed_key(connection_id),
    )


def _activity_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "ACTIVITY")
