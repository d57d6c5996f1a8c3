"""The load on a page, from a process of its own on the same cores: kept connections that ask again once answered.

python -m tests.bench.load PORT PATH COOKIE CONNECTIONS SECONDS FIRST
"""

from __future__ import annotations

import itertools
import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.bench.server import ROOT, Server

CONNECTIONS = 8
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
# In a path: another number each time, so that it is another page to whoever keeps pages.
NUMBER = "{number}"
_numbers = itertools.count(1_000_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one stretch of load. p50, p99: milliseconds of an answer. processor: milliseconds that the server's
    processes worked for each."""

    rate: float
    p50: float
    p99: float
    processor: float


def load(server: Server, path: str, cookie: str, seconds: float) -> Load:
    command = [sys.executable, "-m", "tests.bench.load", str(server.port), path, cookie]
    command += [str(CONNECTIONS), str(seconds), str(next(_numbers))]
    before = server.processor_seconds()
    told = json.loads(subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout)
    spent = server.processor_seconds() - before
    return Load(told["count"] / told["seconds"], told["p50"], told["p99"], 1000 * spent / told["count"])


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Asker:
    """A kept-alive connection that asks again as soon as it was answered."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self._missing = -1
        self._got = b""
        self.asked_at = 0.0

    def ask(self) -> None:
        self._missing, self._got = -1, b""
        self.asked_at = time.perf_counter()
        self.sock.sendall(next(self._requests))

    def take(self) -> bool:
        """Read what is there. Whether the answer is whole. Raises RuntimeError when it is not 200."""
        data = self.sock.recv(262_144)
        if not data:
            raise RuntimeError("the server closed the connection")
        if self._missing >= 0:
            self._missing -= len(data)
            return self._missing <= 0
        self._got += data
        head, found, rest = self._got.partition(b"\r\n\r\n")
        if not found:
            return False
        length = LENGTH.search(head)
        if b" 200 " not in head[:16] or length is None:
            raise RuntimeError(head[:200].decode())
        self._missing = int(length[1]) - len(rest)
        return self._missing <= 0


def _requests(port: int, path: str, cookie: str, first: int) -> Iterator[bytes]:
    for number in itertools.count(first):
        asked = path.replace(NUMBER, str(number))
        head = f"GET {asked} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\nAccept-Encoding: gzip\r\n\r\n"
        yield head.encode()


def _generate(port: int, path: str, cookie: str, connections: int, seconds: float, first: int) -> dict[str, float]:
    requests = _requests(port, path, cookie, first)
    selector = selectors.DefaultSelector()
    times: list[float] = []
    began = time.perf_counter()
    for _ in range(connections):
        asker = _Asker(port, requests)
        selector.register(asker.sock, selectors.EVENT_READ, asker)
        asker.ask()
    now = began
    while now < began + seconds or not times:
        for key, _ in selector.select(1.0):
            ready: _Asker = key.data
            if ready.take():
                times.append((time.perf_counter() - ready.asked_at) * 1000)
                ready.ask()
        now = time.perf_counter()
    return {
        "count": len(times), "seconds": now - began, "p50": percentile(times, 0.5), "p99": percentile(times, 0.99)
    }  # fmt: skip


if __name__ == "__main__":
    _port, _path, _cookie, _connections, _seconds, _first = sys.argv[1:]
    print(json.dumps(_generate(int(_port), _path, _cookie, int(_connections), float(_seconds), int(_first))))
