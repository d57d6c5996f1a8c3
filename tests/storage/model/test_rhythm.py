"""Schedules are learned from when their runs came: dead ones are found, and living ones are let be."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest

from storage.model.rhythm import DAY_MS, HOUR_MS, MINUTE_MS, REMEMBERED_HOURS, Rhythm, learned

# A Monday, 2026-01-05T00:00:00Z.
MONDAY = 1_767_571_200_000
NEWEST = 30


def slots(kind: str, days: int) -> Iterator[int]:
    """When a schedule of this kind is to run."""
    for day in range(days):
        weekday, begin = day % 7, MONDAY + day * DAY_MS
        match kind:
            case "hourly":
                yield from (begin + hour * HOUR_MS for hour in range(24))
            case "four a day":
                yield from (begin + hour * HOUR_MS for hour in (0, 6, 12, 18))
            case "office hours" if weekday < 5:
                yield from (begin + hour * HOUR_MS for hour in range(8, 19))
            case "nightly":
                yield begin + 2 * HOUR_MS
            case "weekday nights" if weekday < 5:
                yield begin + 3 * HOUR_MS
            case "weekly" if weekday == 0:
                yield begin + 5 * HOUR_MS


KINDS = ("hourly", "four a day", "office hours", "nightly", "weekday nights", "weekly")


def came(kind: str, days: int, chance: Random, left_out: float = 0.001) -> list[int]:
    """With the delays of a busy tool, some minutes and seldom half an hour, and one in so many left out."""
    found = []
    for at in slots(kind, days):
        if chance.random() >= left_out:
            late = chance.randint(20, 30) if chance.random() < 0.02 else chance.randint(0, 8)
            found.append(at + late * MINUTE_MS)
    return found


def known(times: list[int], now: int) -> Rhythm | None:
    """What is remembered at that time."""
    past = [at for at in times if at <= now]
    hours = {at // HOUR_MS for at in past if past[-1] - at < REMEMBERED_HOURS * HOUR_MS} if past else set()
    return learned(past[-NEWEST:], hours)


@pytest.mark.parametrize("kind", KINDS)
def test_dead_schedule_is_found_within_one_and_a_half_periods(kind: str) -> None:
    chance = Random(kind)
    for _ in range(20):
        days = chance.randint(60, 90)
        times = came(kind, days, chance)
        rhythm = known(times, times[-1])
        assert rhythm is not None
        missed = next(at for at in slots(kind, days + 14) if at > times[-1] + rhythm.period_ms // 4)
        assert missed <= rhythm.late_at
        assert rhythm.late_at - missed <= rhythm.period_ms // 2 + 70 * MINUTE_MS


@pytest.mark.parametrize("kind", KINDS)
def test_living_schedule_is_called_dead_once_a_year_at_most(kind: str) -> None:
    for number in range(3):
        chance = Random(f"{kind} {number}")
        times = came(kind, 365, chance, left_out=0)
        alarms = 0
        for place in range(len(times) - 1):
            begin = max(0, place + 1 - 400)
            rhythm = known(times[begin : place + 1], times[place])
            alarms += rhythm is not None and times[place + 1] > rhythm.late_at
        assert alarms <= 1, (kind, alarms)


def test_runs_without_a_rhythm_have_none() -> None:
    chance = Random(7)
    at, times = MONDAY, []
    for _ in range(40):
        at += round(chance.expovariate(1 / (5 * HOUR_MS)))
        times.append(at)
    assert learned(times) is None


def test_too_few_runs_make_no_rhythm() -> None:
    assert learned([MONDAY + day * DAY_MS for day in range(4)]) is None
    assert learned([MONDAY] * 9) is None
