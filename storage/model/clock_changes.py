"""When clocks are put forward and back: a schedule that goes by one of them then runs at another hour. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

# Those by whose rules most clocks are changed.
ZONES = ("Europe/Berlin", "America/New_York", "America/Santiago", "Australia/Sydney")
WATCHED_DAYS = 15
DAY_SECONDS = 86_400


@lru_cache(maxsize=1024)
def zones_that_changed(day: int) -> tuple[str, ...]:
    """Those whose clocks were changed within the two weeks before the end of that day (since the epoch)."""
    now, before = _noon(day + 1), _noon(day - WATCHED_DAYS)
    return tuple(zone for zone in ZONES if _offset(zone, now) != _offset(zone, before))


def offset_hours(zone: str, at: int) -> int:
    """How far clocks of the zone are ahead of UTC then (milliseconds), in whole hours."""
    return _hours(zone, at // 3_600_000)


@lru_cache(maxsize=4096)
def _hours(zone: str, hour: int) -> int:
    return int(_offset(zone, datetime.fromtimestamp(hour * 3600, UTC)).total_seconds() // 3600)


def _noon(day: int) -> datetime:
    return datetime.fromtimestamp(day * DAY_SECONDS + DAY_SECONDS // 2, UTC)


def _offset(zone: str, at: datetime) -> timedelta:
    return at.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
