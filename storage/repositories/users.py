"""People who sign in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from storage import keys, topics
from storage.codec import account_items as user_items
from storage.codec import documents, factor_items, items, saved_view_items
from storage.errors import AlreadyExists, Conflict, LastAdministrator, NotFound
from storage.model.accounts import Actor, Fields, Session, User
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.factors import SignInPolicy
from storage.model.saved_views import ViewSet
from storage.repositories import audit, changes
from storage.repositories.executions import ExecutionHead
from storage.table import Absent, Delete, Exists, Key, Put, Query, Table, VersionIs, Write

SHOWN = ("name", "is_admin", "is_active")
TRIES = 5
# As many keys as one read takes.
MOST_AT_ONCE = 100
# Where the end of /setup and the list of administrators stand in the transaction that makes somebody.
SETUP_AT = 2
ADMINISTRATORS_AT = 4


@dataclass(frozen=True, slots=True)
class Arrival:
    """Who came, with what sign-in, and the team or execution their path names. Each is None where it does not stand.
    `execution` is its first item: a very long one has more. `policy`: what is asked of all who sign in. `views`: what
    they keep for themselves."""

    user: User | None
    session: Session | None
    team: Team | None
    execution: ExecutionHead | None
    policy: SignInPolicy
    views: ViewSet

    @property
    def is_held(self) -> bool:
        """Whether they must set up a second factor before anything else opens."""
        return self.user is not None and self.policy.holds_up(self.user)


class Users:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def arrive(self, user_id: str, key_hash: str, slug: str = "", execution_id: str = "") -> Arrival:
        """One read for what every page needs first."""
        keys = [user_items.user_key(user_id), user_items.session_key(user_id, key_hash), factor_items.POLICY]
        keys.append(saved_view_items.views_key(user_id))
        if slug:
            keys.append(items.slug_key(slug))
        if execution_id:
            keys.append(items.execution_key(execution_id))
        user, session, policy, views, *rest = self._table.batch_get(keys)
        team = rest.pop(0) if slug else None
        execution = rest.pop(0) if execution_id else None
        return Arrival(
            user_items.user_of(user) if user else None,
            user_items.session_of(session) if session else None,
            documents.load(Team, items.text(team, "doc")) if team else None,
            ExecutionHead(execution) if execution else None,
            factor_items.policy_of(policy),
            saved_view_items.views_of(views, user_id),
        )

    def create(
        self, user: User, by: Actor, extra: Sequence[Write] = (), *, team_id: str = "", first: bool = False
    ) -> None:
        """With `extra` writes in the same transaction; `team_id`: in whose log it stands, too. Somebody with a password
        owns their e-mail, somebody an identity provider vouches for their (issuer, subject). Raises AlreadyExists when
        it is taken or this was to be the `first` of all and is not, Conflict when a condition of `extra` fails."""
        for _ in range(TRIES):
            try:
                self._create(user, by, extra, team_id, first=first)
            except Conflict as conflict:
                if conflict.index == 0 and conflict.old is not None and conflict.old.get("doc") == user.id:
                    # It stands as we wrote it: an answer was lost on the way and the write was sent again.
                    return
                if conflict.index == 0:
                    raise AlreadyExists("the e-mail address is taken") from conflict
                if first and conflict.index == SETUP_AT:
                    raise AlreadyExists("somebody is here already") from conflict
                if not user.is_admin or conflict.index != ADMINISTRATORS_AT:
                    raise
                # Somebody else was made or unmade an administrator meanwhile.
                continue
            return
        raise Conflict("the list of administrators is being written by others")

    def _create(self, user: User, by: Actor, extra: Sequence[Write], team_id: str, *, first: bool) -> None:
        claim = user_items.identity_item(user) if user.issuer else user_items.email_item(user)
        writes: list[Write] = [
            Put(claim, Absent()),
            Put(user_items.user_item(user), Absent()),
            Put(user_items.setup_item(user), Absent() if first else None),
            self._noted(
                by, "person.created", user, after=audit.fields(user, ("email", "name", "is_admin")), team_id=team_id
            ),
        ]
        if user.is_admin:
            writes += self._administrators(add=user.id)
        self._table.transact([*writes, *extra])

    def find(self, user_id: str) -> User | None:
        item = self._table.get(user_items.user_key(user_id))
        return user_items.user_of(item) if item else None

    def find_all(self, user_ids: Sequence[str]) -> dict[str, User]:
        """Those of them who stand, by id."""
        found: dict[str, User] = {}
        for start in range(0, len(user_ids), MOST_AT_ONCE):
            keys = [user_items.user_key(user_id) for user_id in user_ids[start : start + MOST_AT_ONCE]]
            users = [user_items.user_of(item) for item in self._table.batch_get(keys) if item]
            found |= {user.id: user for user in users}
        return found

    def find_id(self, email: str) -> str | None:
        """Of somebody who signs in by a password."""
        item = self._table.get(Key(keys.email(email), "EMAIL"))
        return items.text(item, "doc") if item else None

    def find_id_of(self, issuer: str, subject: str) -> str | None:
        """Of somebody an identity provider vouches for."""
        item = self._table.get(user_items.identity_key(issuer, subject))
        return items.text(item, "doc") if item else None

    def any_exists(self) -> bool:
        return self._table.get(Key(keys.setup(), "SETUP")) is not None

    def rename(self, user: User, name: str, by: Actor) -> User:
        after = replace(user, name=name, version=user.version + 1)
        self._put(user, after, by, "person.changed")
        return after

    def set_password(self, user: User, password: str, by: Actor, *, by_link: bool = False) -> User:
        """A new hash; every session of theirs ends. `by_link`: sent to their e-mail or handed over by an administrator,
        who vouches for it so. Raises Conflict when the person was changed meanwhile."""
        claimed = user.email_claimed and not by_link
        after = replace(user, password=password, email_claimed=claimed, epoch=user.epoch + 1, version=user.version + 1)
        self._put(user, after, by, "person.password_changed", ends=self._open_sessions(user))
        return after

    def end_sessions(self, user: User, by: Actor) -> User:
        """Sign-out everywhere, whatever else was changed of them meanwhile. Raises NotFound when nobody has this id,
        Conflict when they are written again and again."""
        return self._end_sessions(user, by)

    def _end_sessions(self, user: User, by: Actor, kept: Session | None = None) -> User:
        found: User | None = user
        for _ in range(TRIES):
            if found is None:
                raise NotFound("No such person")
            after = replace(found, epoch=found.epoch + 1, version=found.version + 1)
            goes_on: list[Write] = []
            if kept is not None:
                goes_on = [Put(user_items.session_item(replace(kept, epoch=after.epoch)), Exists())]
            ends = [each for each in self._open_sessions(found) if kept is None or each.key_hash != kept.key_hash]
            try:
                self._put(found, after, by, "sessions.ended", goes_on, ends=ends)
            except Conflict:
                found = self.find(user.id)
            else:
                return after
        raise Conflict("the person is being written by others")

    def end_other_sessions(self, user: User, by: Actor, kept: str) -> User:
        """Sign-out everywhere but in the session of this hash, which goes on. Raises as `end_sessions`."""
        item = self._table.get(user_items.session_key(user.id, kept))
        session = user_items.session_of(item) if item else None
        return self._end_sessions(user, by, session)

    def set_standing(self, user: User, by: Actor, *, is_admin: bool, is_active: bool) -> User:
        """Raises LastAdministrator when nobody would be left to administer, Conflict when somebody else wrote first."""
        after = replace(
            user,
            is_admin=is_admin,
            is_active=is_active,
            # What groups gave they may take, as long as nobody has decided by hand.
            admin_by_group=user.admin_by_group and is_admin == user.is_admin,
            # Let in again, they sign in anew.
            epoch=user.epoch + (user.is_active and not is_active),
            version=user.version + 1,
        )
        was, will = user.is_admin and user.is_active, is_admin and is_active
        extra: list[Write] = []
        if was != will:
            extra = self._administrators(add=user.id) if will else self._administrators(drop=user.id)
        self._put(user, after, by, "person.changed", extra)
        return after

    def set_groups(self, user: User, after: User, by: Actor, extra: Sequence[Write]) -> None:
        """What the identity provider's groups now say. Nobody has asked whether an administrator is left: the provider
        decides."""
        moved: list[Write] = []
        if user.is_admin != after.is_admin:
            moved = self._administrators(add=user.id if after.is_admin else "", drop=user.id, forced=True)
        self._put(user, after, by, "person.groups_changed", [*extra, *moved], names=(*SHOWN, "group_roles"))

    def list_all(self, limit: int = 20_000) -> list[User]:
        """Oldest first, without their passwords."""
        page = self._table.query(Query(keys.users(), index="history", limit=limit))
        return [user_items.user_of(item) for item in page.items]

    def _put(
        self,
        before: User,
        after: User,
        by: Actor,
        action: str,
        extra: Sequence[Write] = (),
        *,
        ends: Sequence[Session] = (),
        names: Sequence[str] = SHOWN,
    ) -> None:
        """Open pages of this person's are told: those of ended sessions end, the others ask again what they may see."""
        old, new = audit.difference(before, after, names)
        named = [topics.reader(after.id), *(topics.session(session.key_hash) for session in ends)]
        writes: list[Write] = [
            Put(user_items.user_item(after), VersionIs(before.version)),
            self._noted(by, action, after, before=old, after=new),
            changes.notice(self._now(), named),
            *(Delete(user_items.session_key(session.user_id, session.key_hash)) for session in ends),
            *extra,
        ]
        self._table.transact(writes)

    def _noted(
        self, by: Actor, action: str, user: User, *, before: Fields = (), after: Fields = (), team_id: str = ""
    ) -> Write:
        who = user.email or user.name
        return audit.put(
            audit.entry(by, self._now(), action, who, target_id=user.id, team_id=team_id, before=before, after=after)
        )

    def _open_sessions(self, user: User) -> list[Session]:
        """As many as one transaction ends; the others end by the person's epoch."""
        page = self._table.query(Query(keys.user(user.id), prefix=keys.SESSIONS, limit=80, consistent=True))
        return [user_items.session_of(item) for item in page.items]

    def _administrators(self, *, add: str = "", drop: str = "", forced: bool = False) -> list[Write]:
        item = self._table.get(user_items.ADMINISTRATORS)
        known = frozenset(items.text(item, "doc").split()) if item else frozenset()
        after = (known - {drop}) | ({add} if add else set())
        if drop and not after and not forced:
            raise LastAdministrator("Somebody must remain who may administer.")
        version = items.number(item, "version") if item else 0
        written = user_items.administrators_item(after, version + 1)
        return [Put(written, VersionIs(version) if version else Absent())]
