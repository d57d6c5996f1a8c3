"""Who belongs to a team, and invitations to. A role stands with the person, so that what they may do is read with
them; the team's list of those who have one is written in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from storage import keys, topics
from storage.codec import account_items as user_items
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor, AuditEntry, Fields, Grant, Invitation, Member, Membership, Role, User
from storage.model.document import replace
from storage.model.entities import Team
from storage.repositories import audit, changes
from storage.repositories.users import Users
from storage.table import Absent, Delete, Exists, Put, Query, Table, VersionIs, Write

MOST_LISTED = 1000
TRIES = 5
# Of the writes of one transaction, beside the person's own: DynamoDB takes 100.
MOST_TOGETHER = 80


def _member(membership: Membership, user: User) -> Member | None:
    role = user.granted_role(membership.team_id)
    if role is None:
        return None
    by_group = user.role_by_hand(membership.team_id) is None
    return Member(user.id, user.name, user.email, role, membership.added_at, membership.added_by, by_group)


def _of_each_team(invitation: Invitation) -> Iterator[Invitation]:
    """As each of its teams lists it."""
    for team_id, role in invitation.roles.items():
        also = tuple((other, given) for other, given in invitation.roles.items() if other != team_id)
        yield replace(invitation, team_id=team_id, role=role, also=also)


class Members:
    def __init__(self, table: Table, now: Callable[[], int], users: Users) -> None:
        self._table = table
        self._now = now
        self._users = users

    def set_role(self, user: User, team: Team, role: Role | None, by: Actor) -> User:
        """Give a role, another one, or (None) take it. Raises Conflict when the person was changed since `user` was
        read."""
        after = user.with_role(team.id, role)
        before = user.role_by_hand(team.id)
        noted = self._entry(by, "member.removed" if role is None else "member.set", user, team, before, role)
        writes: list[Write] = [
            Put(user_items.user_item(after), VersionIs(user.version)),
            self._notice(user.id),
            audit.put(noted),
            *self._listed(user, after, by),
        ]
        self._table.transact(writes)
        return after

    def set_groups(self, user: User, grants: Iterable[Grant], by: Actor, *, is_admin: bool) -> User:
        """What the identity provider's groups say at a sign-in. Nothing is written where that is known already."""
        group_roles = tuple(sorted(grants))
        by_group = is_admin and (user.admin_by_group or not user.is_admin)
        after = replace(
            user,
            group_roles=group_roles,
            is_admin=is_admin or (user.is_admin and not user.admin_by_group),
            admin_by_group=by_group,
            version=user.version + 1,
        )
        if replace(after, version=user.version) == user:
            return user
        together, later = self._listed_in_parts(user, after, by)
        self._users.set_groups(user, after, by, together)
        self._write_in_parts(later)
        return after

    def create_user(self, user: User, by: Actor) -> None:
        """A new person with roles, each on its team's list."""
        together, _ = self._listed_in_parts(None, user, by)
        self._users.create(user, by, together)

    def list_of_team(self, team_id: str) -> list[Member]:
        """By name, at most 1,000."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.MEMBERS, limit=MOST_LISTED, consistent=True))
        found = [user_items.membership_of(item) for item in page.items]
        users = self._users.find_all([membership.user_id for membership in found])
        members = [_member(membership, user) for membership in found if (user := users.get(membership.user_id))]
        return sorted((m for m in members if m is not None), key=lambda m: (m.name.casefold(), m.user_id))

    def count_of_team(self, team_id: str) -> int:
        """At most 1,000."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.MEMBERS, limit=MOST_LISTED, consistent=True))
        return len(page.items)

    def put_invitation(self, invitation: Invitation, by: Actor) -> None:
        """Onto the list of each of its teams."""
        noted = [
            audit.put(self._of_invitation(by, "invitation.created", invitation, team_id, after=(("role", str(role)),)))
            for team_id, role in invitation.roles.items()
        ]
        made = [Put(user_items.invitation_item(each), Absent()) for each in _of_each_team(invitation)]
        self._table.transact([*made, *noted])

    def find_invitation(self, team_id: str, key_hash: str) -> Invitation | None:
        item = self._table.get(user_items.invitation_key(team_id, key_hash))
        return user_items.invitation_of(item) if item else None

    def list_invitations(self, team_id: str) -> list[Invitation]:
        page = self._table.query(Query(keys.team(team_id), prefix=keys.INVITATIONS, limit=200, consistent=True))
        return sorted((user_items.invitation_of(item) for item in page.items), key=lambda found: found.created_at)

    def revoke_invitation(self, invitation: Invitation, by: Actor) -> None:
        """Of all its teams at once. Raises NotFound when it was used or revoked meanwhile."""
        noted = [
            audit.put(self._of_invitation(by, "invitation.revoked", invitation, team_id))
            for team_id in invitation.roles
        ]
        self._transact_unless_used([*self._used(invitation), *noted])

    def _of_invitation(
        self, by: Actor, action: str, invitation: Invitation, team_id: str, after: Fields = ()
    ) -> AuditEntry:
        whom = invitation.email or invitation.name or "anybody with the link"
        return audit.entry(by, self._now(), action, whom, team_id=team_id, after=after)

    def accept(self, invitation: Invitation, user: User, teams: Sequence[Team], by: Actor) -> None:
        """With its role in each of these teams; a higher one stays. Raises NotFound when somebody else was quicker or
        nobody has this id, Conflict when the person is written again and again."""
        found: User | None = user
        for _ in range(TRIES):
            if found is None:
                raise NotFound("No such person")
            try:
                self._accept(invitation, found, teams, by)
            except Conflict:
                found = self._users.find(user.id)
            else:
                return
        raise Conflict("the person is being written by others")

    def _accept(self, invitation: Invitation, user: User, teams: Sequence[Team], by: Actor) -> None:
        after, noted = user, []
        for team in teams:
            has, given = user.role_by_hand(team.id), invitation.roles[team.id]
            role = has if has and has.covers(given) else given
            after = replace(after.with_role(team.id, role), version=user.version + 1)
            noted.append(audit.put(self._entry(by, "invitation.accepted", user, team, has, role)))
        writes: list[Write] = [
            *self._used(invitation),
            Put(user_items.user_item(after), VersionIs(user.version)),
            self._notice(user.id),
            *noted,
            *self._listed(user, after, by),
        ]
        self._transact_unless_used(writes)

    def accept_as_new(self, invitation: Invitation, user: User, by: Actor) -> None:
        """`user` has the invitation's roles. Raises AlreadyExists when the e-mail is taken, NotFound when somebody else
        was quicker."""
        try:
            writes = [*self._used(invitation), *self._listed(None, user, by)]
            self._users.create(user, by, writes, team_id=invitation.team_id)
        except Conflict as conflict:
            raise NotFound("This invitation was used already.") from conflict

    def _used(self, invitation: Invitation) -> list[Write]:
        """Off every list. One of them tells whether it still stood: it comes and goes as a whole."""
        first, *others = (user_items.invitation_key(team_id, invitation.key_hash) for team_id in invitation.roles)
        return [Delete(first, Exists()), *map(Delete, others)]

    def _transact_unless_used(self, writes: list[Write]) -> None:
        """The first write is the end of the invitation."""
        try:
            self._table.transact(writes)
        except Conflict as conflict:
            if conflict.index == 0:
                raise NotFound("This invitation was used already.") from conflict
            raise

    def _listed(self, before: User | None, after: User, by: Actor) -> list[Write]:
        """On the lists of the teams they come to, off those they leave."""
        had, has = before.team_ids if before else frozenset[str](), after.team_ids
        come = [Membership(team_id, after.id, self._now(), by.name) for team_id in sorted(has - had)]
        left = [Delete(user_items.member_key(team_id, after.id)) for team_id in sorted(had - has)]
        return [*(Put(user_items.member_item(membership)) for membership in come), *left]

    def _listed_in_parts(self, before: User | None, after: User, by: Actor) -> tuple[list[Write], list[Write]]:
        """What goes into the person's transaction, and what goes off lists after it. Where there are too many, the
        person comes onto lists beforehand: whoever has no role in a team is not shown on its list."""
        writes = self._listed(before, after, by)
        if len(writes) <= MOST_TOGETHER:
            return writes, []
        self._write_in_parts([write for write in writes if isinstance(write, Put)])
        return [], [write for write in writes if isinstance(write, Delete)]

    def _write_in_parts(self, writes: list[Write]) -> None:
        for at in range(0, len(writes), MOST_TOGETHER):
            self._table.transact(writes[at : at + MOST_TOGETHER])

    def _notice(self, user_id: str) -> Put:
        return changes.notice(self._now(), [topics.reader(user_id)])

    def _entry(
        self, by: Actor, action: str, user: User, team: Team, before: Role | None, after: Role | None
    ) -> AuditEntry:
        return audit.entry(
            by,
            self._now(),
            action,
            user.email or user.name,
            target_id=user.id,
            team_id=team.id,
            before=(("role", str(before)),) if before else (),
            after=(("role", str(after)),) if after else (),
        )
