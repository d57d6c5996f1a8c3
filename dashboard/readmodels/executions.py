"""One execution: where it is, what failed, and its timeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from dashboard.readmodels import timeline
from dashboard.readmodels.appearance import APPEARANCES, RED_WORDS, SLOW, Appearance, timer
from dashboard.readmodels.lines import Line, line_of
from dashboard.readmodels.rows import due_at, headline_of, row_of
from dashboard.readmodels.timeline import Timeline
from dashboard.readmodels.verdicts import VerdictLine, lines_of
from dashboard.sources import SOURCES
from storage.model.board_row import BoardRow, ExecutionRef, LatestExecution
from storage.model.conditions import condition
from storage.model.derivation import in_flight_of
from storage.model.document import replace
from storage.model.entities import Action, Condition, Execution, Stage, Status, Team
from storage.model.failures import JobFailure
from storage.model.merge import VERDICTS
from storage.model.pipeline_record import Acknowledgement
from storage.model.run import deploys, produced_at
from storage.model.spans import seconds_between
from storage.model.standing import StandingResult
from storage.model.verdicts import Verdict, verdict_of
from storage.repositories.pipelines import Place


@dataclass(frozen=True, slots=True)
class HeaderFact:
    """One of the facts on the right of the sign. `began`: a timer, `usual` how long it should take; `at`: a time."""

    label: str
    name: str
    note: str = ""
    began: int | None = None
    usual: str = ""
    at: int | None = None


@dataclass(frozen=True, slots=True)
class RunHeader:
    appearance: Appearance
    title: str
    since: int | None
    suffix: str
    stops: tuple[HeaderFact, ...]


@dataclass(frozen=True, slots=True)
class Failure:
    """The first thing that failed, and the links that lead to its reason."""

    appearance: Appearance
    title: str
    job: str
    note: str
    log_url: str
    took: str
    usual: str


@dataclass(frozen=True, slots=True)
class LoggedFailure:
    """What the log of a job that failed says. `alike`: how many pipelines failed so, where there are several."""

    failure: JobFailure
    alike: int

    @property
    def text(self) -> str:
        return "\n".join(self.failure.lines)


class NeighbourRun(NamedTuple):
    """A run of the same pipeline, by its place in their order."""

    order: int
    execution_id: str
    number: str


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """`newest`: whether the newest attempt is shown, which is the one that is live. `last_green`, `newest_run`: of the
    pipeline, where they are others. `verdict`: why it is red. `act_url`: where a person acts on what waits for one;
    `deciders`: who may, as the tool told."""

    execution: Execution
    team: Team | None
    row: BoardRow | None
    source_label: str
    header: RunHeader
    line: Line
    failure: Failure | None
    timeline: Timeline
    taken: Acknowledgement | None
    can_take: bool
    newest: bool
    took: str
    queued: str
    waited: str
    last_green: ExecutionRef | None = None
    newest_run: LatestExecution | None = None
    before: NeighbourRun | None = None
    after: NeighbourRun | None = None
    act_url: str = ""
    deciders: str = ""
    verdict: Verdict | None = None
    logs: tuple[LoggedFailure, ...] = ()

    @property
    def verdicts(self) -> tuple[VerdictLine, ...]:
        return lines_of(self.verdict, self.execution)

    @property
    def name(self) -> str:
        return self.row.label if self.row else self.execution.pipeline_name or "pipeline"

    @property
    def run_label(self) -> str:
        return f"Run {self.execution.number}" if self.execution.number else f"Run {self.execution.external_id[:8]}"

    @property
    def line_label(self) -> str:
        return f"Stages of {self.run_label.lower()}"


def build(execution: Execution, place: Place, now: int, *, logs: bool = False) -> ExecutionPage:
    """`logs`: whether the reader may see what logs say."""
    row = row_of(place.row) if place.row else None
    shown = as_row(execution, place)
    state = condition(shown, now)
    stands = bool(row and row.red and row.result and row.result.execution_id == execution.id)
    newest = not execution.attempts or execution.attempt >= max(a.number for a in execution.attempts)
    source = SOURCES.get(execution.source)
    took = seconds_between(execution.started_at, execution.finished_at)
    waited = round(execution.wait_ms / 1000)
    table = timeline.build(execution, shown, now)
    asks = state is Condition.WAITING and newest
    known = [one for one in _neighbours(place, row) if one.execution_id != execution.id]
    return ExecutionPage(
        execution=execution,
        team=place.team,
        row=row,
        source_label=source.label if source else execution.source,
        header=_header(execution, shown, state),
        line=line_of(shown, state),
        failure=_failure(execution, shown) or (_failed_before(execution, row.result) if stands and row else None),
        timeline=table,
        taken=row.taken if row and stands else None,
        can_take=bool(stands and newest and row and row.taken is None),
        newest=newest,
        took=timer(took) if took is not None else "",
        queued=timer(execution.queue_seconds) if execution.queue_seconds is not None else "",
        waited=timer(waited) if waited else "",
        last_green=row.last_green if row and row.last_green and row.last_green.execution_id != execution.id else None,
        newest_run=row.latest if row and row.latest and row.latest.order > execution.order else None,
        before=max((one for one in known if one.order < execution.order), default=None),
        after=min((one for one in known if one.order > execution.order), default=None),
        act_url=_waiting_url(execution) if asks else "",
        deciders=_deciders(execution) if asks else "",
        verdict=verdict_of(execution, place.record.history) if place.record else None,
        logs=_logged(execution, place, row.result if stands and row else None) if logs else (),
    )


def _logged(execution: Execution, place: Place, result: StandingResult | None) -> tuple[LoggedFailure, ...]:
    """Of the attempt that failed: this one, or the one that runs again."""
    attempt = execution.attempt if _first_red(execution) or result is None else result.attempt
    found = [each for each in place.failures if each.attempt == attempt]
    return tuple(LoggedFailure(each, each.pipelines if each.pipelines > 1 else 0) for each in found)


def _neighbours(place: Place, row: BoardRow | None) -> list[NeighbourRun]:
    """Those that are remembered, and those in flight."""
    ended = [NeighbourRun(run.order, run.id, run.number) for run in place.record.history.ended] if place.record else []
    flying = [NeighbourRun(one.order, one.execution_id, one.number) for one in row.in_flight] if row else []
    return [*ended, *flying]


def _waiting(execution: Execution) -> Stage | None:
    return next((stage for stage in execution.stages if stage.status is Status.WAITING), None)


def _waiting_url(execution: Execution) -> str:
    """Of the job that waits, else its stage, else the run."""
    stage = _waiting(execution)
    jobs = [action.url for action in stage.actions if action.status is Status.WAITING] if stage else []
    return next((url for url in (*jobs, stage.url if stage else "", execution.url) if url), "")


def _deciders(execution: Execution) -> str:
    """Of all jobs that wait."""
    waiting = (action for stage in execution.stages for action in stage.actions if action.status is Status.WAITING)
    return ", ".join(dict.fromkeys(action.deciders for action in waiting if action.deciders))


def as_row(execution: Execution, place: Place) -> BoardRow:
    """This execution as a board row would show it, with its pipeline's usual times."""
    row = row_of(place.row) if place.row else None
    base = row or BoardRow(execution.pipeline_id, execution.team_id, execution.pipeline_name, execution.source)
    base = replace(base, expected_at=None)
    shown = in_flight_of(execution, deploys=deploys(execution), production_at=produced_at(execution))
    if not execution.ended:
        return replace(base, result=None, in_flight=(shown,), ended=None)
    result = None
    if execution.status in VERDICTS:
        at, red = execution.finished_at or execution.last_event_at, _first_red(execution)
        where = red.name if red and execution.status.red else ""
        result = StandingResult(execution.id, execution.number, execution.order, execution.status, at, at, where)
    return replace(base, result=result, in_flight=(), ended=shown)


def _header(execution: Execution, row: BoardRow, state: Condition) -> RunHeader:
    red = _first_red(execution)
    match state:
        case Condition.FAILING:
            place = row.result.stage if row.result else ""
            word = RED_WORDS.get(execution.status, "Failed")
            title = f"{word} at {place}" if place else word
            at = (red.finished_at if red else None) or execution.finished_at
            return RunHeader(APPEARANCES[execution.status], title, at, " ago", _stops(execution, row, red))
        case Condition.WAITING:
            waiting = _waiting(execution)
            at = (waiting.started_at or waiting.queued_at) if waiting else execution.started_at
            title = f"Waiting for approval at {waiting.name}" if waiting else "Waiting for approval"
            return RunHeader(APPEARANCES[Status.WAITING], title, at, "", _stops(execution, row, None))
        case Condition.NO_SIGNAL:
            return RunHeader(APPEARANCES[Status.UNKNOWN], "No signal", execution.last_event_at, "", ())
        case Condition.RUNNING | Condition.SLOW:
            return _moving(execution, row, state, red)
        case Condition.QUEUED:
            said = headline_of(row, state)
            title = f"{said.state}, {said.note}" if said.note else said.state
            return RunHeader(APPEARANCES[Status.QUEUED], title, said.since, "", ())
    appearance = APPEARANCES[execution.status]
    return RunHeader(
        appearance, appearance.label.capitalize(), execution.finished_at, " ago", _stops(execution, row, None)
    )


def _moving(execution: Execution, row: BoardRow, state: Condition, red: Stage | None) -> RunHeader:
    moving = [s.name for s in execution.stages if s.status is Status.RUNNING]
    late = state is Condition.SLOW
    word = "Slow at" if late else "Running"
    title = f"{word} {' and '.join(moving[:2])}" if moving else headline_of(row, state).state
    if red is not None and moving:
        title += f", {red.name} failed"
    stops = _stops(execution, row, red, late=late)
    return RunHeader(SLOW if late else APPEARANCES[Status.RUNNING], title, execution.started_at, "", stops)


def _stops(execution: Execution, row: BoardRow, red: Stage | None, *, late: bool = False) -> tuple[HeaderFact, ...]:
    found = []
    for stage in execution.stages:
        if stage.status is Status.RUNNING and stage is not red:
            stop = next((s for s in row.stages if s.name == stage.name), None)
            usual = timer(stop.usual_seconds) if stop and stop.usual_seconds else ""
            label = "Still running" if red else "Now at"
            found.append(HeaderFact(label, stage.name, began=stage.started_at, usual=usual))
    ahead = next((stop for stop in row.stages if stop.status in (None, Status.QUEUED)), None)
    if ahead and not execution.ended:
        note = (
            f"kept back by {red.name}"
            if red
            else f"usually {timer(ahead.usual_seconds)}"
            if ahead.usual_seconds
            else ""
        )
        found.append(HeaderFact("Next", ahead.name, note))
    if execution.ended:
        took = seconds_between(execution.started_at, execution.finished_at)
        usual = f"usually {timer(row.usual_seconds)}" if row.usual_seconds and execution.attempt == 1 else ""
        if took is not None:
            found.append(HeaderFact("Took", timer(took), usual))
    elif red:
        found.append(HeaderFact("Due", "No due time"))
    elif not late and (due := due_at(row)) is not None:
        found.append(HeaderFact("Due", "", "an estimate", at=due))
    return tuple(found[:3])


def _first_red(execution: Execution) -> Stage | None:
    """The first stage that this attempt left red, else one that it carries over so."""
    red = [stage for stage in execution.stages if stage.status.red]
    return next((stage for stage in red if not stage.carried), red[0] if red else None)


def _failed_before(execution: Execution, result: StandingResult | None) -> Failure | None:
    """The red result that stands while this execution runs again."""
    if result is None or result.attempt >= execution.attempt:
        return None
    word = _red_word(result.status)
    title = f"{result.stage or 'Run'} {word}, attempt {result.attempt}"
    return Failure(APPEARANCES[result.status], title, "", "runs again", execution.url, "", "")


def _red_word(status: Status) -> str:
    return {Status.ERRORED: "had a CI error", Status.TIMED_OUT: "timed out"}.get(status, "failed")


def _failure(execution: Execution, row: BoardRow) -> Failure | None:
    stage = _first_red(execution)
    if stage is None:
        return None
    job: Action | None = next((action for action in stage.actions if action.status.red), None)
    took = seconds_between(stage.started_at, stage.finished_at)
    stop = next((s for s in row.stages if s.name == stage.name), None)
    tries = len({a.attempt for a in stage.actions if a.status.red} | {stage.attempt})
    return Failure(
        appearance=APPEARANCES[stage.status],
        title=f"{stage.name} {_red_word(stage.status)}"
        + (f", attempt {stage.attempt}" if stage.attempt > 1 or tries > 1 else ""),
        job=job.name if job and job.name != stage.name else "",
        note=job.note if job else "",
        log_url=(job.url if job else "") or stage.url or execution.url,
        took=timer(took) if took is not None else "",
        usual=timer(stop.usual_seconds) if stop and stop.usual_seconds else "",
    )
