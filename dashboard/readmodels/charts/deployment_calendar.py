"""Deployments into production day by day: a column a week, a row a weekday, days of UTC."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dashboard.readmodels.charts import axes
from storage.model.deployments import ProductionDeployment
from storage.model.facts import DAY_MS

DAYS = 365
# Of a day in the drawing: it is to be hit by a finger.
CELL, LEFT, TOP = 24, 36, 20
LEVELS = 3
_WEEKDAYS = ((0, "Mon"), (2, "Wed"), (4, "Fri"), (6, "Sun"))


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """level: 0 where nothing was deployed, else 1 to 3 by how many. iso: as addresses name it."""

    x: int
    y: int
    day: int
    count: int
    failed: int
    level: int
    iso: str
    says: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """says: what it shows, in words. busy: days with a deployment, oldest first. steps: from how many on a day has each
    of the levels."""

    says: str
    days: tuple[CalendarDay, ...]
    months: tuple[axes.Tick, ...]
    weekdays: tuple[axes.Tick, ...]
    width: int
    height: int
    steps: tuple[str, ...]
    total: int

    @property
    def busy(self) -> tuple[CalendarDay, ...]:
        return tuple(day for day in self.days if day.count)

    @property
    def newest(self) -> tuple[CalendarDay, ...]:
        return tuple(reversed(self.busy))


def calendar_of(deployments: Iterable[ProductionDeployment], today: int, known_from: int | None) -> Calendar:
    """known_from: the day of the first fact there is."""
    first = today - DAYS + 1
    known = max(first, first if known_from is None else known_from)
    found = [one for one in deployments if first <= one.at // DAY_MS <= today]
    counts = Counter(one.at // DAY_MS for one in found)
    failed = Counter(one.at // DAY_MS for one in found if one.failed_by)
    begin = first - axes.day_of(first).weekday()
    most = max(counts.values(), default=0)
    days = [
        CalendarDay(
            x=LEFT + CELL * ((day - begin) // 7),
            y=TOP + CELL * ((day - begin) % 7),
            day=day,
            count=counts[day],
            failed=failed[day],
            level=level_of(counts[day], most),
            iso=axes.day_of(day).isoformat(),
            says=_day_says(day, counts[day], failed[day]),
        )
        for day in range(known, today + 1)
    ]
    return Calendar(
        says=_says(counts, failed, known, today),
        days=tuple(days),
        months=tuple(_months(begin, today)),
        weekdays=tuple(axes.Tick(TOP + CELL * place + 16, name) for place, name in _WEEKDAYS),
        width=LEFT + CELL * ((today - begin) // 7 + 1),
        height=TOP + 7 * CELL,
        steps=_steps(most),
        total=len(found),
    )


def level_of(count: int, most: int) -> int:
    """The lowest third of the busiest day, the middle one, the highest."""
    return -(-LEVELS * count // most) if most else 0


def _steps(most: int) -> tuple[str, ...]:
    """In words, as many levels as there are different ones."""
    found: dict[int, list[int]] = {}
    for count in range(1, most + 1):
        found.setdefault(level_of(count, most), []).append(count)
    return tuple(f"{of[0]}" if len(of) == 1 else f"{of[0]} to {of[-1]}" for _, of in sorted(found.items()))


def _months(begin: int, today: int) -> Iterable[axes.Tick]:
    """Above the first whole week of each month."""
    for day in range(begin, today + 1, 7):
        if axes.day_of(day).day <= 7:
            yield axes.Tick(
                LEFT + CELL * ((day - begin) // 7),
                axes.day_of(day).strftime("%b %Y" if axes.day_of(day).month == 1 else "%b"),
                "start",
            )


def _plural(count: int) -> str:
    return f"{count} deployment{'' if count == 1 else 's'}"


def _day_says(day: int, count: int, failed: int) -> str:
    return f"{axes.full_day(day)}: {_plural(count)}" + (f", {failed} failed" if failed else "")


def _says(counts: Counter[int], failed: Counter[int], known: int, today: int) -> str:
    if not counts:
        return f"Nothing went into production in {_span(known, today)}."
    busiest = min(counts, key=lambda day: (-counts[day], -day))
    bad = sum(failed.values())
    return (
        f"{_plural(sum(counts.values()))} on {len(counts)} of {_span(known, today)}, {bad or 'none'} of them failed"
        f"{f', on {len(failed)} days' if len(failed) > 1 else ''}. "
        f"Busiest on {axes.full_day(busiest)} with {counts[busiest]}. {_weekend(list(counts))}"
    )


def _span(known: int, today: int) -> str:
    days = today - known + 1
    return (
        f"{days} days"
        if days == DAYS
        else f"the {days} days since {axes.full_day(known)}, before which nothing is known"
    )


def _weekend(days: Sequence[int]) -> str:
    count = sum(axes.day_of(day).weekday() >= 5 for day in days)
    return f"{count} of these days at weekends." if count else "None at weekends."
