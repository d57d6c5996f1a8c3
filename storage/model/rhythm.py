"""How often a pipeline runs by itself, learned from when its scheduled runs came, and when the next should have. Pure.

A schedule runs at hours of the week: what ran in an hour of the week before is to run in it again, and what never ran
on a weekend is not missed there. Half a period late it is missed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median

from storage.model.document import Document

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
# Fewer runs make no rhythm.
FEWEST_RUNS = 5
# Hours that are remembered: two weeks.
REMEMBERED_HOURS, HOURS_OF_WEEK = 336, 168
# So much earlier than its hour a run is taken to be due.
EARLY_MS = 15 * MINUTE_MS
# From here on days are looked at, below hours.
DAILY_MS = 20 * HOUR_MS
# So many of the gaps are to be like the usual one, or a rhythm is none.
REGULAR_SHARE = 0.6


class Rhythm(Document, frozen=True):
    """period_ms: the usual time from one run to the next. due_at: when the next is to come; late_at: when it has not.
    Milliseconds."""

    period_ms: int
    due_at: int
    late_at: int


def learned(times: Sequence[int], hours: Iterable[int] = ()) -> Rhythm | None:
    """times: when the newest scheduled runs came, milliseconds, in any order. hours: since the epoch, in which one came
    within the last two weeks, as far as that is remembered; those of `times` are among them. None where there is no
    rhythm to be seen."""
    came = sorted(set(times))
    if len(came) < FEWEST_RUNS:
        return None
    gaps = [after - before for before, after in pairwise(came)]
    period = round(median(gaps))
    if period <= 0 or came[-1] - came[0] < DAY_MS or not _is_regular(gaps, period):
        return None
    due = _due_by_days(came, period) if period >= DAILY_MS else _due_by_hours(came, gaps, period, set(hours))
    return Rhythm(period, due, due + period // 2)


def _is_regular(gaps: Sequence[int], period: int) -> bool:
    """Gaps over nights and weekends are whole days long, or begin and end with the hours that runs come in."""
    like = sum(abs(gap - period) <= period // 2 for gap in gaps)
    return like >= REGULAR_SHARE * len(gaps)


def _due_by_days(came: Sequence[int], period: int) -> int:
    """On a day of the week that it ran on before."""
    days = {_weekday(at) for at in came}
    due = came[-1] + period
    if period < 2 * DAY_MS:
        while _weekday(due) not in days:
            due += DAY_MS
    return due


def _due_by_hours(came: Sequence[int], gaps: Sequence[int], period: int, hours: set[int]) -> int:
    """In an hour of the week that it ran in a week ago; before a week is remembered, after the longest gap there was,
    and not on a weekend that nothing is known of."""
    due = came[-1] + period
    known = hours | {at // HOUR_MS for at in came}
    first = min(known)
    if max(known) - first < HOURS_OF_WEEK:
        due = came[-1] + max(gaps)
        while _weekday(due) >= 5 and not any(_weekday(hour * HOUR_MS) >= 5 for hour in known):
            due += DAY_MS
        return due
    for _ in range(HOURS_OF_WEEK):
        # The last run of a day that came late or early must not stand for one more.
        hour = (due + EARLY_MS) // HOUR_MS
        before = [hour - HOURS_OF_WEEK * weeks for weeks in (1, 2) if hour - HOURS_OF_WEEK * weeks >= first]
        if any(one in known for one in before) or not before:
            return due
        due += HOUR_MS
    return due


def _weekday(at: int) -> int:
    """0 is Monday; the epoch began on a Thursday. UTC."""
    return (at // DAY_MS + 3) % 7
