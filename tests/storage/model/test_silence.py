"""When a silence is unusual: never at night where nights are silent, soon where something always comes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.model.connection_state import KEPT_SLOTS, SLOT_MS, Activity, noted
from storage.model.silence import (
    DAY_SLOTS,
    LEAST_ACTIVE,
    LEAST_MISSED,
    WEEK_SLOTS,
    is_learned,
    learned_days,
    unusual_from,
)
from tests.activities import HOUR, activity_of, in_office_hours
from tests.factories import DAY, MINUTE, NOW

# NOW is a Monday at noon. A Friday evening, and the hour at which people come again.
FRIDAY, MONDAY = NOW - 2 * DAY - 18 * HOUR, NOW - 4 * HOUR


def test_morning_without_events_is_unusual_within_two_hours() -> None:
    due = unusual_from(activity_of(in_office_hours))
    assert due is not None
    assert 45 * MINUTE <= due - NOW <= 2 * HOUR


def test_nights_and_weekends_are_silent_as_they_always_are() -> None:
    due = unusual_from(activity_of(in_office_hours, until=FRIDAY))
    assert due is not None
    assert MONDAY < due <= MONDAY + 2 * HOUR


def test_what_comes_all_the_time_is_missed_after_three_quarters_of_an_hour() -> None:
    assert unusual_from(activity_of(lambda at: True)) == NOW + 45 * MINUTE


def test_what_comes_once_a_night_is_missed_after_three_nights() -> None:
    nightly = activity_of(lambda at: at % DAY == 3 * HOUR)
    due = unusual_from(nightly)
    assert due is not None
    assert 2 * DAY < due - nightly.last_at <= 4 * DAY


def test_one_outage_does_not_make_the_next_one_usual() -> None:
    def but_a_day(at: int) -> bool:
        return not NOW - 10 * DAY <= at < NOW - 9 * DAY

    due = unusual_from(activity_of(but_a_day))
    assert due is not None
    assert due - NOW < 2 * HOUR


def test_nothing_is_unusual_before_five_days_are_known() -> None:
    young = activity_of(lambda at: True, days=4)
    assert (unusual_from(young), is_learned(young), learned_days(young)) == (None, False, 4)
    assert unusual_from(Activity("c")) is None
    assert learned_days(Activity("c")) == 0


def test_weekend_that_was_never_seen_is_none_that_something_is_missed_on() -> None:
    monday = NOW - 12 * HOUR
    due = unusual_from(activity_of(lambda at: True, until=monday - 2 * DAY, days=5))
    assert due is not None
    assert due >= monday


weeks = st.sets(st.integers(0, WEEK_SLOTS - 1), min_size=LEAST_ACTIVE, max_size=200)


@given(weeks, st.integers(0, WEEK_SLOTS - 1))
def test_what_goes_on_week_by_week_as_before_is_never_missed(quarters: set[int], phase: int) -> None:
    """Whatever its week looks like: at each event, it is not yet unusual when the next one comes."""
    first = NOW // SLOT_MS + phase
    came = [slot for slot in range(first, first + KEPT_SLOTS) if slot % WEEK_SLOTS in quarters]
    known = Activity("c")
    for slot in came[:-1]:
        known = noted(known, slot * SLOT_MS)
    due = unusual_from(known)
    assert due is None or due > came[-1] * SLOT_MS


@given(weeks)
def test_silence_is_unusual_only_after_what_should_have_come_three_times(quarters: set[int]) -> None:
    known = activity_of(lambda at: at // SLOT_MS % WEEK_SLOTS in quarters)
    due = unusual_from(known)
    assert due is None or due - known.last_at >= LEAST_MISSED * SLOT_MS
    assert due is None or due - known.last_at <= (KEPT_SLOTS + 2) * SLOT_MS
    assert learned_days(known) <= KEPT_SLOTS // DAY_SLOTS
