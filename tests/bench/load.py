"""The load on a page: `wrk` where it is installed, else this module as a process of its own.

python -m tests.bench.load PORT PATH COOKIE CONNECTIONS SECONDS
"""

from __future__ import annotations

import json
import re
import selectors
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from tests.bench.server import ROOT, Server

CONNECTIONS = 8
UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one stretch of load. Times in milliseconds."""

    rate: float
    p50: float
    p99: float


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "python"


def load(server: Server, path: str, cookie: str, seconds: float) -> Load:
    return _wrk(server, path, cookie, seconds) if generator() == "wrk" else _python(server, path, cookie, seconds)


def _wrk(server: Server, path: str, cookie: str, seconds: float) -> Load:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", "-H", f"Cookie: {cookie}"]
    command.append(f"http://127.0.0.1:{server.port}{path}")
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    if "Non-2xx" in told or "Socket errors" in told:
        raise RuntimeError(f"{path}: {told}")
    rate = re.search(r"Requests/sec: *([\d.]+)", told)
    assert rate is not None
    return Load(float(rate[1]), _latency(told, "50%"), _latency(told, "99%"))


def _latency(told: str, share: str) -> float:
    found = re.search(rf"{share} +([\d.]+)(us|ms|s|m)", told)
    assert found is not None
    return float(found[1]) * UNITS[found[2]]


def _python(server: Server, path: str, cookie: str, seconds: float) -> Load:
    command = [sys.executable, "-m", "tests.bench.load"]
    command += [str(server.port), path, cookie, str(CONNECTIONS), str(seconds)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return Load(**json.loads(told))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class _Asker:
    """A kept-alive connection that asks again as soon as it was answered."""

    def __init__(self, port: int, request: bytes) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._request = request
        self._missing = -1
        self._got = b""
        self.asked_at = 0.0

    def ask(self) -> None:
        self._missing, self._got = -1, b""
        self.asked_at = time.perf_counter()
        self.sock.sendall(self._request)

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


def _generate(port: int, path: str, cookie: str, connections: int, seconds: float) -> Load:
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode()
    selector, times = selectors.DefaultSelector(), []
    began = time.perf_counter()
    for _ in range(connections):
        asker = _Asker(port, request)
        selector.register(asker.sock, selectors.EVENT_READ, asker)
        asker.ask()
    now = began
    while now < began + seconds:
        for key, _ in selector.select(1.0):
            ready: _Asker = key.data
            if ready.take():
                times.append((time.perf_counter() - ready.asked_at) * 1000)
                ready.ask()
        now = time.perf_counter()
    return Load(len(times) / (now - began), percentile(times, 0.5), percentile(times, 0.99))


if __name__ == "__main__":
    _port, _path, _cookie, _connections, _seconds = sys.argv[1:]
    result = _generate(int(_port), _path, _cookie, int(_connections), float(_seconds))
    print(json.dumps({"rate": result.rate, "p50": result.p50, "p99": result.p99}))
