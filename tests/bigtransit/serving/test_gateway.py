"""Between the loop and the application: sockets that are given away."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from bigtransit.serving.gateway import Gateway
from bigtransit.serving.limits import Limits
from bigtransit.serving.loop import Loop
from bigtransit.serving.pool import Pool
from dashboard.http.lanes import Lane
from dashboard.live.handover import Handover

Start = Callable[[socket.socket], None]


def asked(start: Start) -> bytes:
    """What a client is sent whose connection the application gives to `start`, up to its end."""
    return answered(Handover(start))


def answered(raised: Exception) -> bytes:
    """What a client is sent where the application raises this."""

    def app(environ: object, start_response: object) -> object:
        raise raised

    log = SimpleNamespace(access=lambda *_: None, debug=lambda *_: None, exception=lambda *_: None)
    worker = SimpleNamespace(cfg=Config(), wsgi=app, alive=True, log=log)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        pools: dict[str, Pool] = {lane: Pool(1) for lane in Lane}
        loop = Loop([listener], Gateway(worker), pools=pools, limits=Limits(), most_connections=9)
        with socket.create_connection(listener.getsockname()) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            for _ in range(400):
                loop.step(0.01)
                if not loop.connections and loop.holdings.bytes == 0 and loop.working == 0 and _ends(client):
                    break
            client.settimeout(5)
            found = client.recv(4096)
        loop.close()
    return found


def _ends(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        client.recv(100, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    return True


def test_socket_that_nobody_could_take_is_closed(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[socket.socket] = []

    def fails(sock: socket.socket) -> None:
        # Held, so that nothing but the server can close it.
        kept.append(sock)
        raise OSError("no room")

    assert asked(fails) == b""
    assert kept[0].fileno() == -1
    assert "a request could not be answered" in caplog.text


def test_socket_that_was_taken_stays_open() -> None:
    kept: list[socket.socket] = []

    def takes(sock: socket.socket) -> None:
        kept.append(sock)
        sock.sendall(b"data: 1\n\n")

    assert asked(takes) == b"data: 1\n\n"
    assert kept[0].fileno() > 0
    kept[0].close()


def test_fault_that_no_view_caught_is_answered_in_json_with_the_headers_of_all() -> None:
    head, _, body = answered(ValueError("ours")).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 500 ")
    assert b"\r\nX-Content-Type-Options: nosniff" in head
    assert body == b'{"message":"Internal Server Error"}'
