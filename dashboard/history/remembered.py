"""What this process remembers for a while, so as not to ask a tool for it again."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """At most so many, each for so many milliseconds; the oldest go first."""

    def __init__(self, most: int, milliseconds: int) -> None:
        self._most, self._milliseconds = most, milliseconds
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, ...], tuple[int, T]] = OrderedDict()

    def find(self, key: tuple[str, ...], now: int) -> T | None:
        with self._lock:
            until, value = self._known.get(key, (0, None))
        return value if now < until else None

    def put(self, key: tuple[str, ...], value: T, now: int) -> None:
        with self._lock:
            self._known[key] = (now + self._milliseconds, value)
            self._known.move_to_end(key)
            while len(self._known) > self._most:
                self._known.popitem(last=False)
