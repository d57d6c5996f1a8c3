"""Made-up schedules and a year of their runs, as tools keep them: late, by clocks that change, with runs left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN = datetime(2025, 1, 6)  # A Monday.
WEEK, WEEKDAYS = range(7), range(5)


@dataclass(frozen=True)
class Kind:
    """hours: of the day. weekdays: 0 is Monday. minutes: of the hour; empty for a random one. period: in milliseconds,
    never under an hour. cron: with {m} and {h} for minute and hour. share: so many of a hundred pipelines."""

    name: str
    cron: str
    period: int
    share: int
    hours: tuple[int, ...] = ()
    weekdays: tuple[int, ...] = tuple(WEEK)
    minutes: tuple[int, ...] = ()
    days: tuple[int, ...] = ()

    def fits(self, day: datetime) -> bool:
        return day.weekday() in self.weekdays and (not self.days or day.day in self.days)


ALL_DAY = tuple(range(24))
KINDS = (
    Kind("every 15 minutes", "*/15 * * * *", HOUR, 2, ALL_DAY, minutes=(0, 15, 30, 45)),
    Kind("hourly", "{m} * * * *", HOUR, 6, ALL_DAY),
    Kind("office hours", "{m} 8-18 * * 1-5", HOUR, 10, tuple(range(8, 19)), tuple(WEEKDAYS)),
    Kind("every second hour", "{m} */2 * * *", 2 * HOUR, 3, ALL_DAY[::2]),
    Kind("four a day", "{m} */6 * * *", 6 * HOUR, 6, (0, 6, 12, 18)),
    Kind("three a weekday", "{m} 8,12,16 * * 1-5", 4 * HOUR, 5, (8, 12, 16), tuple(WEEKDAYS)),
    Kind("nightly", "{m} {h} * * *", DAY, 24),
    Kind("weekday nights", "{m} {h} * * 1-5", DAY, 18, weekdays=tuple(WEEKDAYS)),
    Kind("three nights a week", "{m} {h} * * 1,3,5", 2 * DAY, 5, weekdays=(0, 2, 4)),
    Kind("two nights a week", "{m} {h} * * 2,4", 2 * DAY, 4, weekdays=(1, 3)),
    Kind("weekly", "{m} {h} * * 1", 7 * DAY, 12, weekdays=(0,)),
    Kind("monthly", "{m} {h} 1 * *", 31 * DAY, 5, days=(1,)),
)


@dataclass(frozen=True)
class Life:
    """slots: when its schedule is to begin a run, oldest first, beyond its death. came: of those before it, when the
    run came; None of one that was left out. Milliseconds."""

    kind: Kind
    cron: str
    zone: str
    slots: tuple[int, ...]
    came: tuple[int | None, ...]


def life(kind: Kind, chance: Random, days: int) -> Life:
    """days: until it dies."""
    # Every hour is every hour, whatever the clock says.
    zones = ("UTC",) if kind.hours == ALL_DAY else ("UTC", "UTC", "Europe/Berlin", "America/New_York")
    zone = chance.choice(zones)
    minute, hour = chance.randrange(60), chance.choice((0, 2, 3, 5, 6, 22, 23))
    slots = tuple(_slots(kind, zone, minute, hour, days + 70))
    dead = int(BEGIN.replace(tzinfo=UTC).timestamp() * 1000) + days * DAY
    outage = chance.randrange(60, 300) * DAY + slots[0]
    until = outage + chance.randrange(1, 9) * HOUR
    left_out, busy = chance.choice((0, 0, 0.002)), chance.random() < 0.3
    came: list[int | None] = []
    for at in slots:
        if at < dead:
            missing = outage <= at < until or chance.random() < left_out
            came.append(None if missing else at + _delay(chance, busy=busy))
    return Life(kind, kind.cron.format(m=minute, h=hour), zone, slots, tuple(came))


def _delay(chance: Random, *, busy: bool) -> int:
    """Some minutes; where the tool is busy often, and else seldom, up to half an hour."""
    late = chance.random() < (0.2 if busy else 0.02)
    return round(chance.uniform(10, 25) * MINUTE if late else chance.uniform(0, 8) * MINUTE)


def _slots(kind: Kind, zone: str, minute: int, hour: int, days: int) -> Iterator[int]:
    """By the clock of the zone. What falls into an hour that is left out comes in the next."""
    last = 0
    for number in range(days):
        day = BEGIN + timedelta(days=number)
        if kind.fits(day):
            for each in kind.hours or (hour,):
                for which in kind.minutes or (minute,):
                    local = day.replace(hour=each, minute=which, tzinfo=ZoneInfo(zone))
                    at = round(local.timestamp() * 1000)
                    if at > last:
                        yield at
                        last = at
