"""Documents: what is stored, as msgspec writes it. The shape is the model's own.

Text is JSON; bytes are a version, then JSON, deflated where that makes it shorter. What the build before version 2
wrote is text everywhere, and upgraded as it is read (storage.codec.upgrade).
"""

from __future__ import annotations

import threading
import zlib
from collections.abc import Hashable
from functools import cache
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")
WrongShape = msgspec.ValidationError


def dump(value: object) -> str:
    return _encoder.encode(value).decode()


def load(kind: type[T], text: str) -> T:
    """What `dump` wrote. Raises WrongShape for the document of another kind."""
    return cast(T, _decoder(cast(Hashable, kind)).decode(text))


def convert(kind: type[T], value: object) -> T:
    """What a document says in lists. Raises WrongShape."""
    _decoder(cast(Hashable, kind))
    return msgspec.convert(value, kind)


VERSION = 2
_DEFLATED = 0x80
_WORTH_IT = 160
# What documents of this version share, the most frequent last (RFC 1950, section 2.2): a small one is half as large
# with it. Never changed within a version.
_SHARED = (
    b'"codepipeline","github","gitlab","commit","acceptance","capacity","deploy","production","other",'
    b'"timed_out","errored","superseded","skipped","unknown","waiting","queued","cancelled","in_progress","completed",'
    b'"change_request","fork","tag","branch","default","merge_group","pull_request","schedule","workflow_dispatch",'
    b'"push",'
    b'{"aliases":"environment","kind":"note":"runner_labels":"runner_group":"origin":"trigger":"actor":"number":'
    b'"author":"message":"commit":"branch":"pipeline_aliases":"pipeline_path":".github/workflows/ci.yml"],'
    b'"pipeline_place":"github.com"],"pipeline_owner":"pipeline_project":"pipeline_default_branch":"main"],'
    b'"pipeline_repository":"pipeline_url":"https://github.com/","/actions/workflows/","/actions/runs/","/job/",'
    b'"pipeline_name":"CI"],"pipeline_key":"github.com/","url":"name":"stage":'
    b'"failed","running","succeeded",null,null,null,0,0,0,false,false,false,"","","",[],[],[],'
    b'[[[1,true,17","success","succeeded",true,false],17,[[1,false,17","in_progress","running",false,false],'
    b'null,null,null,null,0],{},1],[[1,true,17"]],{"1":[[[1,true,17'
)
_LEVEL = 6


def pack(value: object, version: int = VERSION) -> bytes:
    """As bytes that tell their version."""
    text = _encoder.encode(value)
    if len(text) >= _WORTH_IT and len(short := _deflate(text)) < len(text):
        return bytes((version | _DEFLATED,)) + short
    return bytes((version,)) + text


def version_of(packed: bytes) -> int:
    return packed[0] & ~_DEFLATED


def unpack(kind: type[T], packed: bytes) -> T:
    """What `pack` wrote."""
    text = _inflate(packed[1:]) if packed[0] & _DEFLATED else packed[1:]
    return cast(T, _decoder(cast(Hashable, kind)).decode(text))


def _deflate(text: bytes) -> bytes:
    deflating = zlib.compressobj(_LEVEL, zdict=_SHARED)
    return deflating.compress(text) + deflating.flush()


def _inflate(data: bytes) -> bytes:
    inflating = zlib.decompressobj(zdict=_SHARED)
    return inflating.decompress(data) + inflating.flush()


_encoder = msgspec.json.Encoder()


_building = threading.Lock()


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """One at a time: what msgspec has found of a class stands on it before it is whole, and a second thread that takes
    it ends the process with a segmentation fault."""
    with _building:
        return msgspec.json.Decoder(kind)
