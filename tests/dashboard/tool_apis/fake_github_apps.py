"""GitHub as far as Apps go, as an enterprise's server on this machine: the page that shows a manifest, the exchange of
its code, the page of an installation, and what the App may ask. It checks what GitHub checks.
"""

from __future__ import annotations

import html
import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json

SOMEBODY = "mara"
# https://docs.github.com/en/webhooks/webhook-events-and-payloads: what an App must be permitted to be told of them.
PERMISSION_OF = {
    "workflow_run": "actions",
    "workflow_job": "actions",
    "deployment": "deployments",
    "deployment_status": "deployments",
    "deployment_review": "deployments",
    "push": "contents",
    "pull_request": "pull_requests",
    "issues": "issues",
}
HTML = {"Content-Type": "text/html; charset=utf-8"}


@lru_cache
def a_key(number: int = 0) -> str:
    """Another one for each number."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    made = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    return f"{made.decode().strip()}\n"


@dataclass
class MadeApp:
    id: int
    slug: str
    owner: str
    manifest: dict[str, Any]
    secret: str | None
    keys: list[str]


@dataclass
class MadeInstallation:
    id: int
    app_id: int
    account: str
    suspended: bool = False


@dataclass
class FakeGitHub(FakeTool):
    """now: milliseconds. tokens: that were made, each with its installation."""

    now: Callable[[], int] = lambda: round(datetime.now(UTC).timestamp() * 1000)
    apps: dict[int, MadeApp] = field(default_factory=dict)
    codes: dict[str, MadeApp] = field(default_factory=dict)
    installations: dict[int, MadeInstallation] = field(default_factory=dict)
    tokens: list[tuple[int, str]] = field(default_factory=list)

    @property
    def api(self) -> str:
        return f"{self.address}/api/v3"

    def answer(self, asked: Asked) -> Answer:
        if asked.path in self.answers:
            return super().answer(asked)
        for method, pattern, reply in ROUTES:
            if asked.method == method and (found := re.fullmatch(pattern, asked.path)):
                given: Answer = reply(self, asked, *found.groups())
                return given
        return super().answer(asked)

    # Pages, for people.

    def show_manifest(self, asked: Asked, organisation: str | None) -> Answer:
        manifest = json.loads(asked.form["manifest"])
        if wrong := wrong_with(manifest):
            return page("Invalid GitHub App configuration", f"<p>{html.escape(wrong)}</p>", 422)
        owner = organisation or SOMEBODY
        hidden = {"manifest": asked.form["manifest"], "state": asked.query.get("state", ""), "owner": owner}
        return page(f"Create GitHub App for {owner}", form("/made", hidden, f"Create GitHub App for {owner}"))

    def make(self, asked: Asked) -> Answer:
        manifest, owner = json.loads(asked.form["manifest"]), asked.form["owner"]
        app = self.an_app(owner, manifest)
        code = secrets.token_hex(20)
        self.codes[code] = app
        return to(manifest["redirect_url"], code=code, state=asked.form["state"])

    def show_installation(self, asked: Asked, slug: str) -> Answer:
        return page(f"Install {slug}", form(f"/install/{slug}", {"state": asked.query.get("state", "")}, "Install"))

    def install(self, asked: Asked, slug: str) -> Answer:
        app = next(one for one in self.apps.values() if one.slug == slug)
        made = self.an_installation(app, app.owner)
        told = {"installation_id": str(made.id), "setup_action": "install"}
        return to(app.manifest["setup_url"], **told, **asked.form)

    # The API.

    def convert(self, asked: Asked, code: str) -> Answer:
        app = self.codes.pop(code, None)
        if app is None:
            return as_json({"message": "Not Found"}, 404)
        return as_json(self.conversion(app), 201)

    def conversion(self, app: MadeApp) -> dict[str, Any]:
        return {
            "id": app.id,
            "slug": app.slug,
            "node_id": "MDxOkludGVncmF0aW9uMQ==",
            "owner": {"login": app.owner, "id": 1, "type": "Organization"},
            "name": app.manifest["name"],
            "html_url": f"{self.address}/github-apps/{app.slug}",
            "permissions": app.manifest["default_permissions"],
            "events": app.manifest["default_events"],
            "client_id": "Iv1.8a61f9b3a7aba766",
            "client_secret": "1726be1638095a19edd134c77bde3aa2ece1e5d8",
            "webhook_secret": app.secret,
            "pem": app.keys[0],
        }

    def tell_app(self, asked: Asked) -> Answer:
        return self.as_app(asked, lambda app: as_json({"id": app.id, "slug": app.slug, "events": self.events(app)}))

    def list_installations(self, asked: Asked) -> Answer:
        number, size = int(asked.query["page"]), int(asked.query["per_page"])
        of_page = slice((number - 1) * size, number * size)
        return self.as_app(asked, lambda app: as_json([told(one) for one in self.of(app)[of_page]]))

    def tell_installation(self, asked: Asked, number: str) -> Answer:
        return self.as_app(asked, lambda app: self.on_installation(app, number, lambda one: as_json(told(one))))

    def make_token(self, asked: Asked, number: str) -> Answer:
        def made(one: MadeInstallation) -> Answer:
            if one.suspended:
                return as_json({"message": "This installation has been suspended"}, 403)
            token = f"ghs_{secrets.token_hex(18)}"
            self.tokens.append((one.id, token))
            ends = datetime.fromtimestamp(self.now() / 1000 + 3600, UTC)
            return as_json({"token": token, "expires_at": ends.strftime("%Y-%m-%dT%H:%M:%SZ")}, 201)

        return self.as_app(asked, lambda app: self.on_installation(app, number, made))

    def set_hook(self, asked: Asked) -> Answer:
        def done(app: MadeApp) -> Answer:
            app.secret = asked.json["secret"]
            return as_json(
                {"content_type": "json", "secret": "********", "url": app.manifest["hook_attributes"]["url"]}
            )

        return self.as_app(asked, done)

    # What there is.

    def an_app(self, owner: str, manifest: dict[str, Any] | None = None, **changes: Any) -> MadeApp:
        number = 4711 + len(self.apps)
        given = manifest or {"name": "Big Transit", "default_permissions": {}, "default_events": list(PERMISSION_OF)}
        slug = re.sub(r"[^a-z0-9]+", "-", given["name"].lower()).strip("-")
        app = MadeApp(number, slug, owner, given, f"{number:040x}", [a_key(number)])
        for name, value in changes.items():
            setattr(app, name, value)
        self.apps[number] = app
        return app

    def an_installation(self, app: MadeApp, account: str, *, suspended: bool = False) -> MadeInstallation:
        number = 9001 + len(self.installations)
        return self.installations.setdefault(number, MadeInstallation(number, app.id, account, suspended))

    def of(self, app: MadeApp) -> list[MadeInstallation]:
        return [one for one in self.installations.values() if one.app_id == app.id]

    def events(self, app: MadeApp) -> list[str]:
        return list(app.manifest["default_events"])

    def as_app(self, asked: Asked, reply: Callable[[MadeApp], Answer]) -> Answer:
        """A token of more than ten minutes, of the future or by a key that is no more is not taken."""
        given = asked.headers.get("authorization", "").removeprefix("Bearer ")
        for app in self.apps.values():
            for key in app.keys:
                try:
                    claims = jwt.decode(given, RSAKey.import_key(key), algorithms=["RS256"]).claims
                except (JoseError, ValueError):
                    continue
                now = self.now() / 1000
                if claims["iss"] == str(app.id) and claims["iat"] <= now < claims["exp"] <= now + 600:
                    return reply(app)
        return as_json({"message": "A JSON web token could not be decoded"}, 401)

    def on_installation(self, app: MadeApp, number: str, reply: Callable[[MadeInstallation], Answer]) -> Answer:
        found = self.installations.get(int(number))
        return reply(found) if found and found.app_id == app.id else as_json({"message": "Not Found"}, 404)


def told(one: MadeInstallation) -> dict[str, Any]:
    suspended = "2026-11-20T10:00:00Z" if one.suspended else None
    account = {"login": one.account, "id": 1, "type": "Organization"}
    return {"id": one.id, "app_id": one.app_id, "account": account, "suspended_at": suspended, "events": []}


def wrong_with(manifest: dict[str, Any]) -> str:
    """As GitHub says it."""
    events, permissions = manifest["default_events"], manifest["default_permissions"]
    if unknown := [event for event in events if event not in PERMISSION_OF]:
        return f"Default events unsupported: {', '.join(unknown)}"
    if not_permitted := [event for event in events if PERMISSION_OF[event] not in permissions]:
        return f"Default events are not supported by permissions: {', '.join(not_permitted)}"
    if len(manifest["name"]) > 34:
        return "Name is too long (maximum is 34 characters)"
    return "" if manifest["hook_attributes"]["url"] and manifest["url"] else "Url is missing"


def page(title: str, body: str, status: int = 200) -> Answer:
    text = f"<!doctype html><html lang=en><title>{html.escape(title)}</title><h1>{html.escape(title)}</h1>{body}"
    return Answer(status, text.encode(), HTML)


def form(action: str, hidden: dict[str, str], button: str) -> str:
    fields = "".join(f'<input type=hidden name="{name}" value="{html.escape(text)}">' for name, text in hidden.items())
    return f'<form method=post action="{action}">{fields}<button>{html.escape(button)}</button></form>'


def to(address: str, **query: str) -> Answer:
    return Answer(302, b"", {"Location": f"{address}?{urlencode(query)}"})


ROUTES: tuple[tuple[str, str, Any], ...] = (
    ("POST", r"(?:/organizations/([\w-]+))?/settings/apps/new", FakeGitHub.show_manifest),
    ("POST", r"/made", FakeGitHub.make),
    ("GET", r"/github-apps/([\w-]+)/installations/new", FakeGitHub.show_installation),
    ("POST", r"/install/([\w-]+)", FakeGitHub.install),
    ("POST", r"/api/v3/app-manifests/(\w+)/conversions", FakeGitHub.convert),
    ("GET", r"/api/v3/app", FakeGitHub.tell_app),
    ("GET", r"/api/v3/app/installations", FakeGitHub.list_installations),
    ("GET", r"/api/v3/app/installations/(\d+)", FakeGitHub.tell_installation),
    ("POST", r"/api/v3/app/installations/(\d+)/access_tokens", FakeGitHub.make_token),
    ("PATCH", r"/api/v3/app/hook/config", FakeGitHub.set_hook),
)
