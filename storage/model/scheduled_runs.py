"""When a pipeline's schedule began its runs, as far as that is remembered. Pure.

A set of times, of which the newest stay: whatever the order in which runs are heard of, and however often, the same is
remembered.
"""

from __future__ import annotations

from storage.model.document import Document

MINUTE_MS = 60_000
MINUTES_OF_HALF_HOUR = 30
KEPT_TIMES = 20
# Two weeks, so that each hour of the week is there twice.
KEPT_HALF_HOURS = 672


class ScheduledRuns(Document, frozen=True):
    """minutes: since the epoch, of the newest runs that a schedule began, newest first. half_hours: a bit for each of
    the KEPT_HALF_HOURS up to that of the newest, which is the lowest, as hexadecimal digits: whether one came in it."""

    minutes: tuple[int, ...] = ()
    half_hours: str = ""

    @property
    def times(self) -> tuple[int, ...]:
        """Milliseconds, newest first."""
        return tuple(minute * MINUTE_MS for minute in self.minutes)

    @property
    def newest(self) -> int | None:
        """Milliseconds."""
        return self.minutes[0] * MINUTE_MS if self.minutes else None

    def half_hours_run_in(self) -> frozenset[int]:
        """Half hours since the epoch."""
        if not self.minutes:
            return frozenset()
        last, bits = self.minutes[0] // MINUTES_OF_HALF_HOUR, int(self.half_hours, 16)
        return frozenset(last - back for back, bit in enumerate(reversed(f"{bits:b}")) if bit == "1")


NO_SCHEDULED_RUNS = ScheduledRuns()


def with_time(known: ScheduledRuns, at: int) -> ScheduledRuns:
    """With a run that a schedule began then (milliseconds). The very same object where it tells nothing new."""
    minute = at // MINUTE_MS
    if minute in known.minutes:
        return known
    minutes = tuple(sorted((*known.minutes, minute), reverse=True)[:KEPT_TIMES])
    last = minutes[0] // MINUTES_OF_HALF_HOUR
    bits = (
        1 << (last - minute // MINUTES_OF_HALF_HOUR) if last - minute // MINUTES_OF_HALF_HOUR < KEPT_HALF_HOURS else 0
    )
    if known.minutes:
        forward = last - known.minutes[0] // MINUTES_OF_HALF_HOUR
        bits |= int(known.half_hours, 16) << forward if forward < KEPT_HALF_HOURS else 0
    half_hours = f"{bits & (1 << KEPT_HALF_HOURS) - 1:x}"
    return known if (minutes, half_hours) == (known.minutes, known.half_hours) else ScheduledRuns(minutes, half_hours)
