"""Second factors of people. They stand beside the person, who carries only whether there are any."""

from __future__ import annotations

from collections.abc import Callable

from storage import topics
from storage.codec import account_items, factor_items
from storage.errors import Conflict
from storage.model.accounts import Actor, User
from storage.model.document import replace
from storage.model.factors import FactorSet, SignInPolicy
from storage.repositories import audit, changes
from storage.table import Absent, Put, Table, VersionIs, Write


class FactorSets:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self, user_id: str) -> FactorSet:
        """Empty where there are none."""
        return factor_items.factors_of(self._table.get(factor_items.factors_key(user_id)), user_id)

    def find_with_user(self, user_id: str) -> tuple[User | None, FactorSet]:
        """The person and what they have, in one read."""
        user, factors = self._table.batch_get([account_items.user_key(user_id), factor_items.factors_key(user_id)])
        return account_items.user_of(user) if user else None, factor_items.factors_of(factors, user_id)

    def put(self, user: User, before: FactorSet, after: FactorSet, by: Actor, action: str, target: str = "") -> None:
        """Whatever changes what they have: with its entry in the audit log and, where they now have a factor for the
        first time or none any more, with the person. Raises Conflict when either was changed meanwhile."""
        noted = audit.entry(by, self._now(), action, target or user.email or user.name, target_id=user.id)
        writes: list[Write] = [self._put(before, after), audit.put(noted)]
        if user.has_second_factor != after.is_any:
            changed = replace(user, has_second_factor=after.is_any, version=user.version + 1)
            writes.append(Put(account_items.user_item(changed), VersionIs(user.version)))
            writes.append(changes.notice(self._now(), [topics.reader(user.id)]))
        self._table.transact(writes)

    def note_use(self, before: FactorSet, after: FactorSet) -> None:
        """What follows from having used one: its step or its count. Raises Conflict when somebody else used one first,
        perhaps the very same code."""
        write = self._put(before, after)
        self._table.put(write.item, write.condition)

    def spend(self, digest: str, expires_at: int) -> bool:
        """A challenge is answered: whether for the first time. Kept until it would have expired (milliseconds)."""
        try:
            self._table.put(factor_items.challenge_item(digest, expires_at), Absent())
        except Conflict:
            return False
        return True

    def _put(self, before: FactorSet, after: FactorSet) -> Put:
        written = replace(after, version=before.version + 1)
        return Put(factor_items.factors_item(written), VersionIs(before.version) if before.version else Absent())


class SignInPolicies:
    """What is asked of everybody who signs in: one item, read with whoever comes."""

    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def find(self) -> SignInPolicy:
        return factor_items.policy_of(self._table.get(factor_items.POLICY))

    def put(self, before: SignInPolicy, after: SignInPolicy, by: Actor) -> None:
        """Raises Conflict when somebody else changed it first."""
        written = replace(after, version=before.version + 1)
        old, new = audit.difference(before, after, ("second_factor_required",))
        noted = audit.entry(by, self._now(), "sign_in.changed", "signing in", before=old, after=new)
        condition = VersionIs(before.version) if before.version else Absent()
        self._table.transact([Put(factor_items.policy_item(written), condition), audit.put(noted)])

    def tell(self, user_ids: list[str]) -> None:
        """Open pages of these people ask again what they may see."""
        self._table.transact([changes.notice(self._now(), [topics.reader(user_id) for user_id in user_ids])])
