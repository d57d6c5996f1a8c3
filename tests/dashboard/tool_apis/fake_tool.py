"""A tool's API over HTTP on this machine: it answers as it is told to, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Asked:
    """`headers`: with lower-case names."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    method: str = "GET"
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass(frozen=True)
class Answer:
    """`length`: what the header claims, where that is not the truth."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


def as_json(found: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(found).encode(), {name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class FakeTool:
    """answers: by path; one that is called decides by what is asked, a list is used up one by one but for its last."""

    address: str
    answers: dict[str, Any] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def answer(self, asked: Asked) -> Answer:
        found = self.answers.get(asked.path, Answer(404, b'{"message": "Not Found"}'))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found(asked) if isinstance(found, Callable) else found  # type: ignore[arg-type, no-any-return]


T = TypeVar("T", bound=FakeTool)


@contextmanager
def served() -> Iterator[FakeTool]:
    with serving(FakeTool) as tool:
        yield tool


@contextmanager
def serving(make: Callable[[str], T]) -> Iterator[T]:
    """`make`: the tool at an address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            asked = Asked(parts.path, dict(parse_qsl(parts.query)), headers, self.command, body)
            tool.asked.append(asked)
            answer = tool.answer(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body) if answer.length is None else answer.length))
            self.end_headers()
            with suppress(ConnectionError):
                # Who asked has heard enough.
                self.wfile.write(answer.body)
            if answer.length is not None:
                self.close_connection = True

        do_POST = do_PATCH = do_PUT = do_GET

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    tool = make(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield tool
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
