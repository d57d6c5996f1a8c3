"""When stages were red and green with one commit: a line of dots a stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from dashboard.readmodels.charts import axes
from dashboard.readmodels.flaky import FlakyLine
from storage.model.facts import DAY_MS

MOST_LINES = 12
HEIGHT, MIDDLE, LEFT = 34, 10, 8
INNER = axes.WIDTH - 2 * LEFT
LEAST_RADIUS, MOST_RADIUS = 4.0, 8.0


class FlipDot(NamedTuple):
    """A day with flips. radius: grows with how many."""

    x: float
    radius: float


@dataclass(frozen=True, slots=True)
class FlipLine:
    """says: in words."""

    stage: str
    pipeline: str
    rate: str
    says: str
    dots: tuple[FlipDot, ...]
    days: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class FlipLedger:
    """lines: the most flaky first; more: how many others there are. ticks: days below each line."""

    says: str
    lines: tuple[FlipLine, ...]
    more: int
    ticks: tuple[axes.Tick, ...]
    width: int = axes.WIDTH
    height: int = HEIGHT
    middle: int = MIDDLE
    left: int = LEFT
    right: int = axes.WIDTH - LEFT


def ledger_of(found: Sequence[FlakyLine], first: int, last: int) -> FlipLedger:
    """found: the most flaky first; of the days from the first to the last."""
    shown = found[:MOST_LINES]
    middle = (first + last) // 2
    return FlipLedger(
        says=_says(found),
        lines=tuple(_line(one, first, last) for one in shown),
        more=len(found) - len(shown),
        ticks=(
            axes.Tick(LEFT, axes.day_label(first), "start"),
            axes.Tick(_x(middle, first, last), axes.day_label(middle)),
            axes.Tick(LEFT + INNER, axes.day_label(last), "end"),
        ),
    )


def _x(day: int, first: int, last: int) -> float:
    return round(LEFT + INNER * (day - first) / max(1, last - first), 1)


def _line(one: FlakyLine, first: int, last: int) -> FlipLine:
    days = Counter(flip.at // DAY_MS for flip in one.found.flips)
    count = len(one.found.flips)
    return FlipLine(
        stage=one.found.stage,
        pipeline=one.pipeline,
        rate=one.percent,
        says=f"{one.found.stage} of {one.pipeline} flipped {_times(count)}, with {one.percent} of its commits, last on "
        f"{axes.full_day(max(days))}.",
        dots=tuple(
            FlipDot(_x(max(first, min(day, last)), first, last), min(MOST_RADIUS, LEAST_RADIUS + 1.5 * (times - 1)))
            for day, times in sorted(days.items())
        ),
        days=tuple((axes.full_day(day), times) for day, times in sorted(days.items(), reverse=True)),
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _says(found: Sequence[FlakyLine]) -> str:
    if not found:
        return "No stage was red and green with one commit."
    flips, first = sum(len(one.found.flips) for one in found), found[0]
    return (
        f"{len(found)} stage{' was' if len(found) == 1 else 's were'} red and green with one commit, {_times(flips)} "
        f"together; the most flaky is {first.found.stage} of {first.pipeline}, with {first.percent} of its commits."
    )
