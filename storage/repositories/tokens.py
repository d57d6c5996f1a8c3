"""API tokens, of which only the hash is kept."""

from __future__ import annotations

from collections.abc import Callable

from storage import keys
from storage.codec import account_items as user_items
from storage.errors import Conflict
from storage.model.accounts import Actor, Token
from storage.model.document import replace
from storage.repositories import audit
from storage.table import Absent, Delete, Exists, Put, Query, Table, Write

TOUCH_EVERY = 300_000


class Tokens:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def create(self, token: Token, by: Actor) -> None:
        after = audit.fields(token, ("scopes",))
        noted = audit.entry(
            by, self._now(), "token.created", token.name, target_id=token.token_hash[:8], team_id=token.team_id,
            after=after,
        )  # fmt: skip
        writes: list[Write] = [Put(user_items.token_item(token), Absent()), audit.put(noted)]
        if token.team_id:
            writes.append(Put(user_items.team_token_item(token)))
        self._table.transact(writes)

    def find(self, token_hash: str) -> Token | None:
        item = self._table.get(user_items.token_key(token_hash))
        return user_items.token_of(item) if item else None

    def list_of_user(self, user_id: str) -> list[Token]:
        """Oldest first."""
        page = self._table.query(Query(keys.user(user_id), index="history", limit=200))
        return [user_items.token_of(item) for item in page.items]

    def list_of_team(self, team_id: str) -> list[Token]:
        """Those that are good for this team only."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.TOKENS, limit=200, consistent=True))
        return sorted((user_items.token_of(item) for item in page.items), key=lambda token: token.created_at)

    def touch(self, token: Token) -> None:
        """Note that it was used, at most every five minutes. One that was revoked meanwhile stays revoked."""
        now = self._now()
        if now - token.last_used_at < TOUCH_EVERY:
            return
        used = replace(token, last_used_at=now)
        writes: list[Write] = [Put(user_items.token_item(used), Exists())]
        if token.team_id:
            writes.append(Put(user_items.team_token_item(used), Exists()))
        try:
            self._table.transact(writes)
        except Conflict:
            return

    def delete(self, token: Token, by: Actor) -> None:
        noted = audit.entry(
            by, self._now(), "token.revoked", token.name, target_id=token.token_hash[:8], team_id=token.team_id
        )
        writes: list[Write] = [Delete(user_items.token_key(token.token_hash)), audit.put(noted)]
        if token.team_id:
            writes.append(Delete(user_items.team_token_key(token.team_id, token.token_hash)))
        self._table.transact(writes)
