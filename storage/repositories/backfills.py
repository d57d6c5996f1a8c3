"""How far the reading of tools' pasts has come: an item a connection, all in one partition, and beside the connection
an item for each of its projects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.errors import Conflict
from storage.model.backfill import Backfill, Project
from storage.model.document import replace
from storage.table import Absent, Cursor, Item, Key, Put, Query, Table, VersionIs

MOST = 500
# Since it was last written: what is not looked at for so long is not a connection's any more.
KEPT_SECONDS = 120 * 86_400


class Backfills:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, connection_id: str) -> Backfill | None:
        item = self._table.get(_key(connection_id))
        return documents.load(Backfill, text(item, "doc")) if item else None

    def list_all(self) -> list[Backfill]:
        """Of every connection whose past was ever asked for, at most MOST."""
        page = self._table.query(Query(keys.BACKFILLS, limit=MOST, consistent=True))
        return [documents.load(Backfill, text(item, "doc")) for item in page.items]

    def put(self, before: Backfill | None, wanted: Backfill, project: Project | None = None) -> Backfill:
        """In its place, and a project's with it. Raises Conflict where another put one there meanwhile."""
        after = replace(wanted, version=before.version + 1 if before else 1)
        doc = documents.dump(after)
        item: Item = {**_kept(_key(wanted.connection_id), self._now()), "version": after.version, "doc": doc}
        own = Put(item, VersionIs(before.version) if before else Absent())
        others = [Put(self._project_item(wanted.connection_id, project))] if project else []
        try:
            self._table.transact([own, *others])
        except Conflict as conflict:
            # A write that was sent again may have met itself.
            if conflict.old is None or conflict.old.get("doc") != doc:
                raise
        return after

    def put_project(self, connection_id: str, project: Project) -> None:
        self._table.put(self._project_item(connection_id, project))

    def find_project(self, connection_id: str, project_id: str) -> Project | None:
        item = self._table.get(_project_key(connection_id, project_id))
        return documents.load(Project, text(item, "doc")) if item else None

    def list_projects(self, connection_id: str) -> Iterator[Project]:
        """All of them, in no order, page by page."""
        cursor: Cursor | None = None
        while True:
            query = Query(
                keys.connection(connection_id), prefix=keys.PROJECTS, limit=MOST, cursor=cursor, consistent=True
            )
            page = self._table.query(query)
            yield from (documents.load(Project, text(item, "doc")) for item in page.items)
            if page.next is None:
                return
            cursor = page.next

    def _project_item(self, connection_id: str, project: Project) -> Item:
        return {**_kept(_project_key(connection_id, project.id), self._now()), "doc": documents.dump(project)}


def _key(connection_id: str) -> Key:
    return Key(keys.BACKFILLS, keys.part(connection_id))


def _project_key(connection_id: str, project_id: str) -> Key:
    """The tool's own id may hold anything."""
    digest = hashlib.sha256(project_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Key(keys.connection(connection_id), f"{keys.PROJECTS}{digest}")


def _kept(key: Key, now: int) -> Item:
    return {"pk": key.pk, "sk": key.sk, schema.EXPIRES: now // 1000 + KEPT_SECONDS}
