"""When the next run is due, from when runs came: the cases; test_dead_schedules.py lets five hundred live a year."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest

from storage.model.rhythm import DAY_MS, HALF_HOUR_MS, HOUR_MS, MINUTE_MS, Rhythm, learned

# A Monday, 2026-01-05T00:00:00Z.
MONDAY = 1_767_571_200_000


def days(*numbers: int, hour: int = 3) -> list[int]:
    return [MONDAY + number * DAY_MS + hour * HOUR_MS for number in numbers]


def halves(times: Iterable[int]) -> set[int]:
    return {at // HALF_HOUR_MS for at in times}


@pytest.mark.parametrize(
    ("came", "due_in_days", "period_in_days"),
    [
        (range(10), 1, 1),
        ((0, 1, 2, 3, 4, 7, 8, 9, 10, 11), 3, 1),
        ((0, 2, 4, 7, 9, 11), 3, 2),
        ((1, 3, 8, 10, 15, 17), 5, 2),
        (range(0, 60, 7), 7, 7),
        (range(0, 60, 3), 3, 3),
    ],
    ids=["nights", "weekday nights", "three nights a week", "two nights a week", "weekly", "every third day"],
)
def test_run_is_due_on_the_next_of_its_weekdays_and_late_half_a_period_after(
    came: Iterable[int], due_in_days: int, period_in_days: int
) -> None:
    times = days(*came)
    due, period = times[-1] + due_in_days * DAY_MS, period_in_days * DAY_MS
    assert learned(times) == Rhythm(period, due, due + period // 2)
    assert learned(Random(1).sample(times, len(times))) == learned(times)


def test_run_that_came_late_makes_the_next_one_due_no_later() -> None:
    times = days(*range(10))
    late = [*times[:-1], times[-1] + 5 * HOUR_MS]
    assert learned(late) == learned(times)


def test_hour_of_the_week_that_nothing_ran_in_is_not_waited_for() -> None:
    times = [at + hour * HOUR_MS for at in days(*range(5), *range(7, 12), hour=0) for hour in range(8, 19)]
    friday = learned(times[-20:], halves(times))
    assert friday is not None
    assert friday.due_at == days(14, hour=8)[0]
    assert learned(times[:-2][-20:], halves(times[:-2])) == Rhythm(
        HOUR_MS, days(11, hour=17)[0], days(11, hour=17)[0] + HALF_HOUR_MS
    )


def test_what_runs_more_often_than_every_hour_is_due_within_the_hour() -> None:
    times = [MONDAY + number * 15 * MINUTE_MS for number in range(200)]
    assert learned(times[-20:], halves(times)) == Rhythm(
        HOUR_MS, times[-1] + HOUR_MS, times[-1] + HOUR_MS + HALF_HOUR_MS
    )


def office_hours(first: date, last: date) -> list[int]:
    """From 8 to 18 by Berlin's clocks, on weekdays."""
    found = [first + timedelta(number) for number in range((last - first).days + 1)]
    worked = [day for day in found if day.weekday() < 5]
    zone = ZoneInfo("Europe/Berlin")
    return [
        round(datetime(d.year, d.month, d.day, h, tzinfo=zone).timestamp()) * 1000 for d in worked for h in range(8, 19)
    ]


@pytest.mark.parametrize(
    ("first", "last", "due"),
    [
        (date(2026, 3, 16), date(2026, 3, 30), datetime(2026, 3, 31, 7, tzinfo=UTC)),
        (date(2026, 10, 12), date(2026, 10, 23), datetime(2026, 10, 26, 7, tzinfo=UTC)),
    ],
    ids=["forward on 29 March", "back on 25 October"],
)
def test_hour_that_is_another_by_clocks_that_were_changed_is_not_waited_for(
    first: date, last: date, due: datetime
) -> None:
    times = office_hours(first, last)
    found = learned(times[-20:], halves(times))
    assert found is not None
    assert datetime.fromtimestamp(found.due_at / 1000, UTC) == due


def test_runs_without_a_rhythm_have_none() -> None:
    chance = Random(7)
    at, times = MONDAY, []
    for _ in range(40):
        at += round(chance.expovariate(1 / (5 * HOUR_MS)))
        times.append(at)
    assert learned(times) is None


def test_too_few_runs_make_no_rhythm() -> None:
    assert learned(days(*range(4))) is None
    assert learned([MONDAY] * 9) is None
    assert learned([MONDAY + number * MINUTE_MS for number in range(9)]) is None
