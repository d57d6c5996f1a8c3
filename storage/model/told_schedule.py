"""When a tool runs a pipeline by itself, as the tool says when it is asked, and when that should be next. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from heapq import merge
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from storage.model.document import Document
from storage.model.rhythm import LEAST_PERIOD_MS, MINUTE_MS, Rhythm

MOST_CRONS, LONGEST_CRON, LONGEST_ZONE = 20, 100, 60
# A run that came so much before its time is that of this time.
EARLY_MS = 15 * MINUTE_MS
_UNCLEAR = "?"
_BETWEEN, _IN_ZONE = "\n", "|"


class Cron(Document, frozen=True):
    """A cron expression of five fields and the IANA name of the time zone it is in."""

    expression: str
    zone: str = "UTC"

    def __str__(self) -> str:
        return self.expression if self.zone == "UTC" else f"{self.expression} {self.zone}"


class ToldSchedule(Document, frozen=True):
    """since: when the tool was found to run it so, milliseconds. crons: none where it never runs it by itself."""

    since: int
    crons: tuple[Cron, ...] = ()


def schedule_text(crons: Iterable[Cron] | None, at: int) -> str:
    """For PipelineRef.schedule. None: it cannot be had. Those that make no sense here are left out; of none but such it
    is not known when it runs. The text of a later time sorts after."""
    if crons is None:
        return f"{at:015d} {_UNCLEAR}"
    told = [Cron(" ".join(one.expression.split()), one.zone or "UTC") for one in crons]
    clear = sorted({f"{one.expression}{_IN_ZONE}{one.zone}" for one in told if _is_clear(one)})[:MOST_CRONS]
    return f"{at:015d} {_BETWEEN.join(clear) if clear or not told else _UNCLEAR}".rstrip()


@lru_cache(maxsize=4096)
def schedule_of(text: str) -> ToldSchedule | None:
    """What such a text says. None where nothing was told, or nothing that is understood."""
    since, _, told = text.partition(" ")
    if not since or told == _UNCLEAR:
        return None
    parts = (one.partition(_IN_ZONE) for one in told.split(_BETWEEN) if one)
    crons = [Cron(expression, zone) for expression, _, zone in parts]
    # Zones that another machine knew may be none here.
    clear = tuple(cron for cron in crons if _is_clear(cron))
    return ToldSchedule(int(since), clear) if clear or not crons else None


def is_as_told(text: str, wanted: str) -> bool:
    """Whether both say the same, whenever it was found."""
    return bool(text) and text.partition(" ")[2] == wanted.partition(" ")[2]


@lru_cache(maxsize=4096)
def rhythm_of(told: ToldSchedule, came_at: int | None) -> Rhythm | None:
    """came_at: when a run that a schedule began last came, milliseconds. None where none is to come."""
    after = max(told.since, came_at + EARLY_MS if came_at is not None else 0)
    times = list(islice(_times(told, after), 2))
    if not times:
        return None
    due, gap = times[0], _gap(told, times)
    if gap < LEAST_PERIOD_MS:
        # Of so many none is missed alone.
        gap, due = LEAST_PERIOD_MS, max(due, after - EARLY_MS + LEAST_PERIOD_MS)
    return Rhythm(gap, due, due + gap // 2)


def _gap(told: ToldSchedule, times: list[int]) -> int:
    """The lesser of what lies before the first and after it: of nights of weekdays one day, also over the weekend."""
    before = [_reverse(one, times[0]) for one in told.crons]
    last = max((at for at in before if at is not None), default=None)
    around = [times[1] - times[0]] if len(times) > 1 else []
    around += [times[0] - last] if last is not None else []
    return min(around, default=LEAST_PERIOD_MS)


def _times(told: ToldSchedule, after: int) -> Iterator[int]:
    """All of its times after that, each once."""
    last = None
    for at in merge(*(_of(one, after) for one in told.crons)):
        if at != last:
            yield at
        last = at


def _of(cron: Cron, after: int) -> Iterator[int]:
    begin = datetime.fromtimestamp(after / 1000, UTC).astimezone(_zone(cron.zone))
    for at in CronSim(cron.expression, begin):
        yield round(at.timestamp() * 1000)


def _reverse(cron: Cron, before: int) -> int | None:
    begin = datetime.fromtimestamp(before / 1000, UTC).astimezone(_zone(cron.zone))
    at = next(CronSim(cron.expression, begin, reverse=True), None)
    return round(at.timestamp() * 1000) if at else None


def _is_clear(cron: Cron) -> bool:
    """Whether it has five fields that make sense, and a zone that there is."""
    if len(cron.expression) > LONGEST_CRON or len(cron.zone) > LONGEST_ZONE or len(cron.expression.split()) != 5:
        return False
    try:
        CronSim(cron.expression, datetime.fromtimestamp(0, _zone(cron.zone)))
    except (CronSimError, ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)
