"""python -m tests.bench.unread [--viewers 3000]: what readers that never read cost a process, and what stays of it."""

from __future__ import annotations

import argparse
import http.client
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.bodies import Event
from tests.bench.changing import post
from tests.bench.server import Server
from tests.bench.streams import PATIENCE, allow_descriptors
from tests.bench.town import PIPELINES, Town, build, coming
from tests.many_readers import cookies

EVENTS = 200
WAIT_SECONDS = 90
PAGE_KIB = 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.unread")
    parser.add_argument("--viewers", type=int, default=3000)
    viewers: int = parser.parse_args().viewers
    allow_descriptors(viewers + 200)
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch, ExitStack() as stack:
        url = f"sqlite:///{scratch}/store.db"
        server = stack.enter_context(Server(url, Path(scratch), workers=1))
        town, events = build(server, url), coming(range(PIPELINES))
        _changes(server, town, events, EVENTS)
        _line("before", server)
        page = len(server.ask(town.board, send={"Cookie": server.sign_in()}).body) // 1024
        for cookie in cookies(server.environment, viewers):
            stack.callback(_open(server, town, cookie).close)
        while server.descriptors() < viewers:
            time.sleep(0.5)
        _line(f"{viewers} streams of a page of {page} kB", server)
        _changes(server, town, events, EVENTS)
        _line(f"after {EVENTS} changes", server)
        _changes(server, town, events, 1)
        time.sleep(WAIT_SECONDS)
        _line(f"{WAIT_SECONDS} s later", server)
        began = time.perf_counter()
        assert server.ask("/healthz").status == 200
        print(f"the server answers in {1000 * (time.perf_counter() - began):.0f} ms")


def _open(server: Server, town: Town, cookie: str) -> socket.socket:
    """A stream of somebody whose page is out of date, so that all of it is sent, and who never reads."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(PATIENCE)
    sock.connect(("127.0.0.1", server.port))
    path = f"/live/team:{town.team_id}?tag=none"
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {cookie}\r\n\r\n".encode())
    return sock


def _changes(server: Server, town: Town, events: Iterator[Event], count: int) -> None:
    """About ten a second."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    for _ in range(count):
        post(connection, town, next(events))
        time.sleep(0.1)
    connection.close()


def _line(name: str, server: Server) -> None:
    """Sockets of both ends stand on this machine; the kernel tells their buffers in one sum."""
    told = Path("/proc/net/sockstat").read_text().partition("TCP: ")[2].split("\n")[0].split()
    kernel = int(told[told.index("mem") + 1]) * PAGE_KIB
    counted = f"process {server.memory_kib() / 1024:>7.0f} MB   sockets {kernel / 1024:>7.0f} MB"
    print(f"{name:<40}{counted}   descriptors {server.descriptors():>6}", flush=True)


if __name__ == "__main__":
    main()
