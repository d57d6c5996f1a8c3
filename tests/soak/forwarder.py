"""Between a server and DynamoDB: what passes, is refused, hangs, is throttled or loses its answer, as it is told."""

from __future__ import annotations

import json
import random
import socket
import threading
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

THROTTLED = json.dumps(
    {
        "__type": "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        "message": "The level of configured provisioned throughput for the table was exceeded.",
    }
).encode()


class Forwarder:
    """mode: "pass", "hang", or "refuse" (connections are closed at once, and no port listens).
    throttled, lost: shares of calls that are refused, or carried out without an answer."""

    def __init__(self, upstream: str) -> None:
        self.upstream = urlsplit(upstream)
        self.mode = "pass"
        self.throttled = self.lost = 0.0
        self.released = threading.Event()
        self.counts = {"passed": 0, "throttled": 0, "lost": 0}
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self._open: set[socket.socket] = set()
        self.start()

    def start(self) -> None:
        forwarder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def setup(self) -> None:
                forwarder._open.add(self.request)
                super().setup()

            def finish(self) -> None:
                forwarder._open.discard(self.request)
                with suppress(OSError):
                    super().finish()

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                forwarder._serve(self, body)

            def handle(self) -> None:
                with suppress(OSError, ValueError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self._server = _Server(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def cut(self) -> None:
        """Nobody listens any more, and open connections end."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
        self._server = None
        for sock in list(self._open):
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        """Connections and requests are taken, and nothing is answered."""
        self.released.clear()
        self.mode = "hang"

    def release(self) -> None:
        self.mode = "pass"
        self.released.set()

    def _serve(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        if self.mode == "hang":
            self.released.wait(60)
            handler.close_connection = True
            return
        drawn = random.random()
        if drawn < self.throttled:
            self._count("throttled")
            _answer(handler, 400, THROTTLED, {"Content-Type": "application/x-amz-json-1.0"})
            return
        status, answer, headers = self._pass(handler, body)
        if drawn < self.throttled + self.lost or not status:
            self._count("lost")
            handler.close_connection = True
            return
        self._count("passed")
        _answer(handler, status, answer, headers)

    def _pass(self, handler: BaseHTTPRequestHandler, body: bytes) -> tuple[int, bytes, dict[str, str]]:
        connection = HTTPConnection(str(self.upstream.hostname), self.upstream.port, timeout=30)
        kept = {name: value for name, value in handler.headers.items() if name.lower() != "connection"}
        try:
            connection.request("POST", handler.path, body, kept)
            found = connection.getresponse()
            return found.status, found.read(), dict(found.getheaders())
        except (OSError, HTTPException):
            return 0, b"", {}
        finally:
            connection.close()

    def _count(self, what: str) -> None:
        self.counts[what] += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A connection that was cut is what this is for."""


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    handler.send_response_only(status)
    for name, value in headers.items():
        if name.lower() not in ("content-length", "transfer-encoding", "connection"):
            handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)
