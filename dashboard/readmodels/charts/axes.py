"""Where a value lies in a chart, which round values stand beside it, and where an axis ends so that one wild value
hides no other. Lengths are units of a drawing whose text has 12."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor
from typing import NamedTuple

from storage.model.facts import DAY_MS

WIDTH, HEIGHT = 340, 184
LEFT, RIGHT, TOP, BOTTOM = 52, 10, 26, 26
INNER_WIDTH, INNER_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
MOST_TICKS = 4
# One value in ten may lie beyond an axis, where it is more than so many times the greatest of the others.
WILD = 2.5
HEADROOM = 1.15
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
SPAN_STEPS = (
    1, 2, 5, 10, 15, 30, *(_MINUTE * n for n in (1, 2, 5, 10, 15, 30)), *(_HOUR * n for n in (1, 2, 3, 6, 12)),
    *(_DAY * n for n in (1, 2, 5, 10, 20, 30, 60, 90, 180, 360)),
)  # fmt: skip


class Tick(NamedTuple):
    """at: where, in the drawing. anchor: of its text."""

    at: float
    label: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class ValueAxis:
    """From 0 up to `top`, which stands at the upper edge. said: a value as the axis says it."""

    top: float
    step: float
    said: Callable[[float], str]

    def y(self, value: float) -> float:
        return round(TOP + INNER_HEIGHT * (1 - min(value, self.top) / self.top), 1)

    def is_beyond(self, value: float) -> bool:
        return value > self.top

    @property
    def ticks(self) -> tuple[Tick, ...]:
        count = floor(self.top / self.step + 1e-9)
        return tuple(Tick(self.y(self.step * place), self.said(self.step * place)) for place in range(count + 1))


def span_axis(values: Sequence[float]) -> ValueAxis:
    """Of seconds."""
    wanted = _reach(values) * HEADROOM or 60
    step = next((each for each in SPAN_STEPS if wanted / each <= MOST_TICKS), SPAN_STEPS[-1] * ceil(wanted / 1e8))
    return ValueAxis(step * ceil(wanted / step), step, span_label)


def count_axis(values: Sequence[float], *, whole: bool = False) -> ValueAxis:
    """whole: none lies beyond it, however wild."""
    wanted = max(max(values, default=0) if whole else _reach(values), 1)
    step = next(each for each in _round_numbers() if wanted / each <= MOST_TICKS)
    return ValueAxis(step * ceil(wanted / step), step, lambda value: f"{value:.0f}")


def share_axis(values: Sequence[float], *, whole: bool) -> ValueAxis:
    """Of shares from 0 to 1. whole: up to 100 %, whatever they are."""
    wanted = 1.0 if whole else min(1.0, max(_reach(values) * HEADROOM, 0.2))
    step = next(each for each in (0.05, 0.1, 0.25) if wanted / each <= MOST_TICKS + 1e-9)
    return ValueAxis(min(1.0, step * ceil(wanted / step - 1e-9)), step, percent)


def _reach(values: Sequence[float]) -> float:
    """The greatest value that an axis has to reach."""
    ordered = sorted(values)
    few = len(ordered) // 10 if len(ordered) >= 10 else len(ordered) // 5
    for wild in range(few, 0, -1):
        calm = ordered[-wild - 1]
        if ordered[-wild] > WILD * calm > 0:
            return calm
    return ordered[-1] if ordered else 0


def _round_numbers() -> Iterator[int]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def percent(share: float) -> str:
    return f"{100 * share:.0f} %"


def span_label(seconds: float) -> str:
    """As short as an axis needs it: 40 s, 1.5 min, 3 h, 2 d."""
    for unit, size in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= size:
            return f"{seconds / size:.1f}".removesuffix(".0") + f" {unit}"
    return f"{seconds:.0f} s" if seconds else "0"


def longer_span(wanted: float) -> float:
    """The least round one that is not shorter."""
    return next((each for each in SPAN_STEPS if each >= wanted), SPAN_STEPS[-1] * ceil(wanted / SPAN_STEPS[-1]))


def shorter_span(wanted: float) -> float:
    """The greatest round one that is not longer; a second at the least."""
    return next((each for each in reversed(SPAN_STEPS) if each <= wanted), SPAN_STEPS[0])


def day_of(day: int) -> date:
    """Of whole days since the epoch."""
    return datetime.fromtimestamp(day * DAY_MS / 1000, UTC).date()


def days_since_epoch(found: date) -> int:
    return (found - date(1970, 1, 1)).days


def day_label(day: int) -> str:
    return day_of(day).strftime("%-d %b")


def full_day(day: int) -> str:
    return day_of(day).strftime("%-d %b %Y")


class Stretch(NamedTuple):
    """Days that one point of a trend stands for. whole: not cut off by today."""

    first: int
    last: int
    label: str
    name: str
    whole: bool


def weeks(first: int, last: int) -> list[Stretch]:
    """From Monday to Sunday (ISO 8601), the one with the first day whole, the one with the last day so far."""
    begin = first - day_of(first).weekday()
    return [
        Stretch(day, min(day + 6, last), day_label(day), f"week of {full_day(day)}", day + 6 <= last)
        for day in range(begin, last + 1, 7)
    ]


def months(first: int, last: int) -> list[Stretch]:
    """Of the calendar, as `weeks`."""
    found, day = [], day_of(first).replace(day=1)
    while days_since_epoch(day) <= last:
        following = (day + timedelta(days=31)).replace(day=1)
        begin, end = days_since_epoch(day), days_since_epoch(following) - 1
        found.append(Stretch(begin, min(end, last), day.strftime("%b %Y"), day.strftime("%B %Y"), end <= last))
        day = following
    return found


def middle(place: int, of: int) -> float:
    """Where the middle of one of so many columns lies."""
    return round(LEFT + INNER_WIDTH * (place + 0.5) / of, 1)


def column_ticks(labels: Sequence[str]) -> tuple[Tick, ...]:
    """Of columns as many as can be read, the last one always."""
    every = max(1, ceil(len(labels) / MOST_TICKS))
    return tuple(
        Tick(middle(place, len(labels)), labels[place])
        for place in range((len(labels) - 1) % every, len(labels), every)
    )


def place_of_day(stretches: Sequence[Stretch], day: int) -> float | None:
    """Where a day lies among columns; None where it is in none."""
    for place, each in enumerate(stretches):
        if each.first <= day <= each.last:
            within = (day - each.first) / (each.last - each.first + 1)
            return round(LEFT + INNER_WIDTH * (place + within) / len(stretches), 1)
    return None
