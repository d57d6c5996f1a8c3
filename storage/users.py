"""People who sign in: users, their sessions and API tokens."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storage import items, packing, schema, user_items
from storage.entities import Session, Team, Token, User
from storage.errors import AlreadyExists, Conflict
from storage.table import Absent, Delete, Item, Key, Put, Query, Table, VersionIs


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came, with what sign-in, and the team or execution their path names. Each is None where it does not stand.
    `execution` is its first item: a very long one has more."""

    user: User | None
    session: Session | None
    team: Team | None
    execution: Item | None


class Users:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def arrive(self, user_id: str, key_hash: str, slug: str = "", execution_id: str = "") -> Arrival:
        """One read for what every page needs first."""
        keys = [user_items.user_key(user_id), user_items.session_key(user_id, key_hash)]
        if slug:
            keys.append(items.slug_key(slug))
        if execution_id:
            keys.append(items.execution_key(execution_id))
        user, session, *rest = self._table.batch_get(keys)
        team = rest.pop(0) if slug else None
        execution = rest.pop(0) if execution_id else None
        return Arrival(
            user_items.user_of(user) if user else None,
            user_items.session_of(session) if session else None,
            packing.load(Team, items.text(team, "doc")) if team else None,
            execution,
        )

    def create(self, user: User) -> None:
        """Raises AlreadyExists when the e-mail is taken."""
        address: Item = {"pk": schema.email(user.email), "sk": "EMAIL", "doc": user.id}
        setup: Item = {"pk": schema.setup(), "sk": "SETUP", "doc": user.id}
        try:
            self._table.transact([Put(address, Absent()), Put(user_items.user_item(user), Absent()), Put(setup)])
        except Conflict as conflict:
            if conflict.old is None or conflict.old.get("doc") != user.id:
                raise AlreadyExists("the e-mail address is taken") from conflict

    def find(self, user_id: str) -> User | None:
        item = self._table.get(user_items.user_key(user_id))
        return user_items.user_of(item) if item else None

    def find_id(self, email: str) -> str | None:
        item = self._table.get(Key(schema.email(email), "EMAIL"))
        return items.text(item, "doc") if item else None

    def any_exists(self) -> bool:
        return self._table.get(Key(schema.setup(), "SETUP")) is not None

    def put(self, user: User) -> None:
        """`user.version` is one more than the version that was read. Raises Conflict when somebody else wrote first."""
        self._table.put(user_items.user_item(user), VersionIs(user.version - 1))

    def list_all(self, limit: int = 200) -> list[User]:
        """Oldest first, without their passwords."""
        page = self._table.query(Query(schema.users(), index="history", limit=limit))
        return [user_items.user_of(item) for item in page.items]


class Sessions:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def put(self, session: Session) -> None:
        self._table.put(user_items.session_item(session))

    def delete(self, user_id: str, key_hash: str) -> None:
        """End a session; pages that are open under it are told."""
        notice = items.change_item(self._now(), [f"session:{key_hash}"], schema.new_id()[:12])
        self._table.transact([Delete(user_items.session_key(user_id, key_hash)), Put(notice)])


class Tokens:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find(self, token_hash: str) -> Token | None:
        item = self._table.get(user_items.token_key(token_hash))
        return user_items.token_of(item) if item else None

    def put(self, token: Token) -> None:
        self._table.put(user_items.token_item(token))
