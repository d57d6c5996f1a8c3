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
Writer = Callable[[Any], Any]


def dump(value: object) -> str:
    """A dataclass instance as JSON text."""
    return orjson.dumps(pack(value)).decode()


def load(kind: type[T], text: str) -> T:
    """The instance that `dump` wrote."""
    return cast(T, _reader(cast(Hashable, kind))(orjson.loads(text)))


def pack(value: object) -> Any:
    """What orjson writes as it is."""
    write = _writer(cast(Hashable, type(value)))
    return write(value) if write else value


@cache
def _writer(kind: Any) -> Writer | None:
    """How values of this type are made ready; None where orjson takes them as they are. Worked out once a type."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if dataclasses.is_dataclass(kind):
        return _dataclass_writer(cast(type, kind))
    if origin in (typing.Union, types.UnionType):
        inner = _writer(next(arg for arg in args if arg is not type(None)))
        return None if inner is None else lambda value: None if value is None else inner(value)
    if origin is tuple and len(args) == 2 and args[1] is Ellipsis:
        each = _writer(args[0])
        return None if each is None else lambda value: [each(item) for item in value]
    if origin is tuple:
        return _sequence_writer(args)
    if origin is not None and issubclass(origin, Mapping):
        item = _writer(args[1]) or _as_it_is
        return lambda value: {str(key): item(value[key]) for key in sorted(value)}
    if isinstance(kind, type) and issubclass(kind, tuple):
        return _sequence_writer(tuple(typing.get_type_hints(kind).values()))
    return None


def _as_it_is(value: Any) -> Any:
    return value


def _sequence_writer(kinds: tuple[Any, ...]) -> Writer:
    """orjson takes tuples, but not their subclasses."""
    writers = [_writer(kind) for kind in kinds]
    if not any(writers):
        return list
    each = [write or _as_it_is for write in writers]
    return lambda value: [write(item) for write, item in zip(each, value, strict=True)]


def _dataclass_writer(kind: type) -> Writer:
    hints = typing.get_type_hints(kind)
    found = [(f.name, _writer(hints[f.name]) or _as_it_is, _default(f)) for f in dataclasses.fields(kind)]
    backwards = [(name, default) for name, _, default in reversed(found)]

    def write(value: Any) -> list[Any]:
        length = len(found)
        for name, default in backwards:
            if getattr(value, name) != default:
                break
            length -= 1
        return [write(getattr(value, name)) for name, write, _ in found[:length]]

    return write


_NO_DEFAULT = object()


def _default(field: dataclasses.Field[Any]) -> object:
    if field.default is not dataclasses.MISSING:
        return field.default
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
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
