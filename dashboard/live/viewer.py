"""One open stream: a non-blocking socket and what could not be sent yet."""

from __future__ import annotations

import contextlib
import math
import socket
import struct
from collections import deque

from dashboard.live.sending import send

MOST_BACKLOG = 256 * 1024
# In the kernel, which doubles it; more is kept here, where viewers of one message share it.
SEND_BUFFER = 32 * 1024
# linger on, for 0 s
RESET = struct.pack("ii", 1, 0)
# Of what is kept, as much is copied at a time to be sent.
AT_ONCE = 128 * 1024
MOST_INPUT = 64 * 1024
# Kernels would try for a quarter of an hour to reach a laptop that went to sleep.
UNANSWERED_MS = 30_000


class Lost(Exception):
    """The peer is gone."""


class TooSlow(Lost):
    """The peer reads less than it is sent."""


class Viewer:
    """`tag` is what the page behind this stream shows, `reader` whose it is; `closes_at`, `waits_since` (infinity while
    everything is sent) and times alike are the writer's. Of messages that wait nothing is copied: all viewers hold the
    same bytes, and how far each has come."""

    __slots__ = (
        "_at",
        "_backlog",
        "_input",
        "_queued",
        "closes_at",
        "ends_with",
        "reader",
        "sock",
        "tag",
        "topic",
        "waits_since",
    )

    def __init__(
        self, sock: socket.socket, topic: str, tag: str, ends_with: tuple[str, ...] = (), reader: str = ""
    ) -> None:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        if sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNANSWERED_MS)
        self.sock = sock
        self.topic = topic
        self.tag = tag
        self.ends_with = ends_with
        self.reader = reader
        self.closes_at = 0.0
        self.waits_since = math.inf
        self._backlog: deque[bytes] | None = None
        self._at = 0
        self._queued = 0
        self._input = 0

    def send(self, data: bytes) -> bool:
        """Send now what the kernel takes, keep the rest. True when nothing is left. Raises Lost."""
        if self._backlog:
            # A single message may be larger than the limit; a second behind an unread one may not.
            if self._queued + len(data) > MOST_BACKLOG:
                raise TooSlow
            self._backlog.append(data)
            self._queued += len(data)
            return False
        sent = self._write(data)
        if sent < len(data):
            self._backlog, self._at = deque((data,)), sent
            self._queued = len(data) - sent
            return False
        return True

    def flush(self) -> bool:
        """Send what was kept. True when nothing is left. Raises Lost."""
        while self._backlog:
            data = self._backlog[0]
            part = data[self._at : self._at + AT_ONCE]
            sent = self._write(part)
            self._queued -= sent
            self._at += sent
            if sent < len(part):
                return False
            if self._at == len(data):
                self._backlog.popleft()
                self._at = 0
        self._backlog = None
        return True

    def listen(self) -> None:
        """Something arrived: bytes, which no viewer has reason to send and which are thrown away, or the end."""
        try:
            data = self.sock.recv(4096)
        except (BlockingIOError, InterruptedError):
            return
        except OSError as error:
            raise Lost(str(error)) from error
        self._input += len(data)
        if not data or self._input > MOST_INPUT:
            raise Lost("closed" if not data else "talks")

    def close(self) -> None:
        if self._backlog:
            # Who did not read until now will not, and the kernel would keep what waits while it goes on trying.
            self._backlog = None
            with contextlib.suppress(OSError):
                self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.sock.close()
            return
        # A close with unread input resets the connection and takes our last message with it.
        with contextlib.suppress(OSError):
            self.sock.recv(MOST_INPUT)
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)
        self.sock.close()

    def _write(self, data: bytes) -> int:
        try:
            return send(self.sock, data)
        except (BlockingIOError, InterruptedError):
            return 0
        except OSError as error:
            raise Lost(str(error)) from error
