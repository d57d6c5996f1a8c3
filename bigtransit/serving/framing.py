"""Where a request's head and body end, told piece by piece as bytes come. Pure: no socket, no clock.

RFC 9112, sections 2 to 7. What a head says is for gunicorn's parser to read once it is whole.
"""

from __future__ import annotations

import re
from typing import Protocol

# The request line and all headers. gunicorn's own limits of a line and a field are below it.
MOST_HEAD = 65_536
MOST_CHUNK_LINE = 256
MOST_TRAILERS = 8_192
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n\x00]*)?")


class BadFraming(Exception):
    """The bytes are no request: where it ends cannot be told, so nothing after it can be trusted."""


class TooLong(Exception):
    """More bytes than may come."""


class HeadBuffer:
    """Bytes up to the empty line that ends a head."""

    def __init__(self) -> None:
        self.data = bytearray()
        self._searched = 0

    def __len__(self) -> int:
        return len(self.data)

    def take(self) -> bytes | None:
        """The head with its empty line, once it is whole; what follows stays. Raises TooLong."""
        # Empty lines before a request are to be ignored (RFC 9112, section 2.2).
        while self.data[:2] == b"\r\n":
            del self.data[:2]
            self._searched = 0
        end = self.data.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self.data)
            if len(self.data) > MOST_HEAD:
                raise TooLong
            return None
        if end > MOST_HEAD:
            raise TooLong
        head = bytes(self.data[: end + 4])
        del self.data[: end + 4]
        self._searched = 0
        return head


class BodyReader(Protocol):
    """A body as it comes. `data`: what is decoded of it. `done`: whether it is whole."""

    data: bytearray
    done: bool

    def feed(self, found: bytearray) -> None:
        """Take what belongs to the body from the beginning of `found`; what follows it stays. Raises BadFraming and
        TooLong."""
        ...


class SizedBody:
    """A body whose length was told."""

    def __init__(self, length: int, most: int) -> None:
        if length > most:
            raise TooLong
        self.data = bytearray()
        self._left = length
        self.done = length == 0

    def feed(self, found: bytearray) -> None:
        taken = found[: self._left]
        self.data += taken
        del found[: len(taken)]
        self._left -= len(taken)
        self.done = self._left == 0


class ChunkedBody:
    """A body in chunks (RFC 9112, section 7.1). Extensions and trailers are read over."""

    def __init__(self, most: int) -> None:
        self.data = bytearray()
        self.done = False
        self._most = most
        self._left = 0
        self._step = self._size
        self._trailers = 0

    def feed(self, found: bytearray) -> None:
        while not self.done and self._step(found):
            continue

    def _size(self, found: bytearray) -> bool:
        line = _line(found, MOST_CHUNK_LINE)
        if line is None:
            return False
        match = _CHUNK.fullmatch(line)
        if match is None:
            raise BadFraming("a chunk without its size")
        self._left = int(match[1], 16)
        if len(self.data) + self._left > self._most:
            raise TooLong
        self._step = self._bytes if self._left else self._trailer
        return True

    def _bytes(self, found: bytearray) -> bool:
        taken = found[: self._left]
        self.data += taken
        del found[: len(taken)]
        self._left -= len(taken)
        if self._left or len(found) < 2:
            return False
        if found[:2] != b"\r\n":
            raise BadFraming("a chunk longer than it said")
        del found[:2]
        self._step = self._size
        return True

    def _trailer(self, found: bytearray) -> bool:
        line = _line(found, MOST_TRAILERS)
        if line is None:
            return False
        self._trailers += len(line) + 2
        if self._trailers > MOST_TRAILERS:
            raise TooLong
        self.done = not line
        return True


def _line(found: bytearray, most: int) -> bytes | None:
    """The first line without its end, which goes with it; None while it is not whole."""
    end = found.find(b"\r\n", 0, most + 2)
    if end < 0:
        if len(found) > most:
            raise BadFraming("a line without an end")
        return None
    line = bytes(found[:end])
    del found[: end + 2]
    if b"\n" in line or b"\r" in line:
        raise BadFraming("a line with an end inside")
    return line
