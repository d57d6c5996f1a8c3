"""Requests as bytes that no client of good will sends: heads, bodies and framing, wrong in every way there is."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.bigtransit.serving.hostile_heads import (
    CHUNKS,
    CODINGS,
    ENDS,
    HEADERS,
    HIDDEN,
    LAST,
    LENGTHS,
    METHODS,
    ODD_METHODS,
    PATHS,
    TARGETS,
    VERSIONS,
)


@dataclass(frozen=True)
class Request:
    """`secret`: another request is hidden where a body may be; it is no request whoever reads it right."""

    data: bytes
    secret: bool = False


class Bytes:
    """Requests of one seed, the same ones in the same order."""

    def __init__(self, seed: int, paths: Sequence[bytes] = ()) -> None:
        self.random = Random(seed)
        self.paths = (*PATHS, *paths)

    def request(self) -> Request:
        kinds = (self._line, self._headers, self._headers, self._length, self._chunks, self._both, self._bent)
        return self.random.choice(kinds)()

    def _head(self, line: bytes, *headers: bytes) -> bytes:
        return b"\r\n".join((line, b"Host: 127.0.0.1", *headers, b"", b""))

    def _path(self) -> bytes:
        return self.random.choice(self.paths)

    def _line(self) -> Request:
        method = self.random.choice(METHODS if self.random.random() < 0.7 else ODD_METHODS)
        target = self.random.choice(TARGETS) if self.random.random() < 0.7 else self._path()
        version = b"HTTP/1.1" if self.random.random() < 0.7 else self.random.choice(VERSIONS)
        return Request(self._head(b" ".join((method, target, version))) + LAST)

    def _headers(self) -> Request:
        chosen = self.random.sample(HEADERS, self.random.choice([1, 1, 1, 2, 5]))
        method = self.random.choice(METHODS)
        if method == b"POST":
            chosen.append(b"Content-Length: 3")
        body = b"a=b" if method == b"POST" else b""
        return Request(self._head(b"%s %s HTTP/1.1" % (method, self._path()), *chosen) + body + LAST)

    def _length(self) -> Request:
        """A length that is none, or two: no body can be told from what follows."""
        told = [b"Content-Length: " + length for length in self.random.sample(LENGTHS, self.random.choice([1, 2]))]
        sized = told in ([b"Content-Length: 0"], [b"Content-Length: 5"], [b"Content-Length: 00005"])
        line = b"POST %s HTTP/1.1" % self._path()
        return Request(self._head(line, *told) + (b"hello" + LAST if sized else HIDDEN + LAST), not sized)

    def _chunks(self) -> Request:
        chunks = self.random.choice(CHUNKS)
        line = b"POST %s HTTP/1.1" % self._path()
        return Request(self._head(line, b"Transfer-Encoding: chunked") + chunks + LAST)

    def _both(self) -> Request:
        length = b"Content-Length: %d" % self.random.choice([0, 5, len(HIDDEN)])
        told = [length, b"Transfer-Encoding: " + self.random.choice(CODINGS)]
        self.random.shuffle(told)
        chunks = self.random.choice([b"0\r\n\r\n", b"5\r\nhello\r\n0\r\n\r\n"])
        return Request(self._head(b"POST %s HTTP/1.1" % self._path(), *told) + chunks + HIDDEN + LAST, secret=True)

    def _bent(self) -> Request:
        """One that was right, some bytes of which are others, missing or there twice."""
        found = bytearray(self._headers().data)
        for _ in range(self.random.choice([1, 1, 2, 8])):
            at = self.random.randrange(min(len(found), 400))
            kind = self.random.randrange(4)
            if kind == 0:
                found[at] = self.random.randrange(256)
            elif kind == 1:
                del found[at : at + self.random.choice([1, 2, 30])]
            elif kind == 2:
                found[at:at] = self.random.choice(ENDS)
            else:
                found[at:at] = found[at : at + 40]
        return Request(bytes(found))


QUIET_SECONDS = 1.0
STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3}) [^\r\n]*\r\n((?:[^\r\n]+\r\n)*)\r\n")


def statuses(answer: bytes) -> list[tuple[int, bytes]]:
    """The code and the headers of each answer."""
    return [(int(code), headers) for code, headers in STATUS.findall(answer)]


def ask_all(port: int, requests: Sequence[Request], *, together: int = 800, seconds: float = 10.0) -> list[bytes]:
    """What came back to each of them, each on a connection of its own, up to its end. AssertionError where nothing
    more comes for so many seconds."""
    found: list[bytes] = []
    for at in range(0, len(requests), together):
        found += _ask_some(port, requests[at : at + together], seconds)
    return found


def _ask_some(port: int, requests: Sequence[Request], seconds: float) -> list[bytes]:
    answers = [bytearray() for _ in requests]
    with selectors.DefaultSelector() as selector:
        for place, request in enumerate(requests):
            made = socket.create_connection(("127.0.0.1", port))
            made.setblocking(False)
            selector.register(made, selectors.EVENT_READ | selectors.EVENT_WRITE, [place, request.data])
        _drain(selector, answers, QUIET_SECONDS)
        for key in list(selector.get_map().values()):
            # What has no end yet is given up by the server at once.
            with contextlib.suppress(OSError):
                key.fileobj.shutdown(socket.SHUT_WR)  # type: ignore[union-attr]
        _drain(selector, answers, seconds)
        left = list(selector.get_map().values())
        for key in left:
            sock: Any = key.fileobj
            sock.close()
        assert not left, f"{len(left)} connections stay open: {[requests[key.data[0]].data[:200] for key in left[:3]]}"
    return [bytes(answer) for answer in answers]


def _drain(selector: selectors.BaseSelector, answers: list[bytearray], seconds: float) -> None:
    """Until all have ended, or nothing has come for so long."""
    until = time.monotonic() + seconds
    while selector.get_map() and time.monotonic() < until:
        for key, events in selector.select(0.05):
            sock: Any = key.fileobj
            until = time.monotonic() + seconds
            if not _move(sock, key.data, events, answers, selector):
                selector.unregister(sock)
                sock.close()


def _move(
    sock: socket.socket, told: list, events: int, answers: list[bytearray], selector: selectors.BaseSelector
) -> bool:
    """Whether there may be more."""
    try:
        if events & selectors.EVENT_WRITE:
            told[1] = told[1][sock.send(told[1]) :]
            if not told[1]:
                selector.modify(sock, selectors.EVENT_READ, told)
        if events & selectors.EVENT_READ:
            piece = sock.recv(1 << 20)
            answers[told[0]] += piece
            return bool(piece)
    except OSError:
        # Reset, or closed while we were sending: what came before it counts.
        if events & selectors.EVENT_READ:
            return False
        selector.modify(sock, selectors.EVENT_READ, told)
    return True
