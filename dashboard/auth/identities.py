"""People an identity provider vouches for: known by (issuer, subject), made at their first sign-in, with the roles that
their groups give them at each."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from dashboard.store import get_store
from storage.errors import AlreadyExists, Conflict
from storage.keys import new_id
from storage.model.accounts import Actor, Grant, Role, User
from storage.repositories.throttles import Limit

ADMIN = "admin"
TRIES = 3
PREFIXES = ("oidc:", "proxy:", "github:")


@dataclass(frozen=True, slots=True)
class Claims:
    """What an identity provider says of somebody. Who they are is (issuer, subject) and never the e-mail."""

    issuer: str
    subject: str
    email: str
    name: str
    groups: frozenset[str] = frozenset()
    provider: str = "oidc"

    @property
    def group_names(self) -> frozenset[str]:
        """As settings name them: `provider:group`, and without the provider where group names are not free to be had,
        as those of organisations at GitHub are."""
        free = self.provider == "github"
        bare = frozenset(group for group in self.groups if not free and not group.startswith(PREFIXES))
        return bare | {f"{self.provider}:{group}" for group in self.groups}


class Refused(Exception):
    """Not let in; the message is for the person."""


def welcome(claims: Claims, address: str) -> User:
    """The person, made where they come for the first time. Raises Refused."""
    if not claims.issuer or not claims.subject:
        raise Refused("The identity provider did not say who you are.")
    stays_out = bool(settings.ALLOWED_GROUPS) and not claims.group_names & settings.ALLOWED_GROUPS
    grants, is_admin = ((), False) if stays_out else roles_of(claims.group_names)
    user = _with_groups(claims, grants, address, is_admin=is_admin, is_new_welcome=not stays_out)
    if user is None or stays_out:
        _note_refused(claims, address)
        raise Refused("You belong to none of the groups that may sign in here.")
    return user


def _with_groups(
    claims: Claims, grants: tuple[Grant, ...], address: str, *, is_admin: bool, is_new_welcome: bool
) -> User | None:
    """The person with what their groups give now. None: nobody is known by this identity, and nobody new may come."""
    store = get_store()
    for _ in range(TRIES):
        user_id = store.users.find_id_of(claims.issuer, claims.subject)
        user = store.users.find(user_id) if user_id else None
        if user is None and not is_new_welcome:
            return None
        if user is None:
            try:
                return _create(claims, grants, address, is_admin=is_admin)
            except AlreadyExists:
                continue
        if not user.is_active:
            _note_refused(claims, address)
            raise Refused("An administrator has closed this account.")
        try:
            return store.members.set_groups(user, grants, Actor(user.id, user.name, address), is_admin=is_admin)
        except Conflict:
            continue
    raise Refused("Your account is being changed just now. Try again.")


def _note_refused(claims: Claims, address: str) -> None:
    """In the audit log, once an hour: behind a proxy every request of theirs is a try."""
    store = get_store()
    who = claims.email or claims.subject
    if not store.throttles.take([Limit("refused-sign-in", f"{claims.issuer}\x1f{claims.subject}", 1, 3600)]):
        store.audit.put_refused(Actor("", claims.name or who, address), "session.opened", who)


def _create(claims: Claims, grants: tuple[Grant, ...], address: str, *, is_admin: bool) -> User:
    store = get_store()
    user = User(
        id=new_id(),
        email=claims.email.strip()[:254],
        name=(claims.name.strip() or claims.email.partition("@")[0] or claims.subject)[:80],
        password="",
        is_admin=is_admin,
        created_at=store.now(),
        group_roles=grants,
        admin_by_group=is_admin,
        issuer=claims.issuer,
        subject=claims.subject,
    )
    store.members.create_user(user, Actor(user.id, user.name, address))
    return user


def roles_of(groups: frozenset[str]) -> tuple[tuple[Grant, ...], bool]:
    """The roles these groups give, and whether they make an administrator: by BIGTRANSIT_GROUP_ROLES."""
    wanted: dict[str, Role] = {}
    is_admin = False
    for group, slug, role in settings.GROUP_ROLES:
        if group not in groups:
            continue
        if role == ADMIN:
            is_admin = True
        elif slug not in wanted or Role(role).covers(wanted[slug]):
            wanted[slug] = Role(role)
    if not wanted:
        return (), is_admin
    ids = {entry.team.slug: entry.team.id for entry in get_store().teams.list_all()}
    return tuple(sorted(Grant(ids[slug], role) for slug, role in wanted.items() if slug in ids)), is_admin
