"""Dataclasses <-> compact JSON arrays. A dataclass becomes the list of its fields in order, trailing defaults left out.

Stored documents are read by later versions: fields are appended with a default, never reordered or removed.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Callable, Hashable, Mapping
from functools import cache
from typing import Any, TypeVar, cast

import orjson

T = TypeVar("T")
Reader = Callable[[Any], Any]


def dump(value: object) -> str:
    """A dataclass instance as JSON text."""
    return orjson.dumps(pack(value)).decode()


def load(kind: type[T], text: str) -> T:
    """The instance that `dump` wrote."""
    return cast(T, _reader(cast(Hashable, kind))(orjson.loads(text)))


def pack(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _fields(value)
    if isinstance(value, tuple):
        return [pack(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): pack(item) for key, item in sorted(value.items())}
    if isinstance(value, enum.Enum):
        return value.value
    return value


def _fields(value: Any) -> list[Any]:
    names, defaults = _layout(cast(Hashable, type(value)))
    packed = [pack(getattr(value, name)) for name in names]
    while packed and defaults[len(packed) - 1] == packed[-1]:
        packed.pop()
    return packed


_NO_DEFAULT = object()


@cache
def _layout(kind: Any) -> tuple[tuple[str, ...], tuple[object, ...]]:
    found = dataclasses.fields(kind)
    return tuple(f.name for f in found), tuple(_default(f) for f in found)


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default is not dataclasses.MISSING:
        return pack(field.default)
    if field.default_factory is not dataclasses.MISSING:
        return pack(field.default_factory())
    return _NO_DEFAULT


@cache
def _reader(kind: Any) -> Reader:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass_reader(cast(type, kind))
    if origin in (typing.Union, types.UnionType):
        inner = _reader(next(arg for arg in args if arg is not type(None)))
        return lambda data: None if data is None else inner(data)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        each = _reader(args[0])
        return lambda data: tuple([each(item) for item in data])
    if origin is tuple:
        readers = [_reader(arg) for arg in args]
        return lambda data: tuple([read(item) for read, item in zip(readers, data, strict=True)])
    if origin is not None and issubclass(origin, Mapping):
        key, item = args[0], _reader(args[1])
        return lambda data: {key(name): item(value) for name, value in data.items()}
    if isinstance(kind, type) and issubclass(kind, tuple):
        readers = [_reader(hint) for hint in typing.get_type_hints(kind).values()]
        return lambda data: kind(*[read(item) for read, item in zip(readers, data, strict=True)])
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return {member.value: member for member in kind}.__getitem__
    return lambda data: data


def _dataclass_reader(kind: type) -> Reader:
    hints = typing.get_type_hints(kind)
    found = dataclasses.fields(kind)
    readers = tuple(_reader(hints[field.name]) for field in found)
    if any(field.kw_only for field in found):
        named = tuple((field.name, read) for field, read in zip(found, readers, strict=True))
        return lambda data: kind(**{name: read(item) for (name, read), item in zip(named, data, strict=False)})
    return lambda data: kind(*[read(item) for read, item in zip(readers, data, strict=False)])
