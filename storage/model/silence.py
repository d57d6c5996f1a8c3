"""When a connection's silence is longer than is usual for it, learned from when its events came. Pure.

Of four weeks it is remembered in which quarters of an hour something came. So nights and weekends are silent as they
always are, and a silence counts by the quarters in which something would have come: it is unusual once it has lasted
through two and a half times as many as any but one of those before, and through three of them at least.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from storage.model.connection_state import DAY_MS, KEPT_SLOTS, SLOT_MS, Activity

DAY_SLOTS = DAY_MS // SLOT_MS
WEEK_SLOTS = 7 * DAY_SLOTS
# Before that nothing is known of a week.
LEAST_SLOTS, LEAST_ACTIVE = 5 * DAY_SLOTS, 20
# What comes now and then comes about then: an hour before or after.
NEAR_SLOTS = 4
# Quarters of an hour of a week are judged by themselves from so many weeks on, before by days of the same kind.
FEWEST_WEEKS = 3
LEAST_MISSED, TIMES = 3.0, 2.5


@lru_cache(maxsize=4096)
def unusual_from(activity: Activity) -> int | None:
    """From when on its silence is unusual, were nothing to come (milliseconds). None where that cannot be told."""
    came = _came(activity)
    if len(came) < LEAST_SLOTS or sum(came) < LEAST_ACTIVE:
        return None
    first = activity.last_at // SLOT_MS - len(came) + 1
    expected = _expected(came, first)
    limit = max(LEAST_MISSED, TIMES * _longest_but_one(came, first, expected))
    missed = 0.0
    for slot in range(first + len(came), first + len(came) + KEPT_SLOTS):
        missed += expected[slot % WEEK_SLOTS]
        if missed >= limit:
            return (slot + 1) * SLOT_MS
    return None


def learned_days(activity: Activity) -> int:
    """Of how many days it is remembered when something came."""
    return len(_came(activity)) // DAY_SLOTS


def is_learned(activity: Activity) -> bool:
    came = _came(activity)
    return len(came) >= LEAST_SLOTS and sum(came) >= LEAST_ACTIVE


def _came(activity: Activity) -> list[int]:
    """1 for each quarter of an hour in which something came, from the first that is remembered to the newest."""
    return [int(digit) for digit in f"{activity.bits:b}"] if activity.bits else []


def _expected(came: Sequence[int], first: int) -> list[float]:
    """How likely something comes in each quarter of an hour of the week, of which the first is the epoch's."""
    upto = [0, *accumulate(came)]
    by_week: list[list[float]] = [[] for _ in range(WEEK_SLOTS)]
    by_day: dict[tuple[bool, int], list[float]] = {}
    for place in range(len(came)):
        begin, end = max(0, place - NEAR_SLOTS), min(len(came), place + NEAR_SLOTS + 1)
        share = (upto[end] - upto[begin]) / (end - begin)
        slot = first + place
        by_week[slot % WEEK_SLOTS].append(share)
        by_day.setdefault(_kind_of(slot), []).append(share)
    of_day = {kind: sum(shares) / len(shares) for kind, shares in by_day.items()}
    return [
        sum(shares) / len(shares) if len(shares) >= FEWEST_WEEKS else of_day.get(_kind_of(slot), 0.0)
        for slot, shares in enumerate(by_week)
    ]


def _kind_of(slot: int) -> tuple[bool, int]:
    """Whether it is of a weekend, and which of its day it is. The epoch began on a Thursday; UTC."""
    return (slot // DAY_SLOTS + 3) % 7 >= 5, slot % DAY_SLOTS


def _longest_but_one(came: Sequence[int], first: int, expected: Sequence[float]) -> float:
    """By what was missed in it: one that was no usual silence must not make a second one usual."""
    silences = sorted(_silences(came, first, expected), reverse=True)
    return silences[1] if len(silences) > 1 else 0.0


def _silences(came: Sequence[int], first: int, expected: Sequence[float]) -> Iterator[float]:
    upto = [0.0, *accumulate(expected[(first + place) % WEEK_SLOTS] for place in range(len(came)))]
    active = [place for place, one in enumerate(came) if one]
    for before, after in pairwise(active):
        if after - before > 1:
            yield upto[after] - upto[before + 1]
