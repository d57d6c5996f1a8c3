"""Pages of a list that is at hand as a whole: a cursor says how many were read before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ninja.errors import HttpError

T = TypeVar("T")
MOST = 1000


def page_of(found: Sequence[T], limit: int, cursor: str) -> tuple[Sequence[T], str | None]:
    """The page, and the cursor of the next one. Raises HttpError 400."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 10):
        raise HttpError(400, "No such page")
    if not 1 <= limit <= MOST:
        raise HttpError(400, f"limit must be from 1 to {MOST}")
    begin = int(cursor or 0)
    end = begin + limit
    return found[begin:end], str(end) if end < len(found) else None
