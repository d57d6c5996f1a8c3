"""How far the reading of tools' pasts has come: an item a connection, all in one partition, and beside the connection
an item for each of its projects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.errors import Conflict
from storage.model.accounts import Actor, Fields
from storage.model.backfill import Backfill, BackfillState, MissedDeliveries, Project, Repair
from storage.model.document import replace
from storage.model.entities import Connection
from storage.repositories import audit
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

    def put(self, before: Backfill, wanted: Backfill, project: Project | None = None) -> Backfill:
        """In its place, and a project's with it. Raises Conflict where another put one there meanwhile."""
        with_it = [Put(self._project_item(wanted.connection_id, project))] if project else []
        return self._put(before, wanted, with_it)

    def begin(self, connection: Connection, before: Backfill | None, wanted: Backfill, by: Actor) -> Backfill:
        """Whatever was read before. Raises Conflict as `put` does."""
        since = datetime.fromtimestamp(wanted.since // 1000, UTC).date().isoformat()
        asked = (("since", since), *((("only", wanted.only),) if wanted.only else ()))
        return self._put(before, wanted, [self._noted(by, "history.asked_for", connection, asked)])

    def stop(self, connection: Connection, before: Backfill, by: Actor) -> Backfill:
        """What was read stays. Raises Conflict as `put` does."""
        wanted = replace(before, state=BackfillState.STOPPED, ended_at=self._now())
        return self._put(before, wanted, [self._noted(by, "history.stopped", connection)])

    def _put(self, before: Backfill | None, wanted: Backfill, with_it: Sequence[Put]) -> Backfill:
        after = replace(wanted, version=before.version + 1 if before else 1)
        doc = documents.dump(after)
        item: Item = {**_kept(_key(wanted.connection_id), self._now()), "version": after.version, "doc": doc}
        try:
            self._table.transact([Put(item, VersionIs(before.version) if before else Absent()), *with_it])
        except Conflict as conflict:
            # A write that was sent again may have met itself.
            if conflict.old is None or conflict.old.get("doc") != doc:
                raise
        return after

    def _noted(self, by: Actor, action: str, of: Connection, after: Fields = ()) -> Put:
        target = f"{of.source} {of.name}".strip()
        return audit.put(audit.entry(by, self._now(), action, target, target_id=of.id, team_id=of.team_id, after=after))

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

    def find_repair(self, connection_id: str) -> Repair | None:
        item = self._table.get(repair_key(connection_id), consistent=False)
        return documents.load(Repair, text(item, "doc")) if item else None

    def put_repair(self, repair: Repair) -> None:
        """One process repairs; of two that do at once the last one's word holds."""
        item: Item = {**_kept(repair_key(repair.connection_id), self._now()), "doc": documents.dump(repair)}
        self._table.put(item)

    def find_missed(self, connection_id: str) -> MissedDeliveries | None:
        item = self._table.get(missed_key(connection_id), consistent=False)
        return documents.load(MissedDeliveries, text(item, "doc")) if item else None

    def put_missed(self, missed: MissedDeliveries) -> None:
        """As `put_repair`."""
        item: Item = {**_kept(missed_key(missed.connection_id), self._now()), "doc": documents.dump(missed)}
        self._table.put(item)

    def _project_item(self, connection_id: str, project: Project) -> Item:
        return {**_kept(_project_key(connection_id, project.id), self._now()), "doc": documents.dump(project)}


def _key(connection_id: str) -> Key:
    return Key(keys.BACKFILLS, keys.part(connection_id))


def _project_key(connection_id: str, project_id: str) -> Key:
    """The tool's own id may hold anything."""
    digest = hashlib.sha256(project_id.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return Key(keys.connection(connection_id), f"{keys.PROJECTS}{digest}")


def repair_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "REPAIR")


def missed_key(connection_id: str) -> Key:
    return Key(keys.connection(connection_id), "MISSED")


def _kept(key: Key, now: int) -> Item:
    return {"pk": key.pk, "sk": key.sk, schema.EXPIRES: now // 1000 + KEPT_SECONDS}
