"""The one place that decides who may do what. Views ask here and nowhere else."""

from __future__ import annotations

import enum
import hashlib
from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.http import Http404

from storage.model.accounts import Member, Role, Scope, Token, User
from storage.model.entities import Team
from storage.model.team_rules import UNASSIGNED


class Permission(enum.StrEnum):
    """Who may do what:

    | action | viewer | member | manager | administrator | token needs |
    |---|---|---|---|---|---|
    | view: pages, fragments, streams, search | own and open teams | yes | yes | all teams | read |
    | deliveries: what came and what was answered | no | yes | yes | all teams | read |
    | logs of team: what logs of failed jobs say | no | yes | yes | all teams | read |
    | take: say who has a failing pipeline | no | yes | yes | all teams | manage |
    | replay: a delivery | no | yes | yes | all teams | manage |
    | manage: pipelines, connections, secrets, screens, details | no | no | yes | all teams | manage |
    | ingest: post events to the API | no | no | yes | all teams | ingest |
    | members: roles, invitations, tokens of the team | no | no | yes | all teams | manage |
    | audit: the team's own log | no | no | yes | all teams | manage |
    | administer: teams, people, the whole log | no | no | no | yes | manage |

    Unassigned is seen by administrators alone, whatever role anybody was given in it, and nobody may do to it what
    belongs to teams of people: `members`, `ingest`, `administer`.
    """

    VIEW = "view"
    DELIVERIES = "deliveries"
    LOGS_OF_TEAM = "logs of team"
    TAKE = "take"
    REPLAY = "replay"
    MANAGE = "manage"
    INGEST = "ingest"
    MEMBERS = "members"
    AUDIT = "audit"
    ADMINISTER = "administer"


VIEW, DELIVERIES, TAKE, REPLAY = Permission.VIEW, Permission.DELIVERIES, Permission.TAKE, Permission.REPLAY
LOGS_OF_TEAM = Permission.LOGS_OF_TEAM
MANAGE, MEMBERS, AUDIT, ADMINISTER = Permission.MANAGE, Permission.MEMBERS, Permission.AUDIT, Permission.ADMINISTER
INGEST = Permission.INGEST

# The least role; None: no role in a team is enough.
_LEAST: dict[Permission, Role | None] = {
    VIEW: Role.VIEWER,
    DELIVERIES: Role.MEMBER,
    LOGS_OF_TEAM: Role.MEMBER,
    TAKE: Role.MEMBER,
    REPLAY: Role.MEMBER,
    MANAGE: Role.MANAGER,
    INGEST: Role.MANAGER,
    MEMBERS: Role.MANAGER,
    AUDIT: Role.MANAGER,
    ADMINISTER: None,
}
_NOT_OF_UNASSIGNED = frozenset({MEMBERS, INGEST, ADMINISTER})
# What a token is to be for; to manage, where none is named.
_SCOPES = {VIEW: Scope.READ, DELIVERIES: Scope.READ, INGEST: Scope.INGEST}


@dataclass(frozen=True, slots=True)
class Bearer:
    """Somebody who acts through an API token: never more than they may do themselves."""

    user: User
    token: Token


Reader = User | Bearer


def role_in(reader: Reader, team: Team) -> Role | None:
    """What they are in this team: everybody is a viewer of an open one. None: they may not know it exists."""
    if isinstance(reader, Bearer):
        return role_in(reader.user, team) if reader.token.team_id in ("", team.id) else None
    if reader.is_admin:
        return Role.MANAGER
    if team.id == UNASSIGNED:
        return None
    return reader.granted_role(team.id) or (Role.VIEWER if team.is_open else None)


def may(reader: Reader, action: Permission, team: Team | None = None) -> bool:
    """Whether they may do this to this team, or (no team) at all."""
    if team is not None and team.id == UNASSIGNED and action in _NOT_OF_UNASSIGNED:
        return False
    if isinstance(reader, Bearer):
        scope = _SCOPES.get(action, Scope.MANAGE)
        if scope not in reader.token.scopes or (reader.token.team_id and (team is None or action is ADMINISTER)):
            return False
        if not may(reader.user, action, team):
            return False
        return team is None or role_in(reader, team) is not None
    if reader.is_admin:
        return True
    least = _LEAST[action]
    role = role_in(reader, team) if team is not None else None
    return least is not None and role is not None and role.covers(least)


def may_be_handed(member: Member) -> bool:
    """Whether a failing pipeline of their team can be handed on to them: who has one may give it back, too."""
    return member.role.covers(_LEAST[TAKE] or Role.MANAGER)


def authorize(reader: Reader, action: Permission, team: Team | None) -> Team:
    """The team. Http404 where there is none, or none that they may know of; PermissionDenied where they may know it but
    not do this."""
    if team is None or role_in(reader, team) is None:
        raise Http404("Team not found")
    if not may(reader, action, team):
        raise PermissionDenied
    return team


def authorize_admin(reader: Reader) -> None:
    """What belongs to no team: PermissionDenied for everybody but administrators."""
    if not may(reader, ADMINISTER):
        raise PermissionDenied


def authorize_reading(reader: Bearer) -> None:
    """Lists over all teams, of which they are then shown what they may see: PermissionDenied without the scope."""
    if Scope.READ not in reader.token.scopes:
        raise PermissionDenied


def sees(reader: Reader, team: Team) -> bool:
    """Whether lists over all teams show them this one."""
    return role_in(reader, team) is not None


def manages_some(user: User) -> bool:
    """Whether there are settings for them to open."""
    return user.is_admin or any(grant.role.covers(Role.MANAGER) for grant in user.grants)


def belongs_somewhere(user: User) -> bool:
    """Whether they are more than a viewer in any team."""
    return user.is_admin or any(grant.role.covers(Role.MEMBER) for grant in user.grants)


EVERYTHING, OPEN = "all", "open"
# Behind a team in a scope: as a member or more. And how much of a team's id tells it from others.
MEMBER, PREFIX = "~", 18
# The longest scope that is written out in an address, and what the digest of a longer one begins with.
LONGEST, MANY = 300, "many-"


def scope_of(reader: User) -> str:
    """What decides which teams somebody sees and in which they may take what fails, as text: people of one scope see
    the same and share a stream."""
    if reader.is_admin:
        return EVERYTHING
    ids = (team_id for team_id in reader.team_ids if team_id != UNASSIGNED)
    words = (f"{team_id[:PREFIX]}{_more_than_viewer(reader, team_id)}" for team_id in ids)
    return ".".join(sorted(words)) or OPEN


def scope_name(scope: str) -> str:
    """What stands for a scope in an address: itself, or a digest where somebody has roles in so many teams that the
    address would be refused (servers take 4 to 8 KB). Nobody is let in by it: it is compared with the reader's own."""
    if len(scope) <= LONGEST:
        return scope
    return f"{MANY}{hashlib.sha256(scope.encode()).hexdigest()[:40]}"


def _more_than_viewer(reader: User, team_id: str) -> str:
    role = reader.granted_role(team_id)
    return MEMBER if role is not None and role.covers(Role.MEMBER) else ""


def scope_includes(scope: str, team_id: str) -> bool:
    """Whether people of this scope have a role in the team with this id, or see all."""
    return scope == EVERYTHING or team_id[:PREFIX] in (word.rstrip(MEMBER) for word in scope.split("."))


def scope_sees(scope: str, team: Team) -> bool:
    """Whether people of this scope see the team."""
    return team.is_open or scope_takes(scope, team) or team.id[:PREFIX] in scope.split(".")


def scope_takes(scope: str, team: Team) -> bool:
    """Whether people of this scope may say who has a failing pipeline of the team."""
    return scope == EVERYTHING or f"{team.id[:PREFIX]}{MEMBER}" in scope.split(".")
