"""Pages with gzip, of which a piece is the same for all readers: it is deflated once, and put between the rest.

Deflate streams that end at a byte border without naming their end can be joined, as each looks back into itself alone:
RFC 1951, section 3.2.3, and Z_FULL_FLUSH of zlib. RFC 1952 has the frame around them.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass

# Of the piece, which is deflated once, and of the rest, each time.
PIECE_LEVEL, LEVEL = 6, 4
# Less than this is better off in one stream with the rest.
LEAST = 8192
_BEGINNING = 256
_RAW = -zlib.MAX_WBITS
# No time, no name, an unknown system.
_HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"


@dataclass(frozen=True, slots=True)
class Piece:
    plain: bytes
    deflated: bytes


def piece_of(text: str) -> Piece | None:
    """None where it is too short to be worth it."""
    plain = text.encode()
    return Piece(plain, _deflated(plain, PIECE_LEVEL, zlib.Z_FULL_FLUSH)) if len(plain) >= LEAST else None


def packed(content: bytes, piece: Piece | None = None) -> bytes:
    """With gzip. `piece`: what may be in it."""
    begin, rest = b"", content
    if piece and (at := _place_of(piece.plain, content)) >= 0:
        begin = _deflated(content[:at], LEVEL, zlib.Z_FULL_FLUSH) + piece.deflated
        rest = content[at + len(piece.plain) :]
    length = (len(content) & 0xFFFFFFFF).to_bytes(4, "little")
    return _HEAD + begin + _deflated(rest, LEVEL, zlib.Z_FINISH) + zlib.crc32(content).to_bytes(4, "little") + length


def _place_of(piece: bytes, content: bytes) -> int:
    """Where it begins, -1 where it is not in it. To look for all of a long one takes longer than to look for its
    beginning and compare the rest."""
    at = content.find(piece[:_BEGINNING])
    return at if at >= 0 and content[at : at + len(piece)] == piece else -1


def _deflated(plain: bytes, level: int, end: int) -> bytes:
    deflating = zlib.compressobj(level, zlib.DEFLATED, _RAW)
    return deflating.compress(plain) + deflating.flush(end)
