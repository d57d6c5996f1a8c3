"""Takes away, piece by piece, what a deleted team left behind. Every step may be repeated, by any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice

from storage import keys
from storage.codec import account_items as user_items
from storage.codec import fact_items, items
from storage.errors import Conflict
from storage.model.subjects import SubjectKind
from storage.model.windows import WINDOWS
from storage.table import Key, Put, Query, Table, VersionIs

# Pages that are read, and items that go in a call: a moment's work, for the thread has other things to do.
STEP, MOST = 50, 100
# Longer than any process remembers a connection.
LINGER_MS = 120_000


class Removals:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_all(self) -> list[str]:
        """Ids of teams that are deleted and not all gone yet."""
        page = self._table.query(Query(keys.removals(), prefix=keys.TEAMS, limit=100, consistent=True))
        return [items.text(item, "doc") for item in page.items]

    def remove_some(self, team_id: str) -> bool:
        """Whether nothing is left for now. At most MOST items go in a call. What was under way when the team was
        deleted may still be written, so the note of the removal stays for a while."""
        found = 0
        for key in islice(self._leftovers(team_id), MOST):
            found += 1
            if key is not None:
                self._table.delete(key)
        if found:
            return False
        noted = self._table.get(items.removal_key(team_id))
        if noted is not None and self._now() - items.number(noted, "at") > LINGER_MS:
            self._table.delete(items.removal_key(team_id))
        return True

    def _leftovers(self, team_id: str) -> Iterator[Key | None]:
        """What may go next, read only as far as it is asked for. None: something that must wait for the next call."""
        subjects = (keys.subjects_of(kind, team_id) for kind in SubjectKind)
        for partition in (keys.team(team_id), keys.screens_of(team_id), *subjects):
            page = self._table.query(Query(partition, index="history", limit=STEP))
            yield from map(items.key_of, page.items)
        page = self._table.query(Query(keys.subjects_of(SubjectKind.COMMIT, team_id), index="inbox", limit=STEP))
        yield from map(items.key_of, page.items)
        yield from self._windows(team_id)
        page = self._table.query(Query(keys.team(team_id), limit=STEP, consistent=True))
        for item in page.items:
            yield from self._behind(team_id, items.key_of(item))

    def _windows(self, team_id: str) -> Iterator[Key]:
        standing = self._table.batch_get([fact_items.window_key(team_id, days) for days in WINDOWS])
        yield from (items.key_of(item) for item in standing if item)

    def _behind(self, team_id: str, key: Key) -> Iterator[Key | None]:
        """What an item of the team's stands for, and at last the item itself, by which the rest is found."""
        kind, _, rest = key.sk.partition(keys.SEPARATOR)
        if kind == "PIPELINE":
            page = self._table.query(Query(keys.pipeline(rest), index="history", limit=STEP))
            for found in page.items:
                whole = self._table.query(Query(items.text(found, "pk"), consistent=True))
                yield from map(items.key_of, whole.items)
                why = keys.failures("FAILURES", items.text(found, "pk").partition(keys.SEPARATOR)[2])
                yield from map(items.key_of, self._table.query(Query(why, limit=STEP, consistent=True)).items)
            told = (
                (keys.facts(rest), ""),
                (keys.parts(rest), ""),
                (keys.failures("GREEN_LINES", rest), ""),
                (keys.stale_days(), keys.stale_days_of(rest)),
            )
            queries = (Query(pk, prefix=prefix, limit=STEP, consistent=True) for pk, prefix in told)
            derived = [item for query in queries for item in self._table.query(query).items]
            yield from map(items.key_of, derived)
            if page.items or derived:
                yield None
                return
            yield items.record_key(rest)
            yield items.summary_key(team_id, rest)
        if kind == "TOKEN":
            yield user_items.token_key(rest)
        yield key if kind != "MEMBER" or self._forget(team_id, rest) else None

    def _forget(self, team_id: str, user_id: str) -> bool:
        """Take the role in a team that is no more from a person. False: try again later."""
        item = self._table.get(user_items.user_key(user_id))
        if item is None:
            return True
        user = user_items.user_of(item)
        after = user.with_role(team_id, None)
        if after.roles == user.roles:
            return True
        try:
            self._table.transact([Put(user_items.user_item(after), VersionIs(user.version))])
        except Conflict:
            return False
        return True
