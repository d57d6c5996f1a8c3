"""A writer whose peers, clock and store the test holds."""

from __future__ import annotations

import contextlib
import socket

from dashboard.live.messages import update
from dashboard.live.regions import Region, Snapshot
from dashboard.live.viewer import Viewer
from dashboard.live.writer import Writer

ONE = Snapshot("t1", (Region("a", "<li>1</li>", "board"),), ("board",))
TWO = Snapshot("t2", (Region("a", "<li>2</li>", "board"),), ("board",))
CHANGE = update("t2", "the change from t1 to t2")


class Desk:
    """A writer, the peers of its sockets, and a clock the test turns."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.known = 1000.0
        self.orders: list[tuple[str, str]] = []
        self.left = 0
        self.peers: list[socket.socket] = []
        self.writer = Writer(
            lambda topic: self.orders.append(("watch", topic)),
            lambda topic: self.orders.append(("unwatch", topic)),
            self._leave,
            lambda: self.known,
            lambda: self.now,
            lambda: self.now,
        )

    def _leave(self, _: str) -> None:
        self.left += 1

    def join(self, tag: str = "", *, topic: str = "team:1", ends: str = "", small: bool = False) -> socket.socket:
        ours, peer = socket.socketpair()
        if small:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        peer.setblocking(False)
        self.peers.append(peer)
        self.writer.adopt(Viewer(ours, topic, tag, (ends,) if ends else ()))
        self.writer.step(0)
        return peer

    def show(self, snapshot: Snapshot, base: str = "", change: bytes = b"", topic: str = "team:1") -> None:
        self.writer.publish(topic, snapshot, base, change)
        self.writer.step(0)

    def later(self, seconds: float, *, known: bool = True) -> None:
        self.now += seconds
        if known:
            self.known = self.now
        self.writer.step(0)


def read(peer: socket.socket) -> bytes:
    """What has arrived; ends with b"<closed>" where the other end is closed."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while chunk := peer.recv(1 << 20):
            data += chunk
        return data + b"<closed>"
    return data
