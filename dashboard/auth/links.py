"""Links that let somebody do one thing: choose a new password, join a team, look at a screen."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence

from django.conf import settings
from django.core import signing
from django.urls import reverse

from dashboard.auth.limits import MOST_INVITATIONS, MOST_SCREENS, check_room
from dashboard.auth.policy import MEMBERS, may
from dashboard.auth.sessions import hash_secret
from dashboard.store import get_store
from storage import keys
from storage.keys import new_id
from storage.model.accounts import Actor, Invitation, Role, ScreenLink, User
from storage.model.entities import Team

RESET_SECONDS = 3600
INVITATION_DAYS = 7
DAY_MS = 86_400_000
_SALT = "bigtransit password reset"


def reset_url(user: User) -> str:
    """Good for an hour and for one change: it carries a fingerprint of what the change replaces."""
    token = signing.dumps([user.id, fingerprint(user)], salt=_SALT, compress=True)
    return f"{settings.BASE_URL}{reverse('reset', args=[token])}"


def user_of_reset(token: str) -> User | None:
    """None for a link that was used, has expired, was cut or is not ours."""
    try:
        user_id, mark = signing.loads(token[:600], salt=_SALT, max_age=RESET_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    user = get_store().users.find(str(user_id))
    if user is None or not user.is_active or mark != fingerprint(user):
        return None
    return user


def fingerprint(user: User) -> str:
    """Another after every change of the password, the e-mail, and every sign-out everywhere."""
    return hashlib.sha256(f"{user.id}\x1f{user.password}\x1f{user.epoch}\x1f{user.email}".encode()).hexdigest()[:24]


def check_room_to_invite(teams: Sequence[Team], people: int) -> None:
    """Raises TooMany where one of the teams would have more invitations than may stand."""
    for team in teams:
        name = "this team" if team is teams[0] else team.name
        standing = get_store().members.list_invitations(team.id)
        check_room(standing, MOST_INVITATIONS, f"invitations to {name}", people)


def invite(team: Team, role: Role, email: str, by: Actor, *, name: str = "", also: Sequence[Team] = ()) -> str:
    """The link, which is not kept; for somebody of this e-mail or name, with the same role in the teams of `also`. Ask
    `check_room_to_invite` first."""
    store, secret = get_store(), secrets.token_urlsafe(32)
    now = store.now()
    expires, others = now + INVITATION_DAYS * DAY_MS, tuple((other.id, role) for other in also)
    made = Invitation(team.id, hash_secret(secret), role, email, now, expires, by.name, by.user_id, name, others)
    store.members.put_invitation(made, by)
    return f"{settings.BASE_URL}{reverse('join', args=[team.id, secret])}"


def find_invitation(team_id: str, secret: str) -> tuple[Invitation, list[Team]] | None:
    """With the teams it lets into. None for a link that was used or revoked, has expired, or whose maker may invite to
    none of them any more: who was put out has no way back in."""
    store = get_store()
    if not keys.is_team_id(team_id) or not 40 <= len(secret) <= 64:
        return None
    found = store.members.find_invitation(team_id, hash_secret(secret))
    if found is None or found.expires_at <= store.now():
        return None
    inviter = store.users.find(found.inviter_id) if found.inviter_id else None
    if found.inviter_id and (inviter is None or not inviter.is_active):
        return None
    entries = [store.teams.find(each) for each in found.roles]
    teams = [entry.team for entry in entries if entry and (inviter is None or may(inviter, MEMBERS, entry.team))]
    return (found, teams) if teams else None


def make_screen(team_id: str, name: str, by: Actor) -> str:
    """The link of a radiator, which is not kept. Without a team it shows all open ones. Raises TooMany."""
    store, key = get_store(), secrets.token_urlsafe(24)
    check_room(store.screen_links.list_of_team(team_id), MOST_SCREENS, "screen links")
    store.screen_links.create(ScreenLink(new_id(), hash_secret(key), team_id, name, store.now(), by.name), by)
    return f"{settings.BASE_URL}{reverse('radiator', args=[key])}"
