"""Connections: configured event sources."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from storage import keys
from storage.codec import items, quota_items
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor, Fields
from storage.model.document import replace
from storage.model.entities import ApiAccess, ApiQuota, Connection
from storage.repositories import audit
from storage.table import Absent, Cursor, Delete, Exists, Put, Query, Table, VersionIs

SHOWN = ("name", "paused")
AT_ONCE, MOST_COUNTED = 100, 1000


@dataclass(frozen=True, slots=True)
class ConnectionPage:
    """Connections without their secrets. `next` is None where the list ends."""

    items: Sequence[Connection]
    next: Cursor | None


class Connections:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def create(self, connection: Connection, by: Actor) -> None:
        """Raises Conflict where there is one with this id already. Secrets are never told."""
        _, api = _changed({}, _told(connection.api))
        after = audit.fields(connection, ("source", "name")) + api
        noted = self._noted(by, "connection.created", connection, after=after)
        self._table.transact([Put(items.connection_item(connection), Absent()), noted])

    def find(self, connection_id: str) -> Connection | None:
        item = self._table.get(items.connection_key(connection_id))
        return items.connection_of(item) if item else None

    def find_quota(self, connection_id: str) -> ApiQuota | None:
        """What its tool said last of the calls that it takes; after two days nothing."""
        item = self._table.get(quota_items.quota_key(connection_id), consistent=False)
        return quota_items.quota_of(item) if item else None

    def note_quota(self, connection_id: str, quota: ApiQuota) -> None:
        self._table.put(quota_items.quota_item(connection_id, quota))

    def find_all(self, connection_ids: Sequence[str]) -> list[Connection]:
        """Those of them that stand, with their secrets, in their order."""
        wanted = [items.connection_key(connection_id) for connection_id in connection_ids]
        parts = [wanted[at : at + AT_ONCE] for at in range(0, len(wanted), AT_ONCE)]
        return [items.connection_of(item) for part in parts for item in self._table.batch_get(part) if item]

    def put(self, before: Connection, wanted: Connection, by: Actor, action: str) -> Connection:
        """Raises Conflict when somebody changed it since `before` was read. Secrets are never told."""
        after = replace(wanted, version=before.version + 1)
        old, new = audit.difference(before, after, SHOWN)
        options_before, options_after = _changed(dict(before.options), dict(after.options))
        api_before, api_after = _changed(_told(before.api), _told(after.api))
        told = (old + options_before + api_before, new + options_after + api_after)
        noted = self._noted(by, action, after, before=told[0], after=told[1])
        self._table.transact([Put(items.connection_item(after), VersionIs(before.version)), noted])
        return after

    def note_test_run(self, connection: Connection, by: Actor) -> None:
        """That somebody is about to send one. Raises Conflict when the connection was changed since it was read."""
        stands = Put(items.connection_item(connection), VersionIs(connection.version))
        self._table.transact([stands, self._noted(by, "connection.tested", connection)])

    def note_hooks(self, connection: Connection, where: str, by: Actor) -> None:
        """That somebody is about to have hooks made at its tool. `where`: of what, as people wrote it. Raises Conflict
        when the connection was changed since it was read."""
        stands = Put(items.connection_item(connection), VersionIs(connection.version))
        noted = self._noted(by, "connection.hooks_asked_for", connection, after=(("hooks_of", where[:200]),))
        self._table.transact([stands, noted])

    def delete(self, connection: Connection, by: Actor) -> None:
        """Raises NotFound when it is gone already."""
        noted = self._noted(by, "connection.deleted", connection)
        try:
            self._table.transact([Delete(items.connection_key(connection.id), Exists()), noted])
        except Conflict as conflict:
            raise NotFound("Connection not found") from conflict

    def list_of_team(self, team_id: str, limit: int = AT_ONCE) -> list[Connection]:
        """The first of them, oldest first, without their secrets."""
        return list(self.page_of_team(team_id, limit).items)

    def page_of_team(self, team_id: str, limit: int = AT_ONCE, cursor: Cursor | None = None) -> ConnectionPage:
        """Oldest first, all of them one page after the other."""
        query = Query(keys.team(team_id), prefix=keys.CONNECTIONS, index="history", limit=limit, cursor=cursor)
        page = self._table.query(query)
        return ConnectionPage([items.connection_of(item) for item in page.items], page.next)

    def list_of_sources(self, sources: Container[str]) -> list[Connection]:
        """All teams' connections of these tools, with their secrets. The index only names them: each is read whole, 100
        a call."""
        return self.find_all([named for source, named in self._all_named() if source in sources])

    def _all_named(self) -> Iterator[tuple[str, str]]:
        cursor: Cursor | None = None
        while True:
            page = self._table.query(Query(keys.ALL_CONNECTIONS, index="inbox", limit=MOST_COUNTED, cursor=cursor))
            yield from map(items.named_connection, page.items)
            if page.next is None:
                return
            cursor = page.next

    def list_anew(self, connection: Connection) -> None:
        """One that an earlier version wrote, in the list of all. Raises Conflict when somebody changed it meanwhile."""
        self._table.put(items.connection_item(connection), VersionIs(connection.version))

    def count_of_team(self, team_id: str) -> int:
        """At most 1,000."""
        query = Query(keys.team(team_id), prefix=keys.CONNECTIONS, index="history", limit=MOST_COUNTED)
        return len(self._table.query(query).items)

    def _noted(self, by: Actor, action: str, of: Connection, *, before: Fields = (), after: Fields = ()) -> Put:
        target = f"{of.source} {of.name}".strip()
        noted = audit.entry(
            by, self._now(), action, target, target_id=of.id, team_id=of.team_id, before=before, after=after
        )
        return audit.put(noted)


def _told(api: ApiAccess) -> dict[str, str]:
    """As the audit log tells it: of secrets only that there is one, and by its seal that it is another."""
    app = api.app
    return {
        "api_token": _set(api.token),
        "api_address": api.address,
        "api_role": api.role,
        "api_regions": " ".join(api.regions),
        "reads_runs": "yes" if api.reads_runs else "",
        "reads_logs": "yes" if api.reads_logs else "",
        "app": f"{app.slug} ({app.id})" if app.id else "",
        "app_key": _set(app.key),
        "app_installation": f"{app.account} ({app.installation})" if app.installation else "",
    }


def _set(sealed: str) -> str:
    return f"set ({hashlib.sha256(sealed.encode()).hexdigest()[:6]})" if sealed else ""


def _changed(old: dict[str, str], new: dict[str, str]) -> tuple[Fields, Fields]:
    """Those that differ, by their own names."""
    names = [name for name in (old | new) if old.get(name, "") != new.get(name, "")]
    return tuple((name, old.get(name, "")) for name in names), tuple((name, new.get(name, "")) for name in names)
