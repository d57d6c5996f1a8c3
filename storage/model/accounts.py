"""People and what lets them in, as types. Times are milliseconds since the epoch. Secrets appear as hashes only."""

from __future__ import annotations

import enum
from typing import NamedTuple

from storage.model.document import Document, replace


class Role(enum.StrEnum):
    """What somebody is in a team, the least first."""

    VIEWER = "viewer"
    MEMBER = "member"
    MANAGER = "manager"

    def covers(self, needed: Role) -> bool:
        return _ORDER[self] >= _ORDER[needed]


_ORDER = {role: place for place, role in enumerate(Role)}


class Grant(NamedTuple):
    """A role in one team."""

    team_id: str
    role: Role


class User(Document, frozen=True):
    """A person. `roles` were given by hand, `group_roles` follow from the identity provider's groups at each sign-in;
    the higher counts. Raising `epoch` ends every session. `issuer` and `subject` are who the provider says it is;
    without a `password` nobody signs in by one. `email_claimed`: they wrote the e-mail themselves, nobody vouches.
    `has_second_factor`: which, stands beside them."""

    id: str
    email: str
    name: str
    password: str
    is_admin: bool
    created_at: int
    epoch: int = 0
    is_active: bool = True
    version: int = 1
    roles: tuple[Grant, ...] = ()
    group_roles: tuple[Grant, ...] = ()
    admin_by_group: bool = False
    issuer: str = ""
    subject: str = ""
    email_claimed: bool = False
    has_second_factor: bool = False

    @property
    def grants(self) -> tuple[Grant, ...]:
        """By hand and by groups: a team may stand in it twice."""
        return (*self.roles, *self.group_roles)

    @property
    def team_ids(self) -> frozenset[str]:
        return frozenset(grant.team_id for grant in self.grants)

    def granted_role(self, team_id: str) -> Role | None:
        """The highest given. What somebody may do in an open team, or as an administrator, is more than this says."""
        found = [grant.role for grant in self.grants if grant.team_id == team_id]
        return max(found, key=lambda role: _ORDER[role], default=None)

    def role_by_hand(self, team_id: str) -> Role | None:
        return next((grant.role for grant in self.roles if grant.team_id == team_id), None)

    def with_role(self, team_id: str, role: Role | None) -> User:
        """The next version of this person, with this role given by hand, or none."""
        others = tuple(grant for grant in self.roles if grant.team_id != team_id)
        roles = (*others, Grant(team_id, role)) if role else others
        return replace(self, roles=roles, version=self.version + 1)


class Membership(Document, frozen=True):
    """That somebody belongs to a team, and since when. What they are there stands with the person."""

    team_id: str
    user_id: str
    added_at: int
    added_by: str


class Member(Document, frozen=True):
    """A person as their team lists them. `by_group`: no role was given by hand."""

    user_id: str
    name: str
    email: str
    role: Role
    added_at: int
    added_by: str
    by_group: bool


class Invitation(Document, frozen=True):
    """A link that makes whoever opens it first a member, of this team and of those in `also`, with the role there.
    `email` and `name` are only whom it was meant for. `inviter_id` is empty where no person made it."""

    team_id: str
    key_hash: str
    role: Role
    email: str
    created_at: int
    expires_at: int
    created_by: str
    inviter_id: str = ""
    name: str = ""
    also: tuple[tuple[str, Role], ...] = ()

    @property
    def roles(self) -> dict[str, Role]:
        """By team, this one first."""
        return {self.team_id: self.role, **dict(self.also)}

    @property
    def whom(self) -> str:
        return self.email or self.name or "whoever has the link"


class Session(Document, frozen=True):
    """A sign-in. `key_hash` is SHA-256 of the secret in the cookie. `seen_at`: when it was last used, about; 0: not
    known."""

    user_id: str
    key_hash: str
    epoch: int
    created_at: int
    expires_at: int
    address: str = ""
    agent: str = ""
    seen_at: int = 0


class Scope(enum.StrEnum):
    """What a token may be used for. Never more than its owner may do."""

    READ = "read"
    MANAGE = "manage"
    INGEST = "ingest"


class Token(Document, frozen=True):
    """An API token. Only SHA-256 of it is kept. `team_id`: good for this team only. `expires_at` 0: never."""

    token_hash: str
    user_id: str
    name: str
    created_at: int
    scopes: tuple[Scope, ...] = (Scope.READ,)
    expires_at: int = 0
    team_id: str = ""
    last_used_at: int = 0
    owner: str = ""


class ScreenLink(Document, frozen=True):
    """A link to a radiator. `key_hash` is SHA-256 of the key in the link. `team_id` empty: all open teams."""

    id: str
    key_hash: str
    team_id: str
    name: str
    created_at: int
    created_by: str


class Actor(Document, frozen=True):
    """Who does something, and from where."""

    user_id: str
    name: str
    address: str = ""


Fields = tuple[tuple[str, str], ...]


class AuditEntry(Document, frozen=True):
    """Who did what, to what, and what it was before and after. `outcome` is done or refused."""

    id: str
    at: int
    user_id: str
    who: str
    address: str
    action: str
    target: str
    target_id: str = ""
    team_id: str = ""
    before: Fields = ()
    after: Fields = ()
    outcome: str = "done"
