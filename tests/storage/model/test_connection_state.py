"""What is remembered of a connection's events: a join, and bounded."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from storage.model.connection_state import (
    DAY_MS,
    KEPT_READINGS,
    KEPT_SLOTS,
    SLOT_MS,
    Activity,
    ClockReading,
    clock_ahead_ms,
    joined,
    noted,
    told,
)
from tests.factories import DAY, NOW

times = st.lists(st.integers(NOW - 40 * DAY, NOW), max_size=12)
readings = st.lists(st.builds(ClockReading, st.integers(NOW - DAY, NOW), st.integers(-DAY, DAY)), max_size=20)


@st.composite
def activities(draw: st.DrawFn) -> Activity:
    found = Activity("c")
    for at in sorted(draw(times)):
        found = noted(found, at)
    for reading in draw(readings):
        found = told(found, reading)
    return found


@given(activities(), activities(), activities())
def test_what_processes_know_is_joined_in_any_order_and_twice(one: Activity, two: Activity, three: Activity) -> None:
    assert joined(one, two) == joined(two, one)
    assert joined(joined(one, two), three) == joined(one, joined(two, three))
    assert joined(joined(one, two), two) == joined(one, two)


@given(activities())
def test_it_is_no_longer_than_four_weeks_and_fifteen_readings(found: Activity) -> None:
    assert found.bits.bit_length() <= KEPT_SLOTS
    assert len(found.packed) <= KEPT_SLOTS // 4
    assert len(found.readings) <= KEPT_READINGS


@given(times)
def test_every_quarter_of_an_hour_of_four_weeks_is_remembered(came: list[int]) -> None:
    found = Activity("c")
    for at in sorted(came):
        found = noted(found, at)
    newest = max(came, default=0) // SLOT_MS
    kept = {at // SLOT_MS for at in came if newest - at // SLOT_MS < KEPT_SLOTS}
    assert {newest - place for place in range(KEPT_SLOTS) if found.bits >> place & 1} == kept


def test_what_a_clock_that_was_ahead_has_noted_counts_for_nothing() -> None:
    ahead = noted(Activity("c"), NOW + 400 * DAY)
    assert noted(ahead, NOW) == noted(Activity("c"), NOW)


def test_event_of_a_moment_ago_is_not_lost_for_one_that_was_noted_first() -> None:
    assert noted(noted(Activity("c"), NOW), NOW - SLOT_MS).bits == 0b11


def test_clock_is_told_by_the_middle_of_the_newest_readings() -> None:
    found = Activity("c")
    for place, ahead in enumerate((90_000, 91_000, 0, 92_000)):
        found = told(found, ClockReading(NOW + place, ahead))
    assert clock_ahead_ms(found) is None
    assert clock_ahead_ms(told(found, ClockReading(NOW + 9, -DAY_MS))) == 90_000
