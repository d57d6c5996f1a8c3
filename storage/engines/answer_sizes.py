"""Into how many answers DynamoDB splits what it reads, for the engine that reads it at once.

A query's answer ends with the item that brings it to 1 MiB; one from an index counts what the index holds. A batch's
answer ends before the item that would bring it over 16 MiB. DynamoDB Local splits so; AWS gives the limits only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storage.table import Item, item_size

QUERY_BYTES = 1024 * 1024
BATCH_BYTES = 16 * 1024 * 1024


def answers_of_query(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """The items of each answer; one without any where there are none."""
    begin, size = 0, 0
    for place, item in enumerate(items):
        if size >= QUERY_BYTES:
            yield items[begin:place]
            begin, size = place, 0
        size += item_size(item)
    yield items[begin:]


def answers_of_batch(items: Sequence[Item | None]) -> int:
    answers, size = 1, 0
    for item in items:
        added = item_size(item) if item else 0
        if size + added > BATCH_BYTES:
            answers, size = answers + 1, 0
        size += added
    return answers
