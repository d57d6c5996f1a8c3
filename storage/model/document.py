"""The base of everything that is stored: an immutable record whose document is the JSON list of its fields.

Stored documents are read by later versions: fields are appended with a default, never reordered or removed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

import msgspec
from msgspec.structs import replace

__all__ = ["MOST_REMEMBERED", "Document", "remembered", "replace"]

# Of objects that are as long as a history; all but one of each pipeline are of the past.
MOST_REMEMBERED = 256

A = TypeVar("A")
B = TypeVar("B")


class Document(msgspec.Struct, frozen=True, array_like=True):
    """Compared by value; hashable where its fields are."""


def remembered(made: Callable[[A], B], most: int) -> Callable[[A], B]:
    """A pure function that remembers what it made of the very same objects. Comparing large documents by value would
    cost as much as making it anew."""
    known: OrderedDict[int, tuple[A, B]] = OrderedDict()

    def remembering(value: A) -> B:
        found = known.get(id(value))
        if found is not None and found[0] is value:
            return found[1]
        result = made(value)
        known[id(value)] = (value, result)
        while len(known) > most:
            known.popitem(last=False)
        return result

    return remembering
