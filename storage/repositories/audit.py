"""The audit log: who did what, to what, from where. An entry is written in the transaction of the change itself, and
nothing here changes or removes one."""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from storage import keys, schema
from storage.codec import documents
from storage.codec.items import text
from storage.model.accounts import Actor, AuditEntry, Fields
from storage.table import Cursor, Item, Put, Query, Table

KEPT_DAYS = 800
LONGEST_VALUE = 200
HOUR_MS, MOST_REFUSED = 3_600_000, 10_000


@dataclass(frozen=True, slots=True)
class AuditPage:
    items: tuple[AuditEntry, ...]
    next: Cursor | None


def entry(
    by: Actor,
    at: int,
    action: str,
    target: str,
    *,
    target_id: str = "",
    team_id: str = "",
    before: Fields = (),
    after: Fields = (),
    outcome: str = "done",
) -> AuditEntry:
    """`at`: milliseconds. `target`: what it was done to, as people call it."""
    return AuditEntry(
        id=keys.new_id(),
        at=at,
        user_id=by.user_id,
        who=by.name,
        address=by.address,
        action=action,
        target=target[:LONGEST_VALUE],
        target_id=target_id,
        team_id=team_id,
        before=before,
        after=after,
        outcome=outcome,
    )


def difference(before: object, after: object, names: Iterable[str]) -> tuple[Fields, Fields]:
    """Of two dataclass instances the named fields that differ, as text."""
    changed = [name for name in names if getattr(before, name) != getattr(after, name)]
    return fields(before, changed), fields(after, changed)


def fields(of: object, names: Iterable[str]) -> Fields:
    return tuple((name, _words(getattr(of, name))[:LONGEST_VALUE]) for name in names)


def _words(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(_words(part) for part in value)
    if dataclasses.is_dataclass(value):
        return " ".join(_words(getattr(value, field.name)) for field in dataclasses.fields(value)).strip()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def put(found: AuditEntry) -> Put:
    """The write of an entry, to stand in a transaction."""
    return Put(_item(found))


def _item(found: AuditEntry) -> Item:
    document = documents.dump(found)
    item: Item = {
        "pk": keys.audit(),
        "sk": keys.moment(found.at, found.id),
        schema.EXPIRES: found.at // 1000 + KEPT_DAYS * 86_400,
        "summary": document,
    }
    if found.team_id:
        item["history_pk"] = keys.audit_of(found.team_id)
        item["history_sk"] = keys.moment(found.at, found.id)
    return item


class Audit:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now
        # When each was noted last, and how often it was tried since.
        self._refused: OrderedDict[tuple[str, str, str], tuple[int, int]] = OrderedDict()

    def put_refused(self, by: Actor, action: str, target: str, team_id: str = "") -> None:
        """What was tried and not allowed: once an hour for each person and target, so that nobody can fill the log. How
        often it was tried since stands in the next entry."""
        now, what = self._now(), (by.user_id or by.address, action, target[:LONGEST_VALUE])
        noted_at, times = self._refused.get(what, (0, 0))
        if now - noted_at < HOUR_MS:
            self._refused[what] = (noted_at, times + 1)
            return
        more = (("more before", str(times)),) if times else ()
        found = entry(by, now, action, target, team_id=team_id, outcome="refused", after=more)
        self._table.put(_item(found))
        self._refused.pop(what, None)
        self._refused[what] = (now, 0)
        while len(self._refused) > MOST_REFUSED:
            self._refused.popitem(last=False)

    def list_all(self, limit: int = 50, cursor: Cursor | None = None) -> AuditPage:
        """Newest first."""
        return self._page(Query(keys.audit(), reverse=True, limit=limit, cursor=cursor))

    def list_of_team(self, team_id: str, limit: int = 50, cursor: Cursor | None = None) -> AuditPage:
        """Newest first."""
        query = Query(keys.audit_of(team_id), index="history", reverse=True, limit=limit, cursor=cursor)
        return self._page(query)

    def _page(self, query: Query) -> AuditPage:
        page = self._table.query(query)
        return AuditPage(tuple(documents.load(AuditEntry, text(item, "summary")) for item in page.items), page.next)
