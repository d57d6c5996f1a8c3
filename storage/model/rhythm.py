"""How often a pipeline runs by itself, learned from when its scheduled runs came, and when the next should have. Pure.

A schedule runs at hours of the week: what ran in an hour of the week before is to run in it again, and what never ran
on a weekend is not missed there. Half a period late it is missed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from statistics import median

from storage.model.clock_changes import offset_hours, zones_that_changed
from storage.model.document import Document

MINUTE_MS, HALF_HOUR_MS, HOUR_MS, DAY_MS = 60_000, 1_800_000, 3_600_000, 86_400_000
# Fewer runs make no rhythm.
FEWEST_RUNS = 5
WEEK_MS, HOURS_OF_WEEK = 7 * DAY_MS, 168
# A run that came so much before its time, or after it, is that of this time: less than half an hour in all, so that
# runs of one hour and of the next are told apart.
EARLY_MS, DELAY_MS = 5 * MINUTE_MS, 24 * MINUTE_MS
# Tools keep shorter ones roughly at best: what runs more often is to run every hour.
LEAST_PERIOD_MS = HOUR_MS
# From here on days are looked at, below hours.
DAILY_MS = 20 * HOUR_MS
# So many of the gaps are to be like the usual one, or a rhythm is none; so many are to lead to the next of its
# weekdays.
REGULAR_SHARE, WEEKDAY_SHARE = 0.6, 0.8


class Rhythm(Document, frozen=True):
    """period_ms: the usual time from one run to the next, at least LEAST_PERIOD_MS. due_at: when the next is to come;
    late_at: when it has not. Milliseconds."""

    period_ms: int
    due_at: int
    late_at: int


def learned(times: Iterable[int], half_hours: Iterable[int] = ()) -> Rhythm | None:
    """times: when the newest scheduled runs came, milliseconds, in any order. half_hours: since the epoch, in which one
    came within the last two weeks, as far as that is remembered. None where there is no rhythm to be seen."""
    came = sorted(set(times))
    if len(came) < FEWEST_RUNS:
        return None
    known = {*half_hours, *(at // HALF_HOUR_MS for at in came)}
    # Of what runs very often more is remembered by the hour.
    spread = (
        came if came[-1] - came[0] >= DAY_MS else [hour * HOUR_MS for hour in sorted({half // 2 for half in known})]
    )
    if len(spread) < FEWEST_RUNS or spread[-1] - spread[0] < DAY_MS:
        return None
    period = _usual_gap(spread)
    if period >= DAILY_MS:
        found = _by_days(spread, period)
    else:
        often = _usual_gap(came) < 0.75 * LEAST_PERIOD_MS
        found = _by_hours(spread, came[-1] if often else _planned(came, HOUR_MS), known)
    if found is None:
        return None
    due, period = found
    return Rhythm(period, due, due + period // 2)


def _usual_gap(came: Sequence[int]) -> int:
    return round(median(after - before for before, after in pairwise(came)))


def _is_regular(came: Sequence[int], period: int) -> bool:
    """Gaps over nights and weekends are whole days long, or begin and end with the hours that runs come in."""
    gaps = [after - before for before, after in pairwise(came)]
    like = sum(abs(gap - period) <= period // 2 for gap in gaps)
    return like >= REGULAR_SHARE * len(gaps)


def _planned(came: Sequence[int], unit: int) -> int:
    """When the last of them was to come: at what is usual within the hour or day, not as late as it was."""
    half, last = unit // 2, came[-1]
    apart = sorted((at - last + half) % unit - half for at in came)
    return last + apart[len(apart) // 4]


def _by_days(came: Sequence[int], period: int) -> tuple[int, int] | None:
    """When the next is due, and the period: on the next of its weekdays, where it keeps to some, else a usual gap after
    the last."""
    last = _planned(came, DAY_MS)
    days = sorted({round((at - last) / DAY_MS) for at in came})
    weekdays = {day % 7 for day in days}
    led = sum(_next_day(day, weekdays) == after for day, after in pairwise(days))
    if len(days) > 1 and led >= WEEKDAY_SHARE * (len(days) - 1):
        least = min(_next_day(day, weekdays) - day for day in weekdays)
        return last + _next_day(0, weekdays) * DAY_MS, least * DAY_MS
    return (last + round(period / DAY_MS) * DAY_MS, period) if _is_regular(came, period) else None


def _next_day(day: int, weekdays: Collection[int]) -> int:
    return next(after for after in range(day + 1, day + 8) if after % 7 in weekdays)


def _by_hours(came: Sequence[int], last: int, known: Collection[int]) -> tuple[int, int] | None:
    """In an hour of the week that it ran in a week or two ago; before a week is remembered, after the longest gap there
    was, and not on a weekend that nothing is known of. last: when the last was to come."""
    usual = _usual_gap(came)
    if not _is_regular(came, usual):
        return None
    period = max(1, round(usual / HOUR_MS)) * HOUR_MS
    if (max(known) - min(known)) * HALF_HOUR_MS < WEEK_MS:
        due = last + max(after - before for before, after in pairwise(came))
        while _weekday(due) >= 5 and not any(_weekday(half * HALF_HOUR_MS) >= 5 for half in known):
            due += DAY_MS
        return due, period
    # Rare runs have room for more delay than an hour has.
    around = period // 4 if period >= 3 * HOUR_MS else 0
    due = last + period
    for _ in range(HOURS_OF_WEEK):
        if _ran_before(due, around, known):
            break
        due += HOUR_MS
    return due, period


def _ran_before(at: int, around: int, known: Collection[int]) -> bool:
    """Whether it ran at that hour of the week a week or two ago, whichever clock it goes by."""
    return all(
        any(_ran(at - WEEK_MS * weeks + _shift(at, weeks, zone), around, known) for weeks in (1, 2))
        for zone in ("", *zones_that_changed(at // DAY_MS))
    )


def _shift(at: int, weeks: int, zone: str) -> int:
    """By how much clocks of the zone went forward since."""
    return (offset_hours(zone, at) - offset_hours(zone, at - WEEK_MS * weeks)) * HOUR_MS if zone else 0


def _ran(at: int, around: int, known: Collection[int]) -> bool:
    first, last = (at - EARLY_MS - around) // HALF_HOUR_MS, (at + DELAY_MS + around) // HALF_HOUR_MS
    return any(half in known for half in range(first, last + 1))


def _weekday(at: int) -> int:
    """0 is Monday; the epoch began on a Thursday. UTC."""
    return (at // DAY_MS + 3) % 7
