"""Who gets a team's weekly report by e-mail, and the latest week that each was sent. The audit log has every change."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import documents
from storage.codec.items import text
from storage.errors import Conflict
from storage.model.accounts import Actor
from storage.model.report_readers import ReportReader
from storage.repositories import audit
from storage.table import Absent, Delete, Exists, Item, Key, Put, Query, Table, VersionIs

MOST_READERS = 200


class ReportReaders:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, team_id: str, user_id: str) -> ReportReader | None:
        item = self._table.get(_key(team_id, user_id))
        return documents.load(ReportReader, text(item, "doc")) if item else None

    def list_of_team(self, team_id: str) -> list[ReportReader]:
        """At most 200."""
        query = Query(keys.team(team_id), prefix=keys.REPORT_READERS, limit=MOST_READERS, consistent=True)
        return [documents.load(ReportReader, text(item, "doc")) for item in self._table.query(query).items]

    def add(self, reader: ReportReader, email: str, by: Actor) -> bool:
        """False where they are one already. email: theirs, for the audit log."""
        return self._transact(Put(_item(reader), Absent()), reader, "report.asked_for", email, by)

    def replace(self, before: ReportReader, after: ReportReader, action: str, email: str, by: Actor) -> bool:
        """False where another process was first, or they are none any more."""
        return self._transact(Put(_item(after), VersionIs(before.version)), after, action, email, by)

    def delete(self, reader: ReportReader, email: str, by: Actor) -> bool:
        """False where they are none any more."""
        return self._transact(Delete(_key(reader.team_id, reader.user_id), Exists()), reader, "report.ended", email, by)

    def _transact(self, write: Put | Delete, reader: ReportReader, action: str, email: str, by: Actor) -> bool:
        after = (("week", reader.week),) if reader.week and isinstance(write, Put) else ()
        noted = audit.entry(
            by, self._now(), action, email, target_id=reader.user_id, team_id=reader.team_id, after=after
        )
        try:
            self._table.transact([write, audit.put(noted)])
        except Conflict:
            return False
        return True


def _key(team_id: str, user_id: str) -> Key:
    return Key(keys.team(team_id), keys.report_reader(user_id))


def _item(reader: ReportReader) -> Item:
    key = _key(reader.team_id, reader.user_id)
    return {"pk": key.pk, "sk": key.sk, "version": reader.version, "doc": documents.dump(reader)}
