"""Times, spans between them, and what spans cover. Milliseconds, unless a name says seconds. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Protocol

Span = tuple[int, int]


class Timed(Protocol):
    @property
    def queued_at(self) -> int | None: ...
    @property
    def started_at(self) -> int | None: ...
    @property
    def finished_at(self) -> int | None: ...


def first(times: Iterable[int | None]) -> int | None:
    return min((time for time in times if time is not None), default=None)


def last(times: Iterable[int | None]) -> int | None:
    return max((time for time in times if time is not None), default=None)


def seconds_between(began: int | None, ended: int | None) -> int | None:
    """Whole seconds between two times; None where one is missing or they are swapped."""
    if began is None or ended is None or ended < began:
        return None
    return round((ended - began) / 1000)


def covered(spans: Iterable[Span], except_for: Iterable[Span] = ()) -> int:
    """How much time the spans cover together, without what the others cover."""
    others = _joined(except_for)
    total = 0
    for begin, end in _joined(spans):
        total += end - begin
        for off, on in others:
            total -= max(0, min(end, on) - max(begin, off))
    return total


def _joined(spans: Iterable[Span]) -> list[Span]:
    found: list[Span] = []
    for begin, end in sorted(span for span in spans if span[1] > span[0]):
        if found and begin <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((begin, end))
    return found


def groups(stages: Sequence[Timed]) -> list[int]:
    """For each stage, in the order they began, the number of the group it ran in: side by side are those that began
    before the first of the group ended."""
    numbers: list[int] = []
    group, first_end = -1, -math.inf
    for stage in stages:
        begun = stage.started_at if stage.started_at is not None else stage.queued_at
        ended = stage.finished_at if stage.finished_at is not None else math.inf
        if begun is None or begun >= first_end:
            group, first_end = group + 1, ended
        else:
            first_end = min(first_end, ended)
        numbers.append(group)
    return numbers
