"""A webhook post as kept for a replay: its body and the headers that say what it is, none that prove who sent it."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping, Sequence

import orjson

LONGEST_PACKED = 200_000
LONGEST_BODY = 20_000_000


def pack(headers: Mapping[str, str], body: bytes, kept: Sequence[str]) -> str:
    """With the headers named. Empty where it would be too long to keep."""
    head = orjson.dumps({name: headers[name].encode(errors="replace").decode() for name in kept if name in headers})
    packed = base64.b64encode(zlib.compress(head + b"\n" + body, 1)).decode()
    return packed if len(packed) <= LONGEST_PACKED else ""


def unpack(packed: str) -> tuple[dict[str, str], bytes]:
    whole = zlib.decompressobj().decompress(base64.b64decode(packed), LONGEST_BODY)
    head, _, body = whole.partition(b"\n")
    return orjson.loads(head), body
