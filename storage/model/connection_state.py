"""What is known of a connection beside what people set: when its events came, what its sender's clock says. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median_low

from storage.model.backfill import MissedDeliveries, Repair
from storage.model.document import Document
from storage.model.entities import ApiQuota

MINUTE_MS, DAY_MS = 60_000, 86_400_000
SLOT_MS = 15 * MINUTE_MS
# Four weeks.
KEPT_SLOTS = 28 * DAY_MS // SLOT_MS
KEPT_READINGS, FEWEST_READINGS = 15, 5
_KEPT = (1 << KEPT_SLOTS) - 1


class ClockReading(Document, frozen=True):
    """What an event that came at `at` (milliseconds) told of its sender's clock: how far that is ahead of ours,
    milliseconds; behind where it is negative, or the event was sent late."""

    at: int
    ahead_ms: int


class Activity(Document, frozen=True):
    """When events of a connection came. last_at: the newest, milliseconds. packed: of the quarters of an hour up to
    that one whether something came in it, a bit each, as a hexadecimal number; the newest is the last. readings: of its
    sender's clock, the newest first."""

    connection_id: str
    last_at: int = 0
    packed: str = ""
    readings: tuple[ClockReading, ...] = ()

    @property
    def bits(self) -> int:
        return int(self.packed or "0", 16)


def noted(before: Activity, at: int) -> Activity:
    """Something came then (milliseconds, by our own clock). What a clock that was ahead has noted counts for
    nothing."""
    if before.last_at > at + DAY_MS:
        before = Activity(before.connection_id)
    return joined(before, Activity(before.connection_id, at, "1"))


def told(before: Activity, reading: ClockReading) -> Activity:
    return joined(before, Activity(before.connection_id, readings=(reading,)))


def joined(one: Activity, other: Activity) -> Activity:
    """All that both know."""
    last = max(one.last_at, other.last_at)
    bits = _aligned(one, last) | _aligned(other, last)
    readings = sorted({*one.readings, *other.readings}, key=lambda each: (-each.at, each.ahead_ms))
    return Activity(one.connection_id, last, f"{bits & _KEPT:x}" if bits else "", tuple(readings[:KEPT_READINGS]))


def _aligned(activity: Activity, last_at: int) -> int:
    by = last_at // SLOT_MS - activity.last_at // SLOT_MS
    return activity.bits << by if by < KEPT_SLOTS else 0


def clock_ahead_ms(activity: Activity) -> int | None:
    """How far its sender's clock is ahead, by the middle one of the newest readings. None of too few."""
    if len(activity.readings) < FEWEST_READINGS:
        return None
    return median_low(reading.ahead_ms for reading in activity.readings)


@dataclass(frozen=True, slots=True)
class ConnectionState:
    """All that is kept beside a connection."""

    activity: Activity
    quota: ApiQuota | None = None
    repair: Repair | None = None
    missed: MissedDeliveries | None = None
