"""Hostile requests to every route, as Django's client sends them, and what each answer must keep to."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from django.test import Client

from storage.engines.sqlite import SqliteEngine
from storage.store import Store
from tests.dashboard.hostile.drawing import Drawing
from tests.dashboard.views.matrix import ROWS, Row

METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "QUERY")
NAMES = ("cursor", "limit", "days", "q", "next", "tag", "delivery", "page", "branch", "team", "state", "code", "sort")
HEADERS = (
    "Accept",
    "Accept-Language",
    "Accept-Encoding",
    "Authorization",
    "Cookie",
    "Content-Encoding",
    "Expect",
    "Forwarded",
    "HX-Request",
    "HX-PTag",
    "HX-Boosted",
    "HX-Current-URL",
    "HX-History-Restore-Request",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "Last-Event-ID",
    "Origin",
    "Range",
    "Referer",
    "Transfer-Encoding",
    "User-Agent",
    "X-Csrftoken",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Http-Method-Override",
    "X-Real-Ip",
)
VALUES = ("true", "*", "bytes=0-", "bytes=-1,5-2", "gzip, br;q=x", '"', 'W/"a"', "http", "Basic ==", "Bearer ", "null")
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=utf-7",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=" + "x" * 300,
    "text/plain; charset=none-such",
    "",
    "/",
    ";" * 200,
)

# What any form or call asks for, and what rows do not fill in.
FIELDS = (*sorted({name for rows in ROWS.values() for row in rows for name in row.data}),)
# What a form or a call asks for that rows do not fill in, by the end of its path.
MORE = {
    "/connections": ("secret", "topicArn"),
    "/manage": ("description",),
    "/manage/teams/{team}": ("description", "was"),
    "/pipelines/{pipeline}": ("default_branch", "stage-0-environment", "stage-0-kind", "was"),
    "/manage/connections/{connection}": ("topic_arn", "was"),
}


class Fault(AssertionError):
    """An answer that must not be. The request that led to it is told, so that a seed can be looked at."""


class Snapshot:
    """The store's file as it was, for the next one to begin from."""

    def __init__(self, store: Store) -> None:
        engine = store.table.engine
        assert isinstance(engine, SqliteEngine)
        self._engine, self._kept = engine, engine.path.with_suffix(".kept")
        engine.close()
        shutil.copy(engine.path, self._kept)

    def restore(self) -> None:
        self._engine.close()
        for end in ("-wal", "-shm"):
            Path(f"{self._engine.path}{end}").unlink(missing_ok=True)
        shutil.copy(self._kept, self._engine.path)


def check(told: object, answer: Any) -> None:
    """Raises Fault where an answer is one that nobody may be given."""
    code, request = answer.status_code, answer.wsgi_request
    # The store is there, and only streams are not to be had.
    put_off = code == 503 and request.path.startswith("/live/") and answer.headers.get("Retry-After", "").isdigit()
    if code >= 500 and not put_off:
        raise Fault(f"{code}: {told!r:.3000}")
    for name, value in answer.headers.items():
        if any(end in value for end in "\r\n\x00"):
            raise Fault(f"{name} of two lines: {told!r:.3000}")
    path = request.path
    if code < 400 or request.method == "HEAD" or not path.startswith(("/api/", "/hooks/")):
        return
    if "json" not in answer.headers.get("Content-Type", ""):
        raise Fault(f"{code} without words: {told!r:.3000}")
    body = json.loads(answer.content)
    if not body["message"] or (path.startswith("/api/") and not body["code"]):
        raise Fault(f"{code} without its shape: {told!r:.3000}")


class Asker:
    """Asks as somebody does whose browser, or whose token, is `client`'s."""

    def __init__(self, draw: Drawing, client: Client, token: str = "") -> None:
        self.draw, self.client, self.token = draw, client, token
        self.count = 0
        self.faults: list[str] = []
        client.raise_request_exception = False

    def row(self, row: Row, names: dict[str, str], times: int) -> None:
        for _ in range(times):
            path = self._path(row.path.format(**names))
            data = {name: value.format(**names) for name, value in row.data.items()}
            method = row.method if self.draw.chance(0.75) else self.draw.one(METHODS)
            body, kind = self._body(data, row.path)
            self.ask(method, path, body, kind, self._headers(row.path))

    def ask(self, method: str, path: str, body: bytes, kind: str, headers: dict[str, str]) -> Any:
        kept = self.client.cookies.output()
        answer = self.client.generic(method, path, body, kind, headers=headers)
        if kept and not self.client.cookies.output():
            raise Fault("the browser lost its cookies")
        self.count += 1
        try:
            check((method, path, body[:600], kind, {name: value[:200] for name, value in headers.items()}), answer)
        except Fault as fault:
            self.faults.append(str(fault))
        if answer.streaming:
            for _ in answer:
                pass
        return answer

    def _path(self, path: str) -> str:
        parts = path.split("/")
        if self.draw.chance(0.4):
            parts[self.draw.random.randrange(1, len(parts))] = self.draw.segment()
        elif self.draw.chance(0.1):
            parts.insert(self.draw.random.randrange(1, len(parts) + 1), self.draw.segment())
        query = self.draw.query(NAMES) if self.draw.chance(0.5) else ""
        return "/".join(parts)[:9_000] + (f"?{query}" if query else "")

    def _body(self, data: dict[str, str], path: str) -> tuple[bytes, str]:
        wrong: dict[str, Any] = self.draw.mutated(data) if data and self.draw.chance(0.7) else dict(data)
        if self.draw.chance(0.4):
            wrong[self.draw.one(_fields_of(path))] = self.draw.text() if self.draw.chance(0.7) else self.draw.value()
        if path.startswith(("/api/", "/hooks/")):
            kind = self.draw.one(TYPES) if self.draw.chance(0.2) else "application/json"
            return self.draw.encoded(wrong), kind
        if self.draw.chance(0.2):
            return self.draw.encoded(wrong), self.draw.one(TYPES)
        if self.draw.chance(0.2):
            return self._parts(wrong), "multipart/form-data; boundary=x"
        pairs = [f"{_quoted(name)}={_quoted(str(each))}" for name, value in wrong.items() for each in _as_list(value)]
        return "&".join(pairs).encode(), "application/x-www-form-urlencoded"

    def _parts(self, data: dict[str, Any]) -> bytes:
        lines = []
        for name, value in data.items():
            file = '; filename="a\\"b.txt"' if self.draw.chance(0.3) else ""
            lines.append(f'--x\r\nContent-Disposition: form-data; name="{name}"{file}\r\n\r\n{value}\r\n')
        text = "".join(lines) + ("--x--\r\n" if self.draw.chance(0.7) else "")
        return text.encode("utf-8", "surrogatepass")

    def _headers(self, path: str) -> dict[str, str]:
        drawn = self.draw.random.choice([0, 0, 1, 2, 6])
        found = {
            self.draw.one(HEADERS): self.draw.one(VALUES) if self.draw.chance(0.4) else self.draw.header()
            for _ in range(drawn)
        }
        # The session's cookie is the client's own; one that is drawn comes instead of it.
        if path.startswith("/api/") and self.token and self.draw.chance(0.9):
            found["Authorization"] = f"Bearer {self.token}"
        return found


def _fields_of(path: str) -> tuple[str, ...]:
    return next((more for end, more in MORE.items() if path.endswith(end)), FIELDS)


def _quoted(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")


def _as_list(value: Any) -> Iterator[Any]:
    yield from value[:50] if isinstance(value, list) else [value]
