"""Readers that do not read: what they cost, and when they are dropped."""

from __future__ import annotations

import socket
import tracemalloc

import pytest

from dashboard.live.regions import Region, Snapshot
from dashboard.live.viewer import MOST_BACKLOG, SEND_BUFFER, Viewer
from dashboard.live.writer import UNREAD_SECONDS
from tests.dashboard.live.desk import ONE, TWO, Desk, read


def drain(peer: socket.socket) -> None:
    peer.settimeout(10)
    while peer.recv(1 << 16):
        continue


def test_reader_that_never_reads_is_dropped_at_the_limit_over_tcp(desk: Desk):
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as peer:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        peer.connect(listener.getsockname())
        ours, _ = listener.accept()
        desk.writer.adopt(Viewer(ours, "team:1", "t1"))
        desk.show(ONE)
        sent = 0
        while not desk.writer.dropped:
            change = b"x" * 16_384
            desk.show(Snapshot(f"u{sent}", ()), f"u{sent - 1}" if sent else "t1", change)
            sent += 1
            assert sent * len(change) < MOST_BACKLOG + 4 * SEND_BUFFER + 65_536
        assert ours.fileno() < 0
        assert desk.left == 1
        # Not left to the kernel, which would keep what waits.
        with pytest.raises(ConnectionResetError):
            drain(peer)


def test_message_that_is_not_taken_in_time_ends_the_stream_and_one_that_is_does_not(desk: Desk):
    stuck, slow = desk.join("t1", small=True), desk.join("t1", small=True)
    desk.show(ONE)
    big = b"x" * MOST_BACKLOG
    desk.show(TWO, "t1", big)
    got = read(slow)
    for _ in range(10_000):
        desk.writer.step(0)
        got += read(slow)
        if got.endswith(big):
            break
    for _ in range(5):
        desk.later(UNREAD_SECONDS / 3)
    assert desk.writer.dropped == 1
    assert read(stuck).endswith(b"<closed>")
    assert not read(slow).endswith(b"<closed>")


def test_what_waits_for_many_readers_is_held_once_and_given_back(desk: Desk):
    for _ in range(200):
        desk.join("t0", small=True)
    big = Snapshot("t3", (Region("a", "<li>" + "x" * 200_000 + "</li>", "board"),), ("board",))
    tracemalloc.start()
    try:
        desk.show(big)
        held, _ = tracemalloc.get_traced_memory()
        assert held < 20 * 200_000
        desk.show(ONE, "t3", b"y" * MOST_BACKLOG)
        assert desk.writer.dropped == 200
        desk.writer.step(0)
        assert tracemalloc.get_traced_memory()[0] < 5 * 200_000
    finally:
        tracemalloc.stop()
