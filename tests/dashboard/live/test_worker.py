from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from tests.dashboard.live.tiny_server import Server, is_closed, read_until, serving

ROW = {"id": "row-1", "html": '<li id="row-1">one</li>'}


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as server:
        yield server


def test_twenty_open_streams_leave_two_threads_free_for_pages(server: Server):
    streams = [server.open_stream() for _ in range(20)]
    try:
        for stream in streams:
            read_until(stream, b"event: beat")
        for _ in range(10):
            assert server.get("/page")[0] == 200
        assert server.control()["viewers"] == 20
        server.control(rows=[ROW], notice="team:1")
        for stream in streams:
            read_until(stream, b'<li id="row-1">one</li>')
    finally:
        for stream in streams:
            stream.close()


def test_viewer_that_leaves_is_noticed(server: Server):
    with server.open_stream() as stream:
        read_until(stream, b"event: beat")
        assert server.control()["viewers"] == 1
    with server.open_stream() as other:
        # Its end was in the writer's hands before this stream's beginning was.
        read_until(other, b"event: beat")
        assert server.control()["viewers"] == 1


def test_what_was_sent_behind_the_request_is_not_answered(server: Server):
    with server.open_stream(extra=b"GET /page HTTP/1.1\r\nHost: localhost\r\n\r\n") as stream:
        read_until(stream, b"event: beat")
        server.control(rows=[ROW], notice="team:1")
        read_until(stream, b"one</li>")
        assert server.control()["pages"] == 0


def test_session_end_closes_the_stream(server: Server):
    with server.open_stream("/live/team:1?ends=session:abc") as stream:
        read_until(stream, b"event: beat")
        server.control(notice="session:abc")
        read_until(stream, b"event: ended")
        assert is_closed(stream)


def test_stream_beyond_the_limit_is_answered_503(server: Server):
    streams = [server.open_stream() for _ in range(100)]
    try:
        for stream in streams:
            read_until(stream, b"event: beat")
        assert server.control()["viewers"] == 100
        with server.open_stream() as late:
            assert read_until(late, b"\r\n\r\n").startswith(b"HTTP/1.1 503 ")
    finally:
        for stream in streams:
            stream.close()


def test_stopping_server_does_not_wait_for_streams():
    with serving("--graceful-timeout", "60") as server, server.open_stream() as stream:
        read_until(stream, b"event: beat")
        server.process.send_signal(signal.SIGTERM)
        assert is_closed(stream)
        assert server.process.wait(timeout=10) == 0


def test_replaced_worker_takes_streams_again():
    with serving() as server:
        with server.open_stream() as stream:
            read_until(stream, b"event: beat")
            os.kill(server.control()["pid"], signal.SIGTERM)
            assert is_closed(stream)
        with server.open_stream() as stream:
            read_until(stream, b"event: beat")
