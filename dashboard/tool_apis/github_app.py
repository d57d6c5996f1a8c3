"""GitHub's REST API as an App of ours: registered from a manifest, let in by its private key, reading by a token of an
installation that lasts an hour.

https://docs.github.com/en/apps/sharing-github-apps/registering-a-github-app-from-a-manifest
https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.jwk import RSAKey

from dashboard.tool_apis.errors import NothingThere, NotPermitted, OutOfReach, TokenRefused
from dashboard.tool_apis.github import HEADERS, PER_PAGE, PUBLIC_ADDRESS
from dashboard.tool_apis.session import ApiSession, Budget

# The least that the events and calls of ours need; GitHub adds `metadata: read` to every App itself.
PERMISSIONS = dict.fromkeys(("actions", "contents", "deployments", "issues", "metadata", "pull_requests"), "read")
# GitHub takes no longer name of an App.
LONGEST_NAME = 34
MOST_INSTALLATIONS = 300
LEAST_KEY_BITS = 2048
# A token of the App itself: GitHub takes none that lasts longer than ten minutes, and clocks differ.
BEFORE_SECONDS, LASTS_SECONDS = 60, 540
# Of an installation's token, how long before its end another one is asked for.
MARGIN_MS, MOST_TOKENS = 5 * 60_000, 1000
_CODE = re.compile(r"[\w-]{1,100}", re.ASCII)
_ID = re.compile(r"[0-9]{1,20}")
_SLUG = re.compile(r"[\w.-]{1,100}", re.ASCII)

KEY_REFUSED = (
    "GitHub does not accept the App's private key: it was deleted there, or this server's clock is wrong. Make another"
    " key in the App's settings at GitHub and give it here"
)
APP_GONE = "GitHub knows this App no more: it was deleted there. Delete this connection and register another App"
NOT_INSTALLED = "GitHub has no such installation of this App: it was uninstalled there, or belongs to another App"
NOT_PERMITTED = "The App may not do this at GitHub"
SUSPENDED = "The App's installation is suspended at GitHub: whoever installed it can lift that there"
CODE_UNKNOWN = "GitHub does not know this code: it was used already, or is older than an hour. Begin again"
NONSENSE = "GitHub's answer makes no sense here: no App was taken from it"
NO_KEY = "This is not the private key of an App: give the whole .pem file that GitHub makes, as text"


class _Account(msgspec.Struct):
    login: str = ""


class _Converted(msgspec.Struct):
    id: int
    slug: str
    pem: str
    html_url: str
    webhook_secret: str | None = None
    client_id: str = ""
    owner: _Account | None = None


class _Installation(msgspec.Struct):
    id: int
    app_id: int
    account: _Account | None = None
    suspended_at: str | None = None


class _App(msgspec.Struct):
    events: list[str] = []


class _Token(msgspec.Struct):
    token: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Registered:
    """An App that was just made. `secret`: of its webhook; empty where GitHub made none. `page`: its address there."""

    id: str
    slug: str
    client_id: str
    page: str
    owner: str
    key: str = field(repr=False)
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Installed:
    """Where an App was let in. `account`: by whom."""

    id: str
    account: str
    suspended: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    """`expires_at`: milliseconds."""

    token: str = field(repr=False)
    expires_at: int


def manifest(
    *, name: str, home: str, hook: str, registered: str, installed: str, events: Sequence[str], is_public: bool
) -> str:
    """What GitHub is to make, as JSON. `registered`, `installed`: where it sends the person after either."""
    wanted = {
        "name": name[:LONGEST_NAME].strip(),
        "description": "Shows this account's workflow runs and deployments in Big Transit. Reads only.",
        "url": home,
        "hook_attributes": {"url": hook, "active": True},
        "redirect_url": registered,
        "setup_url": installed,
        "public": is_public,
        "default_permissions": PERMISSIONS,
        "default_events": list(events),
    }
    return json.dumps(wanted)


def registered_app(code: str, address: str, server: str, now: Callable[[], int]) -> Registered:
    """What GitHub made of the manifest, which it tells once. `server`: the address of its pages. Raises ApiError."""
    if _CODE.fullmatch(code) is None:
        raise NothingThere(CODE_UNKNOWN)
    session = _session(address, now, None)
    try:
        # A second time finds nothing: the code is spent.
        found = session.send_json("POST", f"/app-manifests/{code}/conversions", {}, Budget(), tries=1)
    except NothingThere as error:
        raise NothingThere(CODE_UNKNOWN) from error
    told = _read(found, _Converted)
    page = urlsplit(told.html_url)
    there = (page.scheme, page.netloc.lower()) == (urlsplit(server).scheme, urlsplit(server).netloc.lower())
    if told.id <= 0 or _SLUG.fullmatch(told.slug) is None or not there or not is_private_key(told.pem):
        raise OutOfReach(NONSENSE)
    return Registered(
        id=str(told.id),
        slug=told.slug,
        client_id=told.client_id[:100],
        page=f"{page.scheme}://{page.netloc}{page.path}".rstrip("/"),
        owner=told.owner.login[:100] if told.owner else "",
        key=told.pem,
        secret=told.webhook_secret or "",
    )


def is_private_key(text: str) -> bool:
    """Whether it is a private RSA key in PEM, without a password and long enough."""
    try:
        found = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(found, RSAPrivateKey) and found.key_size >= LEAST_KEY_BITS


@dataclass(frozen=True, slots=True)
class Signed:
    """Lets in as the App itself: a JSON web token, signed for each call."""

    app_id: str
    key: str = field(repr=False)
    now: Callable[[], int]

    def header(self) -> str:
        at = self.now() // 1000
        claims = {"iss": self.app_id, "iat": at - BEFORE_SECONDS, "exp": at + LASTS_SECONDS}
        return f"Bearer {jwt.encode({'alg': 'RS256'}, claims, RSAKey.import_key(self.key))}"

    def forget(self) -> bool:
        return False


class GitHubApp:
    """key: private, in PEM. address: of the API of an enterprise's server, which an administrator named. now:
    milliseconds. All calls raise ApiError, in words for whoever looks after the App."""

    def __init__(self, app_id: str, key: str, address: str = "", *, now: Callable[[], int]) -> None:
        self.id = app_id
        self._session = _session(address, now, Signed(app_id, key, now))

    def events(self) -> frozenset[str]:
        """The kinds of events that it is told of."""
        with _in_words(APP_GONE):
            return frozenset(_read(self._session.get_json("/app", Budget()), _App).events)

    def installations(self) -> tuple[Installed, ...]:
        """At most MOST_INSTALLATIONS."""
        found: list[Installed] = []
        budget = Budget()
        with _in_words(APP_GONE):
            for page in range(1, MOST_INSTALLATIONS // PER_PAGE + 1):
                listed = self._session.get_json("/app/installations", budget, per_page=PER_PAGE, page=page)
                found += [self._own(one) for one in _read(listed, list[_Installation])]
                if len(found) < PER_PAGE * page:
                    break
        return tuple(found)

    def installation(self, installation_id: str) -> Installed:
        """Raises NothingThere for one of another App."""
        with _in_words(NOT_INSTALLED):
            found = self._session.get_json(f"/app/installations/{_id(installation_id)}", Budget())
            return self._own(_read(found, _Installation))

    def access_token(self, installation_id: str) -> AccessToken:
        path = f"/app/installations/{_id(installation_id)}/access_tokens"
        with _in_words(NOT_INSTALLED, SUSPENDED):
            told = _read(self._session.send_json("POST", path, {}, Budget()), _Token)
        return AccessToken(told.token, round(told.expires_at.astimezone(UTC).timestamp() * 1000))

    def set_secret(self, secret: str) -> None:
        """By which its webhook signs from now on."""
        with _in_words(APP_GONE):
            self._session.send_json("PATCH", "/app/hook/config", {"secret": secret}, Budget())

    def _own(self, told: _Installation) -> Installed:
        if str(told.app_id) != self.id:
            raise NothingThere(NOT_INSTALLED)
        return Installed(str(told.id), told.account.login[:100] if told.account else "", told.suspended_at is not None)


_tokens: OrderedDict[tuple[str, str, str], AccessToken] = OrderedDict()


class InstallationTokens:
    """Lets in as an installation, by a token that this process keeps until shortly before its end."""

    def __init__(self, app: GitHubApp, installation_id: str, address: str, *, now: Callable[[], int]) -> None:
        self._app, self._installation_id, self._now = app, installation_id, now
        self._key = (address, app.id, installation_id)
        self._has_forgotten = False

    def header(self) -> str:
        found = _tokens.get(self._key)
        if found is None or found.expires_at - MARGIN_MS <= self._now():
            found = _tokens[self._key] = self._app.access_token(self._installation_id)
            while len(_tokens) > MOST_TOKENS:
                _tokens.popitem(last=False)
        return f"Bearer {found.token}"

    def forget(self) -> bool:
        """Once: a token that was revoked is made anew, one that is refused again is not."""
        _tokens.pop(self._key, None)
        again, self._has_forgotten = not self._has_forgotten, True
        return again


def _session(address: str, now: Callable[[], int], authorization: Signed | None) -> ApiSession:
    return ApiSession(
        address or PUBLIC_ADDRESS,
        HEADERS,
        label="GitHub",
        authorization=authorization,
        named_host=urlsplit(address).hostname or "",
        now=now,
    )


@contextmanager
def _in_words(not_there: str, not_permitted: str = NOT_PERMITTED) -> Iterator[None]:
    try:
        yield
    except TokenRefused as error:
        raise TokenRefused(KEY_REFUSED) from error
    except NotPermitted as error:
        raise NotPermitted(not_permitted) from error
    except NothingThere as error:
        raise NothingThere(not_there) from error


S = TypeVar("S")


def _read(found: Any, kind: type[S]) -> S:
    try:
        return msgspec.convert(found, kind)
    except msgspec.ValidationError as error:
        raise OutOfReach(NONSENSE) from error


def _id(text: str) -> str:
    if _ID.fullmatch(text) is None:
        raise NothingThere(NOT_INSTALLED)
    return text
