"""One client's connection: what has come, what is to go, and until when it may stay as it is."""

from __future__ import annotations

import contextlib
import enum
import fcntl
import io
import socket
import tempfile
from typing import IO, Any, Protocol

from bigtransit.serving.framing import BodyReader, HeadBuffer
from dashboard.live.sending import send

# Answers longer than this go through a file until they are read.
IN_MEMORY = 1024 * 1024
AT_ONCE = 256 * 1024
TURNS = 4
# Linux's SIOCOUTQNSD: bytes in the kernel that a client has not taken.
UNSENT = 0x894B
FOREVER = float("inf")
SAFE = frozenset({"GET", "HEAD"})
PATIENCE_SECONDS = 1.0


class State(enum.Enum):
    IDLE = "between requests"
    HEAD = "reading a head"
    BODY = "reading a body"
    WORKING = "whole: waiting for a thread, or in one"
    ANSWER = "sending the answer"
    LINGER = "closed by us, not by the client yet"
    GONE = "closed, or given away"


READING = frozenset({State.IDLE, State.HEAD, State.BODY, State.LINGER})
UNFINISHED = frozenset({State.HEAD, State.BODY})


class Request(Protocol):
    """A request as gunicorn's parser reads it."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: Any

    def should_close(self) -> bool: ...


class Answer:
    """Bytes of an answer as they are made, to be sent by the loop. Quacks like the socket an answer is written to."""

    def __init__(self) -> None:
        self.keep = False
        self.length = 0
        self._file: IO[bytes] = io.BytesIO()
        self._at = 0
        self._chunk = b""

    def sendall(self, data: bytes) -> None:
        if self.length <= IN_MEMORY < self.length + len(data):
            self._into_file()
        self.length += len(data)
        self._file.write(data)

    def _into_file(self) -> None:
        kept, self._file = self._file, tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
        kept.seek(0)
        self._file.write(kept.read())

    def send(self, data: bytes) -> int:
        self.sendall(data)
        return len(data)

    def gettimeout(self) -> float:
        """As of a socket that does not block."""
        return 0.0

    def pending(self) -> bytes:
        """What is to be sent next; empty at the end."""
        if not self._chunk and self._at < self.length:
            self._file.seek(self._at)
            self._chunk = self._file.read(AT_ONCE)
        return self._chunk

    def went(self, count: int) -> None:
        self._at += count
        self._chunk = self._chunk[count:]

    @property
    def sent(self) -> int:
        return self._at

    def close(self) -> None:
        self._file.close()


class Connection:
    """address: whom its requests count for. held: bytes of its unfinished request. deadline: when it is cut if it is
    still in this state, by the loop's clock."""

    def __init__(self, sock: socket.socket, peer: Any, server: Any, address: str) -> None:
        self.sock = sock
        self.number = sock.fileno()
        self.peer = peer
        self.server = server
        self.address = address
        self.state = State.IDLE
        self.since = 0.0
        self.deadline = FOREVER
        self.buffer = HeadBuffer()
        self.request: Request | None = None
        self.body: BodyReader | None = None
        self.continues = False
        self.held = 0
        self.answer: Answer | None = None
        self.given = False
        self.watched = 0

    def receive(self, most: int) -> bytes | None:
        """What has come: empty at the end of it, None where nothing has."""
        try:
            return self.sock.recv(most)
        except (BlockingIOError, InterruptedError):
            return None
        except OSError:
            return b""

    def drain(self) -> bool | None:
        """Send what the client takes, as much as is one's turn. True: all went; False: not yet; None: it is gone."""
        answer = self.answer
        for _ in range(TURNS):
            if answer is None or not (chunk := answer.pending()):
                return True
            try:
                answer.went(send(self.sock, chunk))
            except (BlockingIOError, InterruptedError):
                return False
            except OSError:
                return None
        return False

    def was_read(self) -> bool:
        """Whether all that was sent is on its way, as far as the kernel tells."""
        try:
            unsent = fcntl.ioctl(self.sock.fileno(), UNSENT, bytes(4))
        except OSError:
            return True
        return not any(unsent)

    def was_given_up(self, now: float) -> bool:
        """Whether the client closed while its request, which changes nothing, waited for a thread for long. One that
        only closed its side and still reads looks the same: where nothing waits, it has its answer."""
        if self.request is None or self.request.method not in SAFE or now - self.since < PATIENCE_SECONDS:
            return False
        try:
            return not self.sock.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def told(self) -> int:
        """Bytes of the request that are here."""
        return len(self.buffer) + (len(self.body.data) if self.body else 0)

    def finish(self) -> None:
        """Forget the request and its answer."""
        if self.answer is not None:
            self.answer.close()
        self.answer = self.request = self.body = None
        self.continues = False

    def close(self) -> None:
        self.finish()
        if not self.given:
            with contextlib.suppress(OSError):
                self.sock.close()
        self.state = State.GONE
