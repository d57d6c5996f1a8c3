"""A board row as its template shows it. Depends on the row and its condition alone, never on the time of day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from dashboard.readmodels.lines import Line, Spark, line_of, spark_of
from dashboard.readmodels.looks import CONDITION_LOOKS, HOT, LOOKS, NEVER, RED_WORDS, Look, timer
from storage.model.board_row import BoardRow, LatestExecution, StageCell, condition
from storage.model.entities import CONDITION_ORDER, Condition, Status
from storage.model.run_history import span
from storage.repositories.pipelines import StoredRow


@dataclass(frozen=True, slots=True)
class Headline:
    """Say the state, then the place, then the time. `since`: counts up from then; `due`: when it should be done."""

    state: str
    since: int | None = None
    suffix: str = ""
    note: str = ""
    due: int | None = None


@dataclass(frozen=True, slots=True)
class Clock:
    """`elapsed`: of a run that ended. `began`: of one that moves. `scale`: seconds at the end of the gauge."""

    elapsed: str = ""
    began: int | None = None
    usual: str = ""
    usual_seconds: int = 0
    scale: int = 0
    mark: int = 0


@dataclass(frozen=True, slots=True)
class RowView:
    id: str
    team_slug: str
    version: int
    row: BoardRow
    condition: Condition
    look: Look
    hot: bool
    order: str
    headline: Headline
    line: Line
    clock: Clock
    spark: Spark
    short_commit: str
    author: str
    can_take: bool
    taken_by: str

    @property
    def line_label(self) -> str:
        number = self.row.latest.number if self.row.latest else ""
        return f"Stages of {self.row.name}" + (f", run {number}" if number else "")


@lru_cache(maxsize=8192)
def row_of(stored: StoredRow) -> BoardRow:
    """Decoded once a version."""
    return stored.row()


def view_of(row: BoardRow, version: int, team_slug: str, state: Condition) -> RowView:
    latest = row.latest
    headline = headline_of(row, state)
    return RowView(
        id=row.id,
        team_slug=team_slug,
        version=version,
        row=row,
        condition=state,
        look=look_of(row, state),
        hot=state in HOT,
        order=order_of(row, state),
        headline=headline,
        line=line_of(row, state),
        clock=_clock(row, state),
        spark=spark_of(row),
        short_commit=latest.commit[:7] if latest else "",
        author=latest.author.partition(" ")[0] if latest else "",
        can_take=state is Condition.FAILING and row.taken is None,
        taken_by=row.taken.name.partition(" ")[0] if row.taken and state is Condition.FAILING else "",
    )


def look_of(row: BoardRow, state: Condition) -> Look:
    if row.latest is None:
        return NEVER
    if state is Condition.FAILING:
        return LOOKS[_red_status(row)]
    if state is Condition.IDLE:
        return LOOKS[row.latest.status]
    return CONDITION_LOOKS[state]


def order_of(row: BoardRow, state: Condition) -> str:
    """Sorts rows as text: by condition, then longest first; what is good by what ran last."""
    at = since(row, state) or 0
    if state in (Condition.PASSING, Condition.IDLE):
        at = 10**14 - at
    return f"{CONDITION_ORDER[state]}-{at:015d}-{row.id}"


def since(row: BoardRow, state: Condition) -> int | None:
    """Since when the pipeline is in this condition (milliseconds)."""
    latest = row.latest
    if latest is None:
        return None
    if state is Condition.FAILING:
        stop = red_stop(row)
        here = (stop.finished_at if stop else None) or latest.finished_at
        return min((at for at in (row.since if row.red else None, here) if at), default=latest.started_at)
    if state is Condition.WAITING:
        stop = _stop_in(row, Status.WAITING)
        return (stop.started_at or stop.queued_at) if stop else latest.started_at
    if state is Condition.NO_SIGNAL:
        return latest.last_event_at
    if state is Condition.QUEUED:
        return latest.queued_at
    if state in (Condition.RUNNING, Condition.SLOW):
        return latest.started_at
    return latest.finished_at


def _red_status(row: BoardRow) -> Status:
    stop = red_stop(row)
    if row.latest and row.latest.status.red:
        return row.latest.status
    return stop.status if stop and stop.status else Status.FAILED


def red_stop(row: BoardRow) -> StageCell | None:
    return next((stop for stop in row.stops if stop.status and stop.status.red), None)


def _stop_in(row: BoardRow, *statuses: Status) -> StageCell | None:
    return next((stop for stop in reversed(row.stops) if stop.status in statuses), None)


def place_of(row: BoardRow, state: Condition) -> str:
    """The stage that matters: where it stopped, waits or moves."""
    if state is Condition.FAILING:
        stop = red_stop(row)
    elif state is Condition.WAITING:
        stop = _stop_in(row, Status.WAITING)
    elif state is Condition.IDLE:
        stop = _stop_in(row, Status.CANCELLED, Status.SUPERSEDED)
    elif state is Condition.PASSING:
        stop = None
    else:
        stop = _stop_in(row, Status.RUNNING, Status.QUEUED) or _stop_in(row, *Status)
    return stop.name if stop else ""


def headline_of(row: BoardRow, state: Condition) -> Headline:
    latest, place, at = row.latest, place_of(row, state), since(row, state)
    if latest is None:
        return Headline("Never run")
    match state:
        case Condition.FAILING:
            word = RED_WORDS[_red_status(row)]
            return Headline(f"{word} at {place}" if place else word, at)
        case Condition.WAITING:
            return Headline("Waiting for approval", at, note=f"at {place}" if place else "")
        case Condition.SLOW:
            return Headline(f"Delayed at {place}" if place else "Delayed", note="slower than 19 of 20")
        case Condition.NO_SIGNAL:
            return Headline("No signal", at, note=f"last seen in {place}" if place else "")
        case Condition.RUNNING:
            return Headline(_running(row, place), due=due_at(row))
        case Condition.QUEUED:
            return Headline("Queued", at)
        case Condition.PASSING:
            return Headline("Succeeded", at, suffix=" ago")
    return _idle(latest, place, at)


def _running(row: BoardRow, place: str) -> str:
    if not place:
        return "Running"
    return f"Running {place}" if _stop_in(row, Status.RUNNING, Status.QUEUED) else f"Running, past {place}"


def _idle(latest: LatestExecution, place: str, at: int | None) -> Headline:
    word = LOOKS[latest.status].label.capitalize()
    return Headline(f"{word} at {place}" if place else word, at or latest.last_event_at, suffix=" ago")


def due_at(row: BoardRow) -> int | None:
    """When the run should end, going by green runs. Milliseconds; None with too few of them."""
    latest = row.latest
    if latest is None or latest.started_at is None or row.usual_seconds is None:
        return None
    return latest.started_at + row.usual_seconds * 1000


def _clock(row: BoardRow, state: Condition) -> Clock:
    latest, usual = row.latest, row.usual_seconds or 0
    if latest is None:
        return Clock()
    if state is Condition.NO_SIGNAL:
        return Clock("Unknown", usual=timer(usual) if usual else "")
    if latest.finished_at is not None or latest.status.finished:
        took = span(latest.started_at, latest.finished_at)
        return Clock(timer(took) if took is not None else "–", usual=timer(usual) if usual else "")
    scale = round(usual * 1.25)
    return Clock(
        began=latest.started_at or latest.queued_at,
        usual=timer(usual) if usual else "",
        usual_seconds=usual,
        scale=scale,
        mark=80,
    )


def state_of(row: BoardRow, now: int) -> Condition:
    return condition(row, now)
