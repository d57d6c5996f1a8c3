"""What is kept to be used again: of too many, those that nobody has asked for longest go."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, Generic, TypeVar
from weakref import WeakSet

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


_all: WeakSet[Kept[Any, Any]] = WeakSet()


class Kept(Generic[K, V]):
    """`most`: the sum of what all weigh; one that weighs more is not kept. Any thread may ask."""

    def __init__(self, most: int, weight: Callable[[V], int] = lambda _: 1) -> None:
        self._most, self._weight = most, weight
        self._known: OrderedDict[K, V] = OrderedDict()
        self._weighs = 0
        self._lock = Lock()

        _all.add(self)

    def __len__(self) -> int:
        return len(self._known)

    def get(self, key: K) -> V | None:
        with self._lock:
            found = self._known.get(key)
            if found is not None:
                self._known.move_to_end(key)
            return found

    def put(self, key: K, value: V) -> None:
        with self._lock:
            before = self._known.pop(key, None)
            self._weighs += self._weight(value) - (self._weight(before) if before is not None else 0)
            self._known[key] = value
            while self._weighs > self._most:
                _, oldest = self._known.popitem(last=False)
                self._weighs -= self._weight(oldest)

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self._weighs = 0


def forget_all() -> None:
    """Where a process turns to another store."""
    for kept in list(_all):
        kept.clear()
