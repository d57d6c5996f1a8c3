"""Runs the tiny application under gunicorn with the project's worker, and talks to it."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@dataclass(frozen=True)
class Server:
    port: int
    process: subprocess.Popen[bytes]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str) -> tuple[int, bytes]:
        return self._ask("GET", path, None)

    def control(self, **wanted: Any) -> dict[str, Any]:
        _, body = self._ask("POST", "/control", json.dumps(wanted).encode())
        answer: dict[str, Any] = json.loads(body)
        return answer

    def open_stream(self, path: str = "/live/team:1", *, extra: bytes = b"") -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode() + extra)
        return sock

    def _ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body=body, headers={"Connection": "close"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def read_until(sock: socket.socket, wanted: bytes) -> bytes:
    """Everything that arrived up to and including `wanted`."""
    data = b""
    while wanted not in data:
        chunk = sock.recv(65536)
        if not chunk:
            raise AssertionError(f"closed before {wanted!r} came: {data!r}")
        data += chunk
    return data


def is_closed(sock: socket.socket) -> bool:
    """Whether the peer closes, reading away what still comes before."""
    while sock.recv(65536):
        pass
    return True


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "gunicorn", "--chdir", str(HERE), "-k", "bigtransit.worker.Worker"]
        command += ["--bind", f"fd://{listener.fileno()}", "--workers", "1", "--threads", "2", "--no-control-socket"]
        command += ["--graceful-timeout", "5", "--log-level", "warning", *options, "tiny_app:app"]
        process = subprocess.Popen(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "tests.settings"},
            pass_fds=(listener.fileno(),),
            stderr=subprocess.PIPE,
        )
        try:
            # The listener queues connections until the worker is up, so there is nothing to wait for.
            yield Server(listener.getsockname()[1], process)
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=20)
            assert not errors, errors.decode()


def wait_readable(sock: socket.socket, seconds: float) -> bool:
    return bool(select.select([sock], [], [], seconds)[0])
