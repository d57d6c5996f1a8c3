"""What stands elsewhere: a real OpenID provider in a process of its own, and a server that answers as a test says."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import requests
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from tests.dashboard.visiting import Visitor

CLIENT, CLIENT_SECRET = "big-transit", "a-secret-of-the-provider"
PEOPLE = [
    {"sub": "ada", "email": "ada@example.com", "name": "Ada Lovelace", "groups": ["payments-devs", "platform-admins"]},
    {"sub": "bob", "email": "bob@example.com", "email_verified": False},
]
TIMES = ("iat", "exp", "nbf")
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


@contextmanager
def real_provider() -> Iterator[str]:
    """The issuer's address."""
    people = [word for person in PEOPLE for word in ("--user-claims", json.dumps(person))]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "-p",
        "0",
        "--require-nonce",
        "true",
        *people,
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        running = (re.search(r"running on (http://\S+)", line) for line in process.stderr)
        issuer = next(found[1] for found in running if found)
        drain = threading.Thread(target=deque, args=(process.stderr, 0))
        drain.start()
        yield issuer
        process.terminate()
        drain.join()


def query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query))


def local(url: str) -> str:
    """The part of our own address that a test's browser asks for."""
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def agree(url: str, person: str = "ada") -> str:
    """Somebody signs in at the real provider. Returns our own address, to which it sends the browser."""
    answer = requests.post(url, data={"sub": person}, allow_redirects=False, timeout=5)
    assert answer.status_code == 302, answer.text
    return local(answer.headers["Location"])


def decline(url: str) -> str:
    answer = requests.post(url, data={"action": "deny"}, allow_redirects=False, timeout=5)
    return local(answer.headers["Location"])


def begin(visitor: Visitor, provider: str = "oidc", **asked: str) -> str:
    """Where the browser is sent."""
    answer = visitor.client.get(f"/login/with/{provider}", asked)
    assert answer.status_code == 302, answer.content
    return str(answer["Location"])


class Answers(ThreadingHTTPServer):
    """Answers each path with what `of` holds for it: something for JSON, text as it is, a number as an empty answer of
    that status, or a function of the posted form that gives one of them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.of: dict[str, Any] = {}
        self.asked: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Answers

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer({name: values[0] for name, values in parse_qs(body).items()})

    def _answer(self, form: dict[str, str]) -> None:
        self.server.asked.append(self.path)
        answer = self.server.of.get(self.path, self.server.of.get(urlsplit(self.path).path, 404))
        answer = answer(form) if callable(answer) else answer
        status = answer if isinstance(answer, int) else 200
        body = b"" if isinstance(answer, int) else answer.encode() if isinstance(answer, str) else _json(answer)
        with suppress(ConnectionError):  # who asked need not read to the end
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"{self.server.url}/moved")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


@contextmanager
def answers() -> Iterator[Answers]:
    with Answers() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Forger:
    """An OpenID provider that says what a test wants it to say, signed with its right key unless the test has it
    otherwise. `claims` hold times as seconds from now. It checks the code verifier itself."""

    def __init__(self, server: Answers) -> None:
        self.server, self.asked_with = server, dict[str, str]()
        self.claims: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "one"}
        self.metadata: dict[str, Any] = {
            "issuer": server.url,
            "authorization_endpoint": f"{server.url}/authorize",
            "token_endpoint": f"{server.url}/token",
            "jwks_uri": f"{server.url}/jwks",
            "id_token_signing_alg_values_supported": ["RS256", "none", "HS256"],
        }
        server.of |= {
            "/.well-known/openid-configuration": lambda _: self.metadata,
            "/jwks": lambda _: KeySet([KEY]).as_dict(private=False),
            "/token": self.token,
        }

    def come_back(self, visitor: Visitor, url: str = "", **changes: str) -> Any:
        """Our answer to a browser that went there and came back."""
        self.asked_with = query(url or begin(visitor))
        told = {"code": "a-code-of-the-provider", "state": self.asked_with["state"], **changes}
        return visitor.client.get("/login/with/oidc/callback", {name: value for name, value in told.items() if value})

    def token(self, form: dict[str, str]) -> Any:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if challenge.decode().rstrip("=") != self.asked_with["code_challenge"]:
            return {"error": "invalid_grant", "error_description": form["code"]}
        return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": self.id_token()}

    def id_token(self) -> str:
        now = int(time.time())
        claims: dict[str, Any] = {
            "iss": self.server.url,
            "aud": CLIENT,
            "sub": "ada",
            "nonce": self.asked_with["nonce"],
            "iat": 0,
            "exp": 300,
            "email": "ada@example.com",
            "groups": [],
        } | self.claims
        claims |= {name: now + claims[name] for name in TIMES if isinstance(claims.get(name), int)}
        claims = {name: value for name, value in claims.items() if value is not None}
        if self.header["alg"] == "none":
            parts = (base64.urlsafe_b64encode(_json(part)).decode().rstrip("=") for part in (self.header, claims))
            return ".".join((*parts, ""))
        key: Any = KEY
        return jwt.encode(self.header, claims, key, algorithms=[self.header["alg"]])
