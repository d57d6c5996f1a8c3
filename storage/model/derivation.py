"""What a board row says, from its pipeline's record and the executions in flight. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from storage.model import run_history as runs
from storage.model.board_row import (
    MOST_IN_FLIGHT,
    MOST_REFS,
    Arrival,
    BoardRow,
    ExecutionRef,
    LatestExecution,
    RefResult,
)
from storage.model.document import MOST_REMEMBERED, Document, remembered, replace
from storage.model.entities import Execution, StageKind, Status, Voice
from storage.model.expectation import expectation_of
from storage.model.open_runs import OpenRun, still_open
from storage.model.person_waits import waiting_runs, waits_of
from storage.model.pipeline_record import PipelineRecord
from storage.model.places import made_by, run_in_flight
from storage.model.red_cause import RedCause, red_cause
from storage.model.run import ProductionMark, Run, StageCell, cells_of, mark_order, production_of
from storage.model.run_history import Rate, RunHistory
from storage.model.runner_queues import LabelQueue, label_queues, past_queues, queues_of
from storage.model.stage_rules import budgets_of
from storage.model.stage_view import MOVING
from storage.model.standing import StandingResult, is_redeploy, newest_run, standing_of
from storage.model.tool_state import tool_state_of


class _Past(Document, frozen=True):
    """What follows from a pipeline's history alone."""

    result: StandingResult | None
    newest: Run | None
    drawn: Run | None
    layout: tuple[StageCell, ...]
    last_green: ExecutionRef | None
    after: ExecutionRef | None
    about: tuple[RefResult, ...]
    marks: tuple[ProductionMark, ...]
    usual_seconds: int | None
    late_seconds: int | None
    rate: Rate
    spark: tuple[tuple[Status, int], ...]
    came_at: int | None
    cause: RedCause | None = None
    queues: tuple[LabelQueue, ...] = ()


def _past(history: RunHistory) -> _Past:
    greens, ended, result = runs.green(history), history.ended, standing_of(history)
    seconds = [run.seconds for run in greens]
    return _Past(
        result=result,
        newest=newest_run(history),
        drawn=_drawn(history, result, ended),
        layout=_layout(history, greens),
        last_green=_last_green(history),
        after=_after(history, result),
        about=_about(history),
        marks=_marks(history),
        usual_seconds=runs.usual_seconds(seconds),
        late_seconds=runs.late_seconds(seconds),
        rate=runs.success_rate(history),
        spark=tuple((run.status, run.seconds or 0) for run in reversed(ended[: runs.SHOWN])),
        came_at=max((at for run in history.all() if (at := _came_at(run)) is not None), default=None),
        cause=red_cause(history, result),
        queues=past_queues(history.all()),
    )


def _came_at(run: Run) -> int | None:
    """When it began, where it speaks for the pipeline."""
    return run.queued_at or run.started_at or run.finished_at if run.voice in (Voice.DEFAULT, Voice.TAG) else None


# Most events end nothing: the history is the very object it was, and what follows from it is known.
_past_of = remembered(_past, most=MOST_REMEMBERED)


def derive(
    record: PipelineRecord,
    flying: Iterable[LatestExecution],
    other: LatestExecution | None,
    elsewhere: Iterable[OpenRun] = (),
) -> BoardRow:
    """The row as it now is. `flying`: executions that have not ended and speak for the default branch or a tag;
    `elsewhere`: those that do not; `other`: the newest that speaks for nobody."""
    history, flying = record.history, list(flying)
    past = _past_of(history)
    by_tags = history.by_tags and not any(one.voice is Voice.DEFAULT for one in flying)
    voice = Voice.TAG if by_tags else Voice.DEFAULT
    in_flight = [_marked(one, past.newest) for one in flying if one.voice is voice and not _overtaken(one, history)]
    production = _production(past.marks, in_flight)
    shown = tuple(_foremost(in_flight))
    opened = still_open((*elsewhere, *(open_run(one) for one in flying if one.voice is not voice)), history)
    waiting, left_out = waiting_runs(shown, opened)
    silent = not in_flight and past.drawn is None
    state = tool_state_of(record.text("tool_state"), past.came_at)
    expected = None if in_flight or state.state else expectation_of(record, past.came_at)
    return BoardRow(
        id=record.id,
        team_id=record.team_id,
        name=record.full_name,
        label=record.label,
        source=record.source,
        url=record.text("url"),
        repository=record.text("repository"),
        default_branch=record.default_branch,
        result=past.result,
        in_flight=shown,
        ended=None if in_flight else _of_run(past.drawn) if past.drawn else other,
        layout=past.layout,
        last_green=past.last_green,
        production=production,
        arrival=_arrival(history, in_flight, production),
        after=past.after,
        about=past.about if silent else (),
        usual_seconds=past.usual_seconds,
        late_seconds=past.late_seconds,
        silent_seconds=runs.silent_seconds(past.late_seconds),
        rate=past.rate,
        spark=past.spark,
        acknowledged=record.taken,
        overrides=record.overrides,
        retired=record.retired,
        expected_at=expected.late_at if expected else None,
        cause=past.cause,
        tool_state=state,
        elsewhere=opened,
        waiting=waiting,
        waiting_left_out=left_out,
        queues=label_queues(past.queues, (*shown, *opened)),
        budgets=budgets_of(record.overrides.conventions, record.inherited),
        expectation=expected,
    )


def in_flight_of(execution: Execution, *, deploys: bool, production_at: int | None) -> LatestExecution:
    """An execution as a row shows it."""
    stages = cells_of(execution.stages)
    known = [cell for cell in stages if not cell.pending]
    between = bool(known) and not any(cell.status in MOVING or cell.status is None for cell in known)
    green = all(cell.status in (Status.SUCCEEDED, Status.SKIPPED) for cell in known)
    return LatestExecution(
        execution_id=execution.id,
        number=execution.number,
        order=execution.order,
        attempt=execution.attempt,
        status=execution.status,
        raw_status=execution.raw_status,
        branch=execution.branch[:100],
        commit=execution.commit,
        message=execution.message[:120],
        author=(execution.author or execution.actor)[:60],
        queued_at=execution.queued_at,
        started_at=execution.started_at,
        finished_at=execution.finished_at,
        last_event_at=execution.last_event_at,
        stages=stages,
        voice=execution.voice,
        ref=execution.ref[:100],
        held=execution.told_to_wait or (between and green),
        rollback=execution.rollback,
        deploys=deploys,
        upstream=execution.upstream,
        wait_ms=execution.wait_ms - execution.wait_before_ms,
        production_at=production_at,
        checked_at=execution.checked_at,
        url=execution.url,
        waits=waits_of(execution),
        queues=queues_of(execution),
    )


def open_run(one: LatestExecution) -> OpenRun:
    """What a row keeps of it where it does not speak for the pipeline."""
    return OpenRun(
        execution_id=one.execution_id,
        number=one.number,
        order=one.order,
        voice=one.voice,
        status=one.status,
        ref=one.ref,
        message=one.message,
        author=one.author,
        url=one.url,
        heard_at=one.heard_at,
        waits=one.waits,
        queues=one.queues,
        checked_at=one.checked_at,
    )


def _marked(one: LatestExecution, newest: Run | None) -> LatestExecution:
    again = is_redeploy(
        one.order, one.attempt, one.began_at, rollback=one.rollback, deploys=one.deploys or one.rollback, newest=newest
    )
    return replace(one, redeploy=again)


def _overtaken(one: LatestExecution, history: RunHistory) -> bool:
    """Whether a newer run has said something after this one's last word: its end was lost. One that waits for a person
    stays; one that is held stays until a newer one has passed it."""
    if one.status is Status.WAITING:
        return False
    spoken = history.tags if one.voice is Voice.TAG else history.runs
    known = {cell.name for cell in one.stages if not cell.pending}
    for run in spoken:
        if run.order > one.order and any(fact.at > one.last_event_at for fact in run.attempts):
            passed = any(fact.status is Status.SUCCEEDED for fact in run.attempts) or any(
                cell.status is Status.SUCCEEDED and cell.name not in known for cell in run.stages
            )
            if not one.held or passed:
                return True
    return False


def _foremost(in_flight: Sequence[LatestExecution]) -> list[LatestExecution]:
    """Newest first; where there are very many, those that wait are kept before all others."""
    kept = sorted(in_flight, key=lambda one: (one.status is Status.WAITING, one.order, one.execution_id), reverse=True)
    return sorted(kept[:MOST_IN_FLIGHT], key=lambda one: (one.order, one.execution_id), reverse=True)


def _drawn(history: RunHistory, result: StandingResult | None, ended: Sequence[Run]) -> Run | None:
    """The run of the result, else the newest that ended."""
    if result is not None:
        return next((run for run in history.all() if run.id == result.execution_id), None)
    return ended[0] if ended else None


def _of_run(run: Run) -> LatestExecution:
    return LatestExecution(
        execution_id=run.id,
        number=run.number,
        order=run.order,
        attempt=run.attempt,
        status=run.status,
        raw_status="",
        branch=run.ref,
        commit=run.commit,
        message=run.message,
        author=run.author,
        queued_at=run.queued_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        last_event_at=run.finished_at or 0,
        stages=run.stages,
        voice=run.voice,
        ref=run.ref,
        rollback=run.rollback,
    )


def _last_green(history: RunHistory) -> ExecutionRef | None:
    spoken = history.tags if history.by_tags else history.runs
    run = next((run for run in spoken if run.status is Status.SUCCEEDED), None)
    return ExecutionRef(run.id, run.number, run.finished_at or 0) if run else None


def _marks(history: RunHistory) -> tuple[ProductionMark, ...]:
    told = (*history.runs, *history.quiet, *history.tags, *history.redeploys)
    marks = [mark for run in told if (mark := production_of(run))]
    return (*marks, *([history.forgotten.production] if history.forgotten.production else []))


def _production(marks: Sequence[ProductionMark], in_flight: Iterable[LatestExecution]) -> ExecutionRef | None:
    """The version in production: whatever put it there last."""
    moving = [
        ProductionMark(one.execution_id, one.number, one.production_at, one.commit)
        for one in in_flight
        if one.production_at is not None
    ]
    mark = max((*marks, *moving), key=mark_order, default=None)
    return ExecutionRef(mark.execution_id, mark.number, mark.at, mark.commit) if mark else None


def _arrival(
    history: RunHistory, in_flight: Iterable[LatestExecution], production: ExecutionRef | None
) -> Arrival | None:
    if production is None:
        return None
    runs_told = (*history.all(), *map(run_in_flight, in_flight))
    run = next((run for run in runs_told if run.id == production.execution_id), None)
    if run is None:
        return Arrival(production.execution_id, production.at)
    made = made_by(run, history) or run
    return Arrival(run.id, production.at, made.message[:60], made.author[:40], rolled_back=run.rollback)


def _after(history: RunHistory, result: StandingResult | None) -> ExecutionRef | None:
    if result is None or not history.quiet:
        return None
    run = history.quiet[0]
    if run.order <= result.order:
        return None
    return ExecutionRef(run.id, run.number, run.finished_at or 0, "", run.status)


def _about(history: RunHistory) -> tuple[RefResult, ...]:
    return tuple(
        RefResult(run.ref, run.status, run.id, run.finished_at or 0) for run in history.others[:MOST_REFS] if run.ref
    )


def _layout(history: RunHistory, greens: Sequence[Run]) -> tuple[StageCell, ...]:
    """The usual line: the stages of the latest green run, with their usual times."""
    spoken = history.tags if history.by_tags else history.runs
    line = next((run for run in spoken if run.status is Status.SUCCEEDED), None)
    seconds: dict[str, list[int | None]] = {}
    kinds: dict[str, StageKind] = {}
    for run in greens:
        for cell in run.stages:
            seconds.setdefault(cell.name, []).append(cell.seconds)
            kinds.setdefault(cell.name, cell.kind)
    usual = {name: runs.usual_seconds(values) for name, values in seconds.items()}
    cells = line.stages if line else ()
    layout = [StageCell(c.name, c.kind, c.group, usual_seconds=usual.get(c.name)) for c in cells]
    known = {cell.name for cell in cells}
    # Usual times of stages that are on no usual line.
    extra = [StageCell(name, kinds[name], -1, usual_seconds=s) for name, s in usual.items() if s and name not in known]
    return (*layout, *extra)
