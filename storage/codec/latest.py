"""What was decoded last of each item. Of a document that has changed, the one before is of no use, and long."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from storage.table import Item

T = TypeVar("T")
Encoded = str | int | bytes


class Latest(Generic[T]):
    """most: items of which it is kept, those that were asked for last."""

    def __init__(self, decode: Callable[[Encoded], T], most: int) -> None:
        self._decode, self._most = decode, most
        self._known: OrderedDict[tuple[object, object], tuple[Encoded, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, item: Item) -> T:
        place, document = (item["pk"], item["sk"]), item["doc"]
        # Taken out and put in again, so that another thread never finds it half changed.
        found = self._known.pop(place, None)
        if found is None or found[0] != document:
            found = document, self._decode(document)
        self._known[place] = found
        while len(self._known) > self._most:
            self._known.popitem(last=False)
        return found[1]
