"""When a pipeline's next run is to come, and who says so: people, its tool's schedule, or what it did before. Pure."""

from __future__ import annotations

import enum

from storage.model.document import Document, remembered
from storage.model.pipeline_record import PipelineRecord
from storage.model.rhythm import HOUR_MS, Rhythm, learned
from storage.model.run_history import RunHistory
from storage.model.scheduled_runs import KEPT_TIMES, ScheduledRuns
from storage.model.told_schedule import rhythm_of, schedule_of

# Of a schedule's many times a few are shown.
MOST_SHOWN = 3


class ExpectedBy(enum.StrEnum):
    """Who says when a run is to come."""

    PERSON = "person"
    SCHEDULE = "schedule"
    LEARNED = "learned"


class Expectation(Document, frozen=True):
    """due_at: when the run is to come; late_at: when it has not, milliseconds. basis: what that follows from, as words:
    of a person their name, of a schedule its times, of what was learned the number of runs it was learned from.
    period_seconds: how often one comes."""

    by: ExpectedBy
    due_at: int
    late_at: int
    period_seconds: int
    basis: str = ""


def expectation_of(record: PipelineRecord, came_at: int | None) -> Expectation | None:
    """What a person said holds, else what its tool says, else what was learned. None where no run is expected. came_at:
    when a run of the default branch came last, milliseconds."""
    said = record.overrides
    if said.expected_hours and came_at is not None:
        period = said.expected_hours * HOUR_MS
        late = came_at + period
        return Expectation(ExpectedBy.PERSON, late, late, period // 1000, said.expected_by)
    if said.ignores_schedule or record.retired:
        return None
    return _by_schedule(record.text("schedule"), record.history)


def _by_schedule(text: str, history: RunHistory) -> Expectation | None:
    told = schedule_of(text)
    if told is None:
        rhythm = _learned(history.scheduled)
        return _expected(ExpectedBy.LEARNED, rhythm, str(len(history.scheduled.minutes)))
    shown = [str(cron) for cron in told.crons[:MOST_SHOWN]]
    more = [f"{len(told.crons) - MOST_SHOWN} more"] if len(told.crons) > MOST_SHOWN else []
    return _expected(ExpectedBy.SCHEDULE, rhythm_of(told, history.scheduled.newest), ", ".join([*shown, *more]))


def _expected(by: ExpectedBy, rhythm: Rhythm | None, basis: str) -> Expectation | None:
    if rhythm is None:
        return None
    return Expectation(by, rhythm.due_at, rhythm.late_at, rhythm.period_ms // 1000, basis)


def _of_runs(runs: ScheduledRuns) -> Rhythm | None:
    return learned(runs.times, runs.half_hours_run_in())


# Only a run that a schedule began makes another object of them.
_learned = remembered(_of_runs, most=KEPT_TIMES * 50)
