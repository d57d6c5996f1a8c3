"""Two processes at one address: both get their share, and one that is killed takes nobody else's connections along."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bigtransit.serving.loop import Loop
from bigtransit.serving.pool import Pool
from tests.bigtransit.serving.staging import LIMITS, Stage, Words, staged
from tests.real_server import Server
from tests.workers import connections_of, workers_of

ASK = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    found = Server(Path(tmp_path_factory.mktemp("sharing")))
    found.start()
    try:
        await_both(found)
        yield found
    finally:
        found.kill()


@pytest.fixture
def stage() -> Iterator[Stage]:
    yield from staged()


def workers(server: Server) -> list[int]:
    assert server.process is not None
    return workers_of(server.process.pid)


def answered(sock: socket.socket) -> bool:
    """Whether it is asked and answers. False where the connection is lost."""
    try:
        sock.sendall(ASK)
        return sock.recv(4096).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def opened(server: Server, count: int) -> list[socket.socket]:
    socks = [socket.create_connection(("127.0.0.1", server.port), timeout=20) for _ in range(count)]
    assert all(answered(sock) for sock in socks)
    return socks


def await_both(server: Server) -> None:
    """One answers before the other has begun."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        socks = opened(server, 16)
        shares = connections_of(workers(server), server.port)
        for sock in socks:
            sock.close()
        if len(shares) == 2 and min(shares):
            return
    raise AssertionError("one process gets no connections")


def test_connections_that_wait_together_are_shared_by_two_loops(stage: Stage) -> None:
    other = Loop(
        [stage.listener], Words(), pools={"many": Pool(1), "few": Pool(1)}, limits=LIMITS, most_connections=1000
    )
    stage.clients += [socket.create_connection(stage.listener.getsockname()) for _ in range(8)]
    for _ in range(4):
        stage.loop.step(1.0)
        other.step(1.0)
    assert (len(stage.loop.connections), len(other.connections)) == (4, 4)
    other.close()


def test_both_processes_get_connections(server: Server) -> None:
    socks = opened(server, 64)
    shares = connections_of(workers(server), server.port)
    for sock in socks:
        sock.close()
    assert sum(shares) == 64
    assert min(shares) >= 4


def test_killed_process_loses_its_own_connections_alone_and_another_takes_its_place(server: Server) -> None:
    socks = opened(server, 32)
    before = workers(server)
    lost_with = dict(zip(before, connections_of(before, server.port), strict=True))
    stop = threading.Event()
    failed: list[str] = []

    def newcomers() -> None:
        """New connections all the while: of those none is refused, but one that the killed process had just taken."""
        while not stop.is_set():
            try:
                with socket.create_connection(("127.0.0.1", server.port), timeout=20) as sock:
                    answered(sock)
            except OSError as error:
                failed.append(repr(error))

    load = threading.Thread(target=newcomers)
    load.start()
    os.kill(before[0], signal.SIGKILL)
    until = time.monotonic() + 20
    while (after := workers(server)) in (before, before[1:]) and time.monotonic() < until:
        answered(socks[-1])
    assert len(after) == 2
    alive = sum(answered(sock) for sock in socks)
    stop.set()
    load.join()
    assert failed == []
    assert alive == 32 - lost_with[before[0]]
    for sock in socks:
        sock.close()
