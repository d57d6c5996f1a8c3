"""Clients that get stuck in every way there is, and the good one beside them whose answers are timed.

`python -m tests.slow_clients [--each 2000]` measures a server of its own; the short form is a test.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from tests.real_server import SECRET, Server, ago, run_event, signed_github

LOGIN = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CLOSE = b"GET /login HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
HOOK = b"POST /hooks/github/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\n"
# What each of them sends before it stops.
KINDS = {
    "partial head": LOGIN[:20],
    "partial body": HOOK + b"{" * 900,
    "answers unread": LOGIN * 40,
    "silent": b"",
    "kept alive": LOGIN,
    "closed by us": CLOSE,
}
GOOD = "127.0.0.77"


@dataclass(frozen=True)
class Times:
    """Seconds each answer took."""

    hooks: Sequence[float]
    pages: Sequence[float]
    alive: Sequence[float]

    def p99(self) -> tuple[float, float, float]:
        return _p99(self.hooks), _p99(self.pages), _p99(self.alive)


def _p99(found: Sequence[float]) -> float:
    return sorted(found)[max(0, int(len(found) * 0.99) - 1)]


@contextlib.contextmanager
def stuck(port: int, kinds: Sequence[str], each: int, addresses: int) -> Iterator[int]:
    """Connections that sent what their kind does and then nothing, from so many addresses of 127/8. How many."""
    open_ones: list[socket.socket] = []
    try:
        for number in range(each):
            for kind in kinds:
                place = number % addresses
                with contextlib.suppress(OSError):
                    sock = socket.socket()
                    open_ones.append(sock)
                    # Small, so that few answers fit in between.
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                    sock.bind((f"127.1.{place // 250}.{place % 250 + 1}", 0))
                    sock.settimeout(5)
                    sock.connect(("127.0.0.1", port))
                    sock.setblocking(False)
                    sock.send(KINDS[kind])
        yield len(open_ones)
    finally:
        for sock in open_ones:
            sock.close()


class Good:
    """Somebody with a signed webhook and a signed-in page, on another address."""

    def __init__(self, server: Server) -> None:
        self.server = server
        team = server.api("POST", "/teams", {"name": "Payments"})
        made = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})
        self._hook = f"/hooks/github/{made['id']}"
        self._run = 9000

    def measure(self, rounds: int) -> Times:
        hooks, pages, alive = [], [], []
        for _ in range(rounds):
            self._run += 1
            body, headers = signed_github(run_event(self._run, "in_progress", None, ago(1), ago(1)))
            hooks.append(self._ask("POST", self._hook, 202, body, headers))
            pages.append(self._ask("GET", "/login", 200))
            alive.append(self._ask("GET", "/healthz", 200))
        return Times(hooks, pages, alive)

    def _ask(
        self, method: str, path: str, code: int, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> float:
        began = time.monotonic()
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=60, source_address=(GOOD, 0))
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            answer.read()
        finally:
            connection.close()
        assert answer.status == code, (path, answer.status)
        return time.monotonic() - began


def raise_descriptor_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.slow_clients")
    parser.add_argument("--each", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=100)
    arguments = parser.parse_args()
    raise_descriptor_limit()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        good = Good(server)
        print(f"{'stuck':<18}{'addresses':>10}{'open':>7}{'hook p99':>11}{'page p99':>11}{'alive p99':>11}  ms")
        _line("nobody", 0, 0, good.measure(arguments.rounds))
        for name, kinds in {**{kind: [kind] for kind in KINDS}, "all of them": list(KINDS)}.items():
            for addresses in (1, 400):
                each = max(1, arguments.each // len(kinds))
                with stuck(server.port, kinds, each, addresses) as count:
                    _line(name, addresses, count, good.measure(arguments.rounds))
        print(f"WORKER TIMEOUT in the log: {server.log.read_text().count('WORKER TIMEOUT')}")
        server.kill()


def _line(name: str, addresses: int, count: int, times: Times) -> None:
    found = "".join(f"{1000 * value:>11.0f}" for value in times.p99())
    print(f"{name:<18}{addresses:>10}{count:>7}{found}", flush=True)


if __name__ == "__main__":
    main()
