"""A browser for tests: Django's client, signed in through the store, and the webhooks' sender."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import HttpResponse
from django.test import Client

from dashboard.auth.sessions import hash_secret
from storage.model.accounts import Session, User
from storage.model.entities import Connection
from storage.store import Store
from tests.factories import BY, SECRET

HX = {"HX-Request": "true"}
CSRF = re.compile(r'(name="csrfmiddlewaretoken" value=)"[^"]*"')


class Visitor:
    """`user` None: not signed in."""

    def __init__(self, store: Store, user: User | None) -> None:
        self.store, self.user, self.client = store, user, Client()
        if user is not None:
            self.sign_in(user)

    def sign_in(self, user: User) -> None:
        secret = hash_secret(user.id)[:43]
        lifetime = settings.SESSION_HOURS * 3_600_000
        now = self.store.now()
        self.store.sessions.put(Session(user.id, hash_secret(secret), user.epoch, now, now + lifetime), BY)
        self.client.cookies[settings.SESSION_COOKIE] = f"{user.id}.{secret}"

    def get(self, path: str, **headers: str) -> Any:
        return self.client.get(path, headers=headers)

    def post(self, path: str, data: dict[str, str] | None = None, /, **headers: str) -> Any:
        return self.client.post(path, data or {}, headers=headers)

    def poll(self, path: str, tag: str) -> Any:
        """As an open page asks for its own news."""
        return self.client.get(path, headers={**HX, "HX-PTag": tag})

    def text(self, path: str) -> str:
        return text_of(self.get(path))


def text_of(response: HttpResponse) -> str:
    """Without the form token, which is masked anew each time."""
    return CSRF.sub(r'\1"masked"', response.content.decode())


def signature(body: bytes, secret: str = SECRET) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def post_github(connection: Connection, body: Any, event: str = "workflow_run", key: str = "", **headers: str) -> Any:
    """A signed webhook post."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    own = {"X-GitHub-Event": event, "X-GitHub-Delivery": key or str(uuid4()), "X-Hub-Signature-256": signature(raw)}
    path = f"/hooks/github/{connection.id}"
    return Client().post(path, raw, content_type="application/json", headers={**own, **headers})
