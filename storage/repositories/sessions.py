"""The sign-ins that people have open."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys, topics
from storage.codec import account_items as user_items
from storage.errors import Conflict
from storage.model.accounts import Actor, Session
from storage.model.document import replace
from storage.repositories import audit, changes
from storage.table import Delete, Exists, Put, Query, Table, Write


class Sessions:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def put(self, session: Session, by: Actor, replaces: str = "", how: str = "") -> None:
        """Open a session. `replaces`: the hash of the one this browser had, which ends. `how`: what let them in."""
        told = (("by", how),) if how else ()
        writes: list[Write] = [
            Put(user_items.session_item(session)),
            audit.put(audit.entry(by, self._now(), "session.opened", by.name, target_id=session.user_id, after=told)),
        ]
        if replaces:
            writes.append(Delete(user_items.session_key(session.user_id, replaces)))
            writes.append(self._notice(replaces))
        self._table.transact(writes)

    def touch(self, user_id: str, key_hash: str, seen_at: int) -> None:
        """Note that it was used then (milliseconds). One that ended meanwhile stays so."""
        key = user_items.session_key(user_id, key_hash)
        item = self._table.get(key)
        if item is None:
            return
        session = user_items.session_of(item)
        seen = replace(session, seen_at=max(session.seen_at, seen_at))
        try:
            self._table.put(user_items.session_item(seen), Exists())
        except Conflict:
            return

    def delete(self, user_id: str, key_hash: str, by: Actor) -> bool:
        """End a session; pages that are open under it are told. Whether it stood."""
        noted = audit.entry(by, self._now(), "session.ended", key_hash[:8], target_id=user_id)
        ended = Delete(user_items.session_key(user_id, key_hash), Exists())
        try:
            self._table.transact([ended, self._notice(key_hash), audit.put(noted)])
        except Conflict:
            return False
        return True

    def list_of_user(self, user_id: str) -> list[Session]:
        """All of them, newest first; those that a change of the person has ended stand among them until they expire."""
        page = self._table.query(Query(keys.user(user_id), prefix=keys.SESSIONS, consistent=True))
        found = [user_items.session_of(item) for item in page.items]
        return sorted(found, key=lambda session: (session.created_at, session.key_hash), reverse=True)

    def _notice(self, key_hash: str) -> Put:
        return changes.notice(self._now(), [topics.session(key_hash)])
