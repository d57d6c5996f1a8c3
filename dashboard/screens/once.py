"""What an object makes when it is first asked for, by however many at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class once(Generic[T]):
    """As functools.cached_property, of objects that have a lock `making` (re-entrant): who asks meanwhile waits for
    that object alone. cached_property of Python 3.11 waits for all objects of its class, that of 3.12 for none, and
    makes the same twice."""

    def __init__(self, make: Callable[[Any], T]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, found: Any, owner: type | None = None) -> T:
        made: dict[str, T] = found.__dict__
        if self._name not in made:
            with found.making:
                if self._name not in made:
                    made[self._name] = self._make(found)
        return made[self._name]
