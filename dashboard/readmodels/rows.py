"""A board row as its template shows it. Depends on the row and its condition alone, never on the time of day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from dashboard.links import pipeline_href, take_href
from dashboard.readmodels.appearance import APPEARANCES, CONDITION_APPEARANCES, HOT, NEVER, RED_WORDS, Appearance, timer
from dashboard.readmodels.lines import Line, Spark, line_of, spark_of
from dashboard.readmodels.row_notes import notes_of
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.entities import CONDITION_ORDER, Condition, Status, Voice
from storage.model.spans import seconds_between
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
class Flight:
    """What runs while a red result stands. `began` counts up."""

    words: str
    began: int | None
    execution_id: str


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
    """`can_take`: whether somebody may say that they have it. `flight`: what runs while a red result stands.
    `notes`: what else is worth saying. `part_id`: what the ids of the row's parts begin with."""

    id: str
    part_id: str
    href: str
    take_href: str
    version: int
    row: BoardRow
    condition: Condition
    appearance: Appearance
    hot: bool
    headline: Headline
    flight: Flight | None
    notes: tuple[str, ...]
    line: Line
    clock: Clock
    spark: Spark
    short_commit: str
    author: str
    can_take: bool
    taken_by: str
    execution_id: str

    @property
    def names_ref(self) -> bool:
        """Whether what is drawn is for something else than the default branch."""
        latest = self.row.latest
        return bool(latest and latest.ref and (self.condition is Condition.IDLE or latest.voice is Voice.TAG))

    @property
    def line_label(self) -> str:
        number = self.row.latest.number if self.row.latest else ""
        return f"Stages of {self.row.name}" + (f", run {number}" if number else "")


@lru_cache(maxsize=8192)
def row_of(stored: StoredRow) -> BoardRow:
    """Decoded once a version."""
    return stored.row()


def view_of(row: BoardRow, version: int, team_slug: str, state: Condition) -> RowView:
    latest, failing = row.latest, state is Condition.FAILING
    return RowView(
        id=row.id,
        # Twelve digits tell the pipelines of one page apart.
        part_id=f"p{row.id[:12]}",
        href=pipeline_href(team_slug, row.id),
        take_href=take_href(team_slug, row.id),
        version=version,
        row=row,
        condition=state,
        appearance=appearance_of(row, state),
        hot=state in HOT,
        headline=headline_of(row, state),
        flight=flight_of(row) if failing else None,
        notes=notes_of(row, state, waiting_of(row)),
        line=line_of(row, state),
        clock=_clock(row, state),
        spark=spark_of(row),
        short_commit=latest.commit[:7] if latest else "",
        author=latest.author.partition(" ")[0] if latest else "",
        can_take=failing and row.taken is None,
        taken_by=row.taken.name.partition(" ")[0] if row.taken and failing else "",
        execution_id=subject_of(row, state),
    )


def appearance_of(row: BoardRow, state: Condition) -> Appearance:
    if state is Condition.FAILING and row.result:
        return APPEARANCES[row.result.status]
    if state is Condition.IDLE:
        return APPEARANCES[row.latest.status] if row.latest and not row.about else NEVER
    return CONDITION_APPEARANCES[state]


LAST = 10**14


def order_of(row: BoardRow, state: Condition, *, longest: bool = False) -> str:
    """Sorts rows as text: by condition, then newest first, or what has lasted longest."""
    at = since(row, state)
    rank = (LAST if at is None else at) if longest else LAST - (at or 0)
    return f"{CONDITION_ORDER[state]}-{max(0, rank):015d}-{row.id}"


def waiting_of(row: BoardRow) -> LatestExecution | None:
    """The newest execution that waits for a person."""
    return next((one for one in row.in_flight if one.status is Status.WAITING), None)


def subject_of(row: BoardRow, state: Condition) -> str:
    """The id of the execution a condition is about; empty where none ran."""
    if state is Condition.FAILING and row.result:
        return row.result.execution_id
    waits = waiting_of(row) if state is Condition.WAITING else None
    shown = waits or row.latest
    return shown.execution_id if shown else ""


def since(row: BoardRow, state: Condition) -> int | None:
    """Since when the pipeline is in this condition (milliseconds)."""
    leader, result = row.leader, row.result
    match state:
        case Condition.FAILING:
            return result.since if result else None
        case Condition.WAITING:
            waits = waiting_of(row)
            return waits.waiting_since if waits else None
        case Condition.NO_SIGNAL:
            return leader.last_event_at if leader else row.due_at
        case Condition.QUEUED:
            return (leader.last_event_at if _between(leader) else leader.began_at) if leader else None
        case Condition.RUNNING | Condition.SLOW:
            return leader.began_at if leader else None
        case Condition.PASSING:
            return result.at if result else None
    return row.latest.finished_at or row.latest.last_event_at if row.latest else None


def _between(leader: LatestExecution) -> bool:
    """Whether it stands after a stage, waiting for its turn at the next."""
    return leader.held and leader.started_at is not None and leader.attempt == 1


def place_of(row: BoardRow, state: Condition) -> str:
    """The stage that matters: where it failed, waits or moves."""
    if state is Condition.FAILING:
        return row.result.stage if row.result else ""
    if state is Condition.PASSING:
        return ""
    shown = waiting_of(row) if state is Condition.WAITING else row.latest
    if shown is None:
        return ""
    moving = state in (Condition.RUNNING, Condition.SLOW)
    return next(_moving(shown), shown.place) if moving else shown.place


def _moving(one: LatestExecution) -> Iterator[str]:
    """Stages that run now, whatever is red beside them."""
    return (cell.name for cell in one.stages if cell.status is Status.RUNNING and not cell.pending)


def headline_of(row: BoardRow, state: Condition) -> Headline:
    place, at = place_of(row, state), since(row, state)
    match state:
        case Condition.FAILING:
            return Headline(_failed(row, place), at)
        case Condition.WAITING:
            others = sum(one.status is Status.WAITING for one in row.in_flight) - 1
            waits = waiting_of(row)
            run = f"run {waits.number} " if waits and waits is not row.leader else ""
            note = f"{run}at {place}" if place else run.strip()
            return Headline("Waiting for approval", at, note=f"{note}, and {others} more" if others else note)
        case Condition.SLOW:
            return Headline(f"Slow at {place}" if place else "Slow", note="slower than 19 of 20")
        case Condition.NO_SIGNAL:
            heard = f"last heard of at {place}" if place else ""
            return Headline("No signal", at, note=heard if row.leader else "should have run")
        case Condition.RUNNING:
            return Headline(_running(row, place), due=due_at(row))
        case Condition.QUEUED:
            return Headline("Queued", at, note=f"past {place}" if place and row.leader and _between(row.leader) else "")
        case Condition.PASSING:
            return Headline("Passed", at, suffix=" ago")
    return _idle(row, at)


def _failed(row: BoardRow, place: str) -> str:
    result = row.result
    if result is None:
        return RED_WORDS[Status.FAILED]
    word = RED_WORDS[result.status]
    if result.redeploy:
        what = _rollback(result.rolled_back_to) if result.rollback else f"Re-deploy of {result.number}"
        word = f"{what}: {word}" if word == RED_WORDS[Status.ERRORED] else f"{what} {word.lower()}"
    return f"{word} at {place}" if place else word


def _rollback(to: str) -> str:
    return f"Rollback to {to[:7]}" if to else "Rollback"


def _running(row: BoardRow, place: str) -> str:
    """A stage that is red need not end the run: until that is known it only is said."""
    leader = row.leader
    if leader is None:
        return "Running"
    word = "Rollback" if leader.rollback else f"Re-deploy of {leader.number}" if leader.redeploy else "Running"
    own = [cell for cell in leader.stages if not cell.pending and not cell.carried]
    red = next((cell.name for cell in own if cell.status and cell.status.red), "")
    moving = next(_moving(leader), "") or next((c.name for c in own if c.status is Status.QUEUED), "")
    if moving:
        said = f"{word} {moving}" if word == "Running" else f"{word} at {moving}"
    else:
        said = f"{word}, past {place}" if place and not red else word
    return f"{said}, {red} failed" if red else said


def _idle(row: BoardRow, at: int | None) -> Headline:
    if row.about:
        return Headline(about_words(row))
    if row.latest is None:
        return Headline("Never run")
    word = APPEARANCES[row.latest.status].label.capitalize()
    if row.latest.voice is Voice.OTHER and not row.latest.status.finished:
        return Headline(f"{row.latest.ref}: {word.lower()}" if row.latest.ref else word, row.latest.began_at)
    place = row.latest.place if row.latest.status in (Status.CANCELLED, Status.SUPERSEDED) else ""
    return Headline(f"{word} at {place}" if place else word, at, suffix=" ago")


def about_words(row: BoardRow) -> str:
    """What runs where nothing speaks for the default branch: change requests and branches, and how many are red."""
    requests = [one for one in row.about if one.ref.startswith("#")]
    branches = [one for one in row.about if not one.ref.startswith("#")]
    said = []
    for found, many in ((requests, "change requests"), (branches, "branches")):
        if len(found) == 1:
            said.append(f"{found[0].ref}: {APPEARANCES[found[0].status].label}")
        elif found:
            red = sum(one.status.red for one in found)
            said.append(f"{len(found)} {many}, {red} red" if red else f"{len(found)} {many}, none red")
    return " · ".join(said)


def flight_of(row: BoardRow) -> Flight | None:
    """A retry of what failed, or the next run."""
    leader, result = row.leader, row.result
    if leader is None or result is None:
        return None
    again = leader.execution_id == result.execution_id
    other = "rolling back" if leader.rollback else "re-deploying" if leader.redeploy else f"run {leader.number}"
    word = "retrying" if again else other
    waits = waiting_of(row)
    if waits is not None and waits is leader:
        return Flight(f"{word} waits at {leader.place}", waits.waiting_since, leader.execution_id)
    if leader.status is Status.QUEUED and not leader.place:
        return Flight(f"{'retry' if again else f'run {leader.number}'} queued", leader.began_at, leader.execution_id)
    place = f" at {leader.place}" if leader.place else ""
    return Flight(f"{word}{place}", leader.began_at, leader.execution_id)


def due_at(row: BoardRow) -> int | None:
    """When the run should end, going by green first attempts, milliseconds. None with too few of them, and for runs
    that are held, run again, or red at a stage already."""
    leader = row.leader
    if leader is None or leader.started_at is None or row.usual_seconds is None:
        return None
    if leader.held or leader.attempt > 1 or leader.redeploy or leader.status is not Status.RUNNING:
        return None
    if any(cell.status and cell.status.red for cell in leader.stages):
        return None
    return leader.started_at + leader.wait_ms + row.usual_seconds * 1000


def _clock(row: BoardRow, state: Condition) -> Clock:
    latest, usual = row.latest, row.usual_seconds or 0
    words = timer(usual) if usual else ""
    if latest is None:
        return Clock()
    if state is Condition.NO_SIGNAL and row.in_flight:
        return Clock("Unknown", usual=words)
    if not row.in_flight:
        took = seconds_between(latest.started_at, latest.finished_at)
        return Clock(timer(took) if took is not None else "–", usual=words)
    if latest.started_at is None or state is Condition.WAITING:
        # The queue and waits for people are no part of what is usual.
        return Clock(began=latest.started_at or latest.queued_at)
    return Clock(
        began=latest.started_at,
        usual=words,
        usual_seconds=usual,
        scale=round(usual * 1.25),
        mark=80,
    )
