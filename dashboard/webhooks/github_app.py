"""Connections that are a GitHub App of their own: registered, installed, let in by it, and what is wrong with it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TypeVar

from django.conf import settings
from django.urls import reverse

from dashboard.auth.github import api_of
from dashboard.auth.sealing import seal, unseal
from dashboard.sources import SOURCES
from dashboard.tool_apis.errors import ApiError, TokenRefused
from dashboard.tool_apis.github import PUBLIC_ADDRESS, GitHubApi
from dashboard.tool_apis.github_app import (
    GitHubApp,
    InstallationTokens,
    Installed,
    Registered,
    Signed,
    manifest,
    registered_app,
)
from dashboard.webhooks.connecting import webhook_url_of
from storage.model.accounts import Actor
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Team, ToolApp
from storage.store import Store

A = TypeVar("A", bound=GitHubApi)
SOURCE = "github"
PUBLIC_SERVER = "https://github.com"
KEY_UNREADABLE = "The App's key cannot be read with the present signing key: give it again"
NO_KEY = "This connection has no key of its App: nothing is read"


@dataclass(frozen=True, slots=True)
class Wanted:
    """An App that somebody is about to register. `server`: where, as the address of its pages. `organisation`: whose it
    is to be; empty for the person's own."""

    connection_id: str
    server: str
    organisation: str
    is_public: bool

    @property
    def form_address(self) -> str:
        """Where the manifest is posted to."""
        of = f"/organizations/{self.organisation}" if self.organisation else ""
        return f"{self.server}{of}/settings/apps/new"

    @property
    def api_address(self) -> str:
        """Empty for the one that all have."""
        found = api_of(self.server).rstrip("/")
        return "" if found == PUBLIC_ADDRESS else found


def manifest_of(team: Team, wanted: Wanted) -> str:
    return manifest(
        name=f"Big Transit {team.name}",
        home=settings.BASE_URL,
        hook=webhook_url_of(SOURCE, wanted.connection_id),
        registered=_address("app_registered", team.id),
        installed=_address("app_installed", wanted.connection_id),
        events=SOURCES[SOURCE].kinds,
        is_public=wanted.is_public,
    )


def register(store: Store, team: Team, wanted: Wanted, code: str, by: Actor) -> Connection:
    """The connection of an App that GitHub has just made. Raises ApiError, and Conflict where the same was done
    before."""
    made = registered_app(code, wanted.api_address, wanted.server, store.now)
    secret = made.secret or _given_secret(made, wanted, store)
    app = ToolApp(made.id, made.slug, made.client_id, seal(made.key), made.page, made.owner, wanted.is_public)
    connection = Connection(
        id=wanted.connection_id,
        team_id=team.id,
        source=SOURCE,
        secret=seal(secret),
        created_at=store.now(),
        name=made.owner,
        api=ApiAccess(address=wanted.api_address, app=app),
    )
    store.connections.create(connection, by)
    return connection


def _given_secret(made: Registered, wanted: Wanted, store: Store) -> str:
    """Of an App without one: nothing that it sends could be believed."""
    secret = secrets.token_urlsafe(32)
    GitHubApp(made.id, made.key, wanted.api_address, now=store.now).set_secret(secret)
    return secret


def app_of(store: Store, connection: Connection) -> GitHubApp:
    """Raises TokenRefused without a key that can be read."""
    app = connection.api.app
    if not app.key:
        raise TokenRefused(NO_KEY)
    if not (key := unseal(app.key)):
        raise TokenRefused(KEY_UNREADABLE)
    return GitHubApp(app.id, key, connection.api.address, now=store.now)


def tokens_of(store: Store, connection: Connection) -> InstallationTokens | None:
    """None where it is no App with a key that can be read, or nobody installed it."""
    app = connection.api.app
    if not app.installation or not app.key or not unseal(app.key):
        return None
    api = app_of(store, connection)
    return InstallationTokens(api, app.installation, connection.api.address, now=store.now)


def api_as_app(store: Store, connection: Connection, kind: type[A]) -> A | None:
    """For what is the App's own, whoever installed it. None without a key that can be read."""
    app = connection.api.app
    key = unseal(app.key) if app.key else ""
    signed = Signed(app.id, key, store.now)
    return kind("", connection.api.address, now=store.now, authorization=signed) if key else None


def choose_installation(store: Store, connection: Connection, installation_id: str, by: Actor) -> Connection:
    """From now on what happens there counts, and is read. Raises ApiError where it is none of this App, and Conflict
    when somebody changed the connection first."""
    found = app_of(store, connection).installation(installation_id)
    app = replace(connection.api.app, installation=found.id, account=found.account)
    if app == connection.api.app:
        return connection
    wanted = replace(connection, api=replace(connection.api, app=app))
    return store.connections.put(connection, wanted, by, "connection.app_installed")


def change_key(store: Store, connection: Connection, key: str, by: Actor) -> Connection:
    """Once GitHub has accepted it. Raises ApiError where it does not, and Conflict."""
    app = connection.api.app
    GitHubApp(app.id, key, connection.api.address, now=store.now).events()
    wanted = replace(connection, api=replace(connection.api, app=replace(app, key=seal(key))))
    return store.connections.put(connection, wanted, by, "connection.app_key_changed")


def tell_secret(store: Store, connection: Connection, secret: str) -> str:
    """Give the App a new secret of its webhook. Why it could not be done, "" where it was."""
    try:
        app_of(store, connection).set_secret(secret)
    except ApiError as error:
        return str(error)
    return ""


@dataclass(frozen=True, slots=True)
class AppSeen:
    """What GitHub says of an App. `wrong`: what is to be done first, empty where all is well."""

    installations: tuple[Installed, ...]
    wrong: str


def look_at(store: Store, connection: Connection) -> AppSeen:
    """Raises ApiError."""
    app, api = connection.api.app, app_of(store, connection)
    events, found = api.events(), api.installations()
    chosen = next((one for one in found if one.id == app.installation), None)
    missing = [kind for kind in SOURCES[SOURCE].kinds if kind not in events]
    if not found:
        return AppSeen(found, "Nobody has installed this App yet: install it at GitHub")
    if not app.installation:
        return AppSeen(found, "GitHub knows this App. Choose below at which account it is to be used")
    if chosen is None:
        return AppSeen(found, f"The App was uninstalled from {app.account}: install it again, or choose another")
    if chosen.suspended:
        return AppSeen(found, f"{chosen.account} has suspended this App: whoever installed it can lift that at GitHub")
    if missing:
        return AppSeen(found, f"The App is not told of {', '.join(missing)}: tick that in its settings at GitHub")
    return AppSeen(found, "")


def _address(name: str, of: str) -> str:
    return f"{settings.BASE_URL}{reverse(name, args=[of])}"
