"""Activities of connections as they would have been noted, for tests of what is made of them."""

from __future__ import annotations

from collections.abc import Callable

from storage.model.connection_state import DAY_MS, SLOT_MS, Activity, ClockReading, noted, told
from tests.factories import DAY, MINUTE, NOW

HOUR = 60 * MINUTE


def activity_of(comes: Callable[[int], bool], *, until: int = NOW, days: int = 28, of: str = "c" * 32) -> Activity:
    """With an event in each quarter of an hour that `comes` says (its beginning, milliseconds), before `until`."""
    found = Activity(of)
    first = (until - days * DAY_MS) // SLOT_MS * SLOT_MS
    for at in range(first, until, SLOT_MS):
        if comes(at):
            found = noted(found, at)
    return found


def in_office_hours(at: int) -> bool:
    """From eight to eighteen hours, Monday to Friday."""
    return (at // DAY + 3) % 7 < 5 and 8 <= at // HOUR % 24 < 18


def with_clock(activity: Activity, ahead_ms: int, times: int = 5) -> Activity:
    """As if so many events had told that their sender's clock is ahead."""
    for place in range(times):
        activity = told(activity, ClockReading(NOW - place, ahead_ms))
    return activity
