"""One execution: where it is, what failed, and its timetable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.readmodels import timetable
from dashboard.readmodels.lines import Line, line_of
from dashboard.readmodels.looks import LOOKS, RED_WORDS, SLOW, Look, timer
from dashboard.readmodels.rows import row_of, state_of
from dashboard.readmodels.timetable import Timetable
from dashboard.sources import SOURCES
from storage.model import run_history as memory
from storage.model.board_row import Acknowledgement, BoardRow, StageCell, latest_execution, own_cells, turns_at
from storage.model.entities import Action, Condition, Execution, Stage, Status, Team
from storage.model.run_history import span
from storage.repositories.pipelines import Place


@dataclass(frozen=True, slots=True)
class SignStop:
    """One of the facts on the right of the sign. `began`: a timer; `at`: a time of day."""

    label: str
    name: str
    note: str = ""
    began: int | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Sign:
    look: Look
    title: str
    since: int | None
    suffix: str
    stops: tuple[SignStop, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing that failed, and the links that lead to its reason."""

    look: Look
    title: str
    job: str
    note: str
    log_url: str
    took: str
    usual: str


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """`newest`: whether the newest attempt is shown, which is the one that is live."""

    execution: Execution
    team: Team | None
    row: BoardRow | None
    source_label: str
    sign: Sign
    line: Line
    failure: Failure | None
    timetable: Timetable
    taken: Acknowledgement | None
    can_take: bool
    newest: bool
    took: str
    queued: str
    turns_at: int | None

    @property
    def name(self) -> str:
        return self.row.name if self.row else self.execution.pipeline_name or "pipeline"

    @property
    def run_label(self) -> str:
        return f"Run {self.execution.number}" if self.execution.number else f"Run {self.execution.external_id[:8]}"

    @property
    def line_label(self) -> str:
        return f"Stages of {self.run_label.lower()}"


def build(execution: Execution, place: Place, now: int) -> ExecutionPage:
    row = row_of(place.row) if place.row else None
    shown = _as_row(execution, row)
    state = state_of(shown, now)
    is_latest = bool(row and row.latest and row.latest.execution_id == execution.id)
    newest = not execution.attempts or execution.attempt >= max(a.number for a in execution.attempts)
    taken = row.taken if row and is_latest and state is Condition.FAILING else None
    source = SOURCES.get(execution.source)
    took = span(execution.started_at, execution.finished_at)
    queued = span(execution.queued_at, execution.started_at)
    return ExecutionPage(
        execution=execution,
        team=place.team,
        row=row,
        source_label=source.label if source else execution.source,
        sign=_sign(execution, shown, state),
        line=line_of(shown, state),
        failure=_failure(execution, shown),
        timetable=timetable.build(execution, shown),
        taken=taken,
        can_take=is_latest and newest and state is Condition.FAILING and taken is None,
        newest=newest,
        took=timer(took) if took is not None else "",
        queued=timer(queued) if queued else "",
        turns_at=turns_at(shown, now),
    )


def _as_row(execution: Execution, row: BoardRow | None) -> BoardRow:
    """This execution as a board row would show it, with its pipeline's usual times."""
    base = row or BoardRow(execution.pipeline_id, execution.team_id, execution.pipeline_name, execution.source)
    usual = {stop.name: stop for stop in base.stops}
    own = own_cells(execution)
    if row and row.latest and row.latest.execution_id == execution.id and row.latest.attempt == execution.attempt:
        stops: Sequence[StageCell] = row.stops
    else:
        places = memory.groups(own)
        stops = [
            replace(stop, group=group, usual_seconds=_usual(usual, stop))
            for stop, group in zip(own, places, strict=True)
        ]
    return replace(base, latest=latest_execution(execution), stops=tuple(stops), before=None)


def _usual(known: dict[str, StageCell], stop: StageCell) -> int | None:
    found = known.get(stop.name)
    return found.usual_seconds if found else None


def _sign(execution: Execution, row: BoardRow, state: Condition) -> Sign:
    red = _first_red(execution)
    place = red.name if red else ""
    match state:
        case Condition.FAILING:
            title, since = f"Stopped at {place}" if place else "Stopped", (red.finished_at if red else None)
            look = LOOKS[red.status if red else execution.status]
            return Sign(look, title, since or execution.finished_at, " ago", _stops(execution, row, red))
        case Condition.WAITING:
            waiting = next((s for s in execution.stages if s.status is Status.WAITING), None)
            since = (waiting.started_at or waiting.queued_at) if waiting else execution.started_at
            title = f"Waiting for approval at {waiting.name}" if waiting else "Waiting for approval"
            return Sign(LOOKS[Status.WAITING], title, since, "", _stops(execution, row, None))
        case Condition.NO_SIGNAL:
            return Sign(LOOKS[Status.UNKNOWN], "No signal", execution.last_event_at, "", ())
        case Condition.RUNNING | Condition.SLOW:
            moving = [s.name for s in execution.stages if s.status is Status.RUNNING]
            word = "Delayed at" if state is Condition.SLOW else "Running"
            title = f"{word} {' and '.join(moving[:2])}" if moving else "Running"
            late = state is Condition.SLOW
            stops = _stops(execution, row, None, late=late)
            return Sign(SLOW if late else LOOKS[Status.RUNNING], title, execution.started_at, "", stops)
        case Condition.QUEUED:
            return Sign(LOOKS[Status.QUEUED], "Queued", execution.queued_at, "", ())
    look = LOOKS[execution.status]
    return Sign(look, look.label.capitalize(), execution.finished_at, " ago", _stops(execution, row, None))


def _stops(execution: Execution, row: BoardRow, red: Stage | None, *, late: bool = False) -> tuple[SignStop, ...]:
    found = []
    for stage in execution.stages:
        if stage.status is Status.RUNNING and stage is not red:
            stop = next((s for s in row.stops if s.name == stage.name), None)
            usual = f"of ~{timer(stop.usual_seconds)}" if stop and stop.usual_seconds else ""
            found.append(SignStop("Still moving" if red else "Now at", stage.name, usual, began=stage.started_at))
    ahead = next((stop for stop in row.stops if stop.status in (None, Status.QUEUED)), None)
    if ahead and not execution.status.finished:
        note = f"held by {red.name}" if red else f"usually {timer(ahead.usual_seconds)}" if ahead.usual_seconds else ""
        found.append(SignStop("Next stop", ahead.name, note))
    if execution.status.finished:
        took = span(execution.started_at, execution.finished_at)
        usual = f"usually {timer(row.usual_seconds)}" if row.usual_seconds else ""
        if took is not None:
            found.append(SignStop("Took", timer(took), usual))
    elif row.usual_seconds and execution.started_at is not None:
        due = execution.started_at + row.usual_seconds * 1000
        if red:
            found.append(SignStop("Due", "No due time"))
        elif late:
            found.append(SignStop("Was due", "", "an estimate", at=due))
        else:
            found.append(SignStop("Due", "", "an estimate", at=due))
    return tuple(found[:3])


def _first_red(execution: Execution) -> Stage | None:
    return next((stage for stage in execution.stages if stage.status.red), None)


def _failure(execution: Execution, row: BoardRow) -> Failure | None:
    stage = _first_red(execution)
    if stage is None:
        return None
    job: Action | None = next((action for action in stage.actions if action.status.red), None)
    took = span(stage.started_at, stage.finished_at)
    stop = next((s for s in row.stops if s.name == stage.name), None)
    tries = len({a.attempt for a in stage.actions if a.status.red} | {stage.attempt})
    word = RED_WORDS[stage.status].lower() if stage.status in RED_WORDS else "failed"
    word = {"ci error": "had a CI error", "timed out": "timed out"}.get(word, "failed")
    return Failure(
        look=LOOKS[stage.status],
        title=f"{stage.name} {word}" + (f", attempt {stage.attempt}" if stage.attempt > 1 or tries > 1 else ""),
        job=job.name if job and job.name != stage.name else "",
        note=job.note if job else "",
        log_url=(job.url if job else "") or stage.url or execution.url,
        took=timer(took) if took is not None else "",
        usual=timer(stop.usual_seconds) if stop and stop.usual_seconds else "",
    )
