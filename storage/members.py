"""Who belongs to a team, and invitations to. A role stands with the person, so that what they may do is read with
them; the team's list of members is written in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from storage import audit, items, schema, user_items
from storage.entities import Team
from storage.errors import Conflict, NotFound
from storage.people import AuditEntry, By, Grant, Invitation, Member, Role, User
from storage.table import Absent, Delete, Exists, Put, Query, Table, VersionIs, Write
from storage.users import Users


class Members:
    def __init__(self, table: Table, now: Callable[[], int], users: Users) -> None:
        self._table = table
        self._now = now
        self._users = users

    def set_role(self, user: User, team: Team, role: Role | None, by: By) -> User:
        """Give a role, another one, or (None) take it. Raises Conflict when the person was changed since `user` was
        read."""
        after = user.with_role(team.id, role)
        before = next((grant.role for grant in user.roles if grant.team_id == team.id), None)
        noted = self._entry(by, "member.removed" if role is None else "member.set", user, team, before, role)
        writes: list[Write] = [
            Put(user_items.user_item(after), VersionIs(user.version)),
            self._listed(after, team.id, by),
            self._notice(user.id),
            audit.put(noted),
        ]
        self._table.transact(writes)
        return after

    def set_groups(self, user: User, grants: Iterable[Grant], by: By, *, is_admin: bool) -> User:
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
        touched = {grant.team_id for grant in (*user.group_roles, *group_roles)}
        self._users.set_groups(user, after, by, [self._listed(after, team_id, by) for team_id in sorted(touched)])
        return after

    def create_user(self, user: User, by: By) -> None:
        """A new person with roles, each on its team's list."""
        self._users.create(user, by, [self._listed(user, team_id, by) for team_id in sorted(user.team_ids)])

    def list_of_team(self, team_id: str) -> list[Member]:
        page = self._table.query(Query(schema.team(team_id), prefix="MEMBER#", limit=1000, consistent=True))
        return sorted((user_items.member_of(item) for item in page.items), key=lambda m: (m.name.casefold(), m.user_id))

    def put_invitation(self, invitation: Invitation, team: Team, by: By) -> None:
        noted = audit.entry(
            by,
            self._now(),
            "invitation.created",
            invitation.email or "anybody with the link",
            team_id=team.id,
            after=audit.fields(invitation, ("role",)),
        )
        self._table.transact([Put(user_items.invitation_item(invitation), Absent()), audit.put(noted)])

    def find_invitation(self, team_id: str, key_hash: str) -> Invitation | None:
        item = self._table.get(user_items.invitation_key(team_id, key_hash))
        return user_items.invitation_of(item) if item else None

    def list_invitations(self, team_id: str) -> list[Invitation]:
        page = self._table.query(Query(schema.team(team_id), prefix="INVITATION#", limit=200, consistent=True))
        return sorted((user_items.invitation_of(item) for item in page.items), key=lambda found: found.created_at)

    def revoke_invitation(self, invitation: Invitation, by: By) -> None:
        """Raises NotFound when it was used or revoked meanwhile."""
        who = invitation.email or "anybody with the link"
        noted = audit.entry(by, self._now(), "invitation.revoked", who, team_id=invitation.team_id)
        self._table_or_gone([self._used(invitation), audit.put(noted)])

    def accept(self, invitation: Invitation, user: User, team: Team, by: By) -> User:
        """Raises NotFound when somebody else was quicker, Conflict when the person was changed meanwhile. A higher role
        stays."""
        has = next((grant.role for grant in user.roles if grant.team_id == team.id), None)
        role = has if has and has.covers(invitation.role) else invitation.role
        after = user.with_role(team.id, role)
        writes: list[Write] = [
            self._used(invitation),
            Put(user_items.user_item(after), VersionIs(user.version)),
            self._listed(after, team.id, by),
            self._notice(user.id),
            audit.put(self._entry(by, "invitation.accepted", user, team, has, role)),
        ]
        self._table_or_gone(writes)
        return after

    def accept_as_new(self, invitation: Invitation, user: User, by: By) -> None:
        """`user` has the invitation's role. Raises AlreadyExists when the e-mail is taken, NotFound when somebody else
        was quicker."""
        try:
            self._users.create(user, by, [self._used(invitation), self._listed(user, invitation.team_id, by)])
        except Conflict as conflict:
            raise NotFound("This invitation was used already.") from conflict

    def _used(self, invitation: Invitation) -> Write:
        return Delete(user_items.invitation_key(invitation.team_id, invitation.key_hash), Exists())

    def _table_or_gone(self, writes: list[Write]) -> None:
        try:
            self._table.transact(writes)
        except Conflict as conflict:
            if conflict.index == 0:
                raise NotFound("This invitation was used already.") from conflict
            raise

    def _listed(self, user: User, team_id: str, by: By) -> Write:
        role = user.role_in(team_id)
        if role is None:
            return Delete(user_items.member_key(team_id, user.id))
        by_hand = any(grant.team_id == team_id for grant in user.roles)
        member = Member(team_id, user.id, user.name, user.email, role, self._now(), by.name, by_group=not by_hand)
        return Put(user_items.member_item(member))

    def _notice(self, user_id: str) -> Put:
        return Put(items.change_item(self._now(), [f"reader:{user_id}"], schema.new_id()[:12]))

    def _entry(
        self, by: By, action: str, user: User, team: Team, before: Role | None, after: Role | None
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
