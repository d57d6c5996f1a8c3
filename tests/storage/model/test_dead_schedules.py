"""Five hundred pipelines whose schedules live for a year and die: each death is found in time, and the living are let
be. What stands in docs/schedules.md is what is asserted here."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from random import Random

from storage.model.expectation import Expectation, ExpectedBy, expectation_of
from storage.model.pipeline_record import PipelineRecord, Said
from storage.model.run_history import RunHistory
from storage.model.scheduled_runs import KEPT_HALF_HOURS, KEPT_TIMES, ScheduledRuns
from storage.model.told_schedule import Cron, schedule_text
from tests.storage.model.scheduled_lives import DAY, HOUR, KINDS, MINUTE, Life, life

PIPELINES, YEAR = 500, 365
HALF_HOUR = HOUR // 2
# As late as runs usually come, and how far apart minutes are told.
USUAL_DELAY = 10 * MINUTE


def memory(times: list[int], upto: int) -> ScheduledRuns:
    """As it is once the run at that place has come: tests/storage/model/test_scheduled_runs.py proves it the same."""
    newest, last = times[max(0, upto + 1 - KEPT_TIMES) : upto + 1], times[upto] // HALF_HOUR
    begin = bisect_left(times, (last - KEPT_HALF_HOURS + 1) * HALF_HOUR)
    bits = 0
    for at in times[begin : upto + 1]:
        bits |= 1 << (last - at // HALF_HOUR)
    return ScheduledRuns(tuple(dict.fromkeys(at // MINUTE for at in reversed(newest))), f"{bits:x}")


def expected(lived: Life, runs: ScheduledRuns, *, told: bool) -> Expectation | None:
    said = schedule_text([Cron(lived.cron, lived.zone)], lived.slots[0] - DAY)
    texts = {"schedule": Said(1, said)} if told else {}
    return expectation_of(PipelineRecord("p", "t", "github", "k", texts, history=RunHistory(scheduled=runs)), None)


def false_alarms(lived: Life, times: list[int], *, told: bool) -> int:
    """How often it was said that a run should have come, which then came late, or never was to come."""
    found, some = 0, max(1, len(times) // 40)
    for place in range(len(times) - 1):
        # Nothing is missed so early: of those forty are looked at.
        if times[place + 1] - times[place] <= 1.25 * lived.kind.period and place % some:
            continue
        expects = expected(lived, memory(times, place), told=told)
        if expects and expects.late_at < times[place + 1]:
            found += not any(
                came is None and times[place] - HOUR < slot <= expects.late_at
                for slot, came in _between(lived, times[place], times[place + 1])
            )
    return found


def _between(lived: Life, first: int, last: int) -> list[tuple[int, int | None]]:
    begin, end = bisect_left(lived.slots, first - HOUR), bisect_right(lived.slots, last)
    return list(zip(lived.slots[begin:end], lived.came[begin:end], strict=False))


def lives(seed: int = 13) -> list[tuple[Life, bool]]:
    """Each told by its tool or learned."""
    chance, kinds = Random(seed), [kind for kind in KINDS for _ in range(kind.share * PIPELINES // 100)]
    return [(life(kind, chance, YEAR + chance.randrange(40)), number % 2 == 0) for number, kind in enumerate(kinds)]


def death(lived: Life, times: list[int]) -> tuple[int, int]:
    """The first of its times that no run came to any more, and when that is to be said at the latest."""
    missed = next(at for at in lived.slots[bisect_left(lived.slots, times[-1]) - 1 :] if at > times[-1])
    period = lived.kind.period
    return missed, max(missed + period // 2, times[-1] + period * 3 // 2) + USUAL_DELAY


def test_every_death_is_found_in_one_and_a_half_periods_with_one_false_alarm_a_year_at_most() -> None:
    found = lives()
    assert len(found) == PIPELINES
    for lived, told in found:
        times = [at for at in lived.came if at is not None]
        missed, latest = death(lived, times)
        expects = expected(lived, memory(times, len(times) - 1), told=told)
        assert expects is not None, lived.kind
        assert expects.by is (ExpectedBy.SCHEDULE if told else ExpectedBy.LEARNED)
        assert missed <= expects.late_at <= latest, (lived.kind, lived.cron, lived.zone, told)
        assert false_alarms(lived, times, told=told) <= 1, (lived.kind, lived.cron, lived.zone, told)
