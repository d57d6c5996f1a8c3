"""When a clock is believed."""

from __future__ import annotations

from storage.model.timekeeping import (
    DAY_MS,
    GRACE_MS,
    HOUR_MS,
    WAIT_MS,
    Timekeeping,
    checked,
    confirmed,
    removes_before,
)
from tests.factories import NOW

YEARS = 730 * DAY_MS
GOOD = Timekeeping(NOW, checked_at=NOW)


def look(before: Timekeeping | None, now: int, running: int | None = HOUR_MS, *, agreed: bool = False) -> Timekeeping:
    return checked(before, now, running_ms=running, agreed=agreed)


def hours(before: Timekeeping, now: int, count: int) -> Timekeeping:
    """Looked at each hour."""
    for number in range(1, count + 1):
        before = look(before, now + number * HOUR_MS)
    return before


def test_time_that_goes_on_is_believed_and_what_is_long_expired_may_go() -> None:
    record = look(GOOD, NOW + HOUR_MS)
    assert record == Timekeeping(NOW + HOUR_MS, checked_at=NOW + HOUR_MS)
    assert removes_before(record, NOW + HOUR_MS) == NOW + HOUR_MS - GRACE_MS


def test_jump_of_more_than_a_day_while_the_server_runs_removes_nothing() -> None:
    assert removes_before(look(GOOD, NOW + DAY_MS), NOW) is not None
    record = look(GOOD, NOW + DAY_MS + 2 * HOUR_MS)
    assert (record.jumped_to, removes_before(record, NOW)) == (NOW + DAY_MS + 2 * HOUR_MS, None)


def test_start_two_years_ahead_removes_nothing_and_a_weekend_off_is_no_jump() -> None:
    assert look(GOOD, NOW + YEARS, None).jumped_to
    assert not look(GOOD, NOW + 3 * DAY_MS, None).jumped_to


def test_clock_that_is_set_right_again_is_believed_at_once() -> None:
    record = look(look(GOOD, NOW + YEARS, None), NOW - HOUR_MS)
    assert (record.seen_at, record.jumped_to) == (NOW, 0)


def test_jump_is_believed_once_two_tools_agree_somebody_confirms_or_a_day_has_passed() -> None:
    jumped = look(GOOD, NOW + YEARS, None)
    assert not look(jumped, NOW + YEARS + HOUR_MS, agreed=True).jumped_to
    assert not confirmed(NOW + YEARS).jumped_to
    assert hours(jumped, NOW + YEARS, 23).jumped_to
    assert hours(jumped, NOW + YEARS, 24) == Timekeeping(NOW + YEARS + WAIT_MS, checked_at=NOW + YEARS + WAIT_MS)


def test_second_jump_is_no_waiting() -> None:
    jumped = look(GOOD, NOW + YEARS, None)
    assert look(jumped, NOW + 2 * YEARS).jumped_to


def test_clock_that_nothing_is_known_of_removes_nothing_for_a_day() -> None:
    """Of a store of the build before, too, there is no time to go by."""
    first = look(None, NOW, None)
    assert (first.jumped_to, removes_before(first, NOW)) == (0, None)
    assert removes_before(hours(first, NOW, 23), NOW) is None
    assert removes_before(hours(first, NOW, 24), NOW) is not None
    assert removes_before(look(first, NOW, agreed=True), NOW) is not None
    assert look(first, NOW + YEARS).jumped_to
