"""What is remembered of runs that a schedule began."""

from __future__ import annotations

from functools import reduce

from hypothesis import given, strategies

from storage.model.scheduled_runs import KEPT_HALF_HOURS, KEPT_TIMES, NO_SCHEDULED_RUNS, ScheduledRuns, with_time
from tests.storage.model.test_dead_schedules import memory

MINUTE, HALF_HOUR = 60_000, 1_800_000
NOW = 1_767_571_200_000
times = strategies.lists(strategies.integers(0, 40 * 24 * 60), max_size=60)


def remembered(found: list[int]) -> ScheduledRuns:
    return reduce(with_time, found, NO_SCHEDULED_RUNS)


@given(times, strategies.randoms())
def test_same_is_remembered_whatever_the_order_and_however_often(minutes: list[int], chance: object) -> None:
    found = [NOW + minute * MINUTE for minute in minutes]
    known = remembered(found)
    assert remembered(sorted(found)) == remembered(sorted(found, reverse=True)) == remembered(found * 2) == known
    assert all(with_time(known, at) is known for at in found)


@given(times)
def test_newest_times_and_the_half_hours_of_two_weeks_are_remembered(minutes: list[int]) -> None:
    found = sorted({NOW + minute * MINUTE for minute in minutes})
    known = remembered(found)
    assert list(known.times) == found[::-1][:KEPT_TIMES]
    assert known.newest == max(found, default=None)
    last = max(found, default=0) // HALF_HOUR
    assert known.half_hours_run_in() == {at // HALF_HOUR for at in found if last - at // HALF_HOUR < KEPT_HALF_HOURS}
    if found:
        assert memory(found, len(found) - 1) == known
