"""What pages over all teams need of one pipeline: its row, without what only its own board shows. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from storage.model.board_row import NO_RATE, Arrival, BoardRow, ExecutionRef, LatestExecution
from storage.model.document import Document, replace
from storage.model.entities import StageKind, Status
from storage.model.expectation import Expectation
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.person_waits import WaitingRun
from storage.model.pipeline_record import Acknowledgement
from storage.model.red_cause import RedCause
from storage.model.run import StageCell
from storage.model.run_history import Rate
from storage.model.runner_queues import LabelQueue
from storage.model.standing import StandingResult

MOST_STAGES, MOST_IN_FLIGHT = 10, 4
# Of a stage's name, and of a change's message.
MOST_LETTERS, MOST_OF_MESSAGE = 40, 72


class InFlight(Document, frozen=True):
    """An execution in flight, briefly. `stages`: (name, status) of the line."""

    execution_id: str
    number: str
    status: Status
    attempt: int
    queued_at: int | None
    started_at: int | None
    heard_at: int
    place: str
    waiting_since: int | None = None
    held: bool = False
    redeploy: bool = False
    wait_ms: int = 0


class ChangeBrief(NamedTuple):
    """Whose change the drawn run carries: what filters look at."""

    branch: str = ""
    ref: str = ""
    message: str = ""
    author: str = ""


class PipelineSummary(Document, frozen=True):
    """About 0.4 KB where all is well, 0.8 KB in trouble, at most 4 KB where a dozen runs wait for people. Times are
    milliseconds. waiting, waiting_left_out, queues: as in BoardRow. expectation: without its basis."""

    label: str
    name: str = ""
    result: tuple[str, str, Status, int, int, str] | None = None
    in_flight: tuple[InFlight, ...] = ()
    others: int = 0
    stages: tuple[tuple[str, Status | None], ...] = ()
    usual_seconds: int | None = None
    late_seconds: int | None = None
    silent_seconds: int = 0
    rate: Rate = NO_RATE
    green_at: int | None = None
    arrival: Arrival | None = None
    acknowledged: Acknowledgement | None = None
    ended: tuple[str, Status, int] | None = None
    expected_at: int | None = None
    repository: str = ""
    labels: tuple[str, ...] = ()
    change: ChangeBrief = ChangeBrief()
    cause: RedCause | None = None
    source: str = ""
    waiting: tuple[WaitingRun, ...] = ()
    waiting_left_out: int = 0
    queues: tuple[LabelQueue, ...] = ()
    expectation: Expectation | None = None


def summarise(row: BoardRow) -> PipelineSummary:
    result, latest = row.result, row.latest
    calm = not row.in_flight and not row.red
    return PipelineSummary(
        label=row.label,
        name=row.name if row.name != row.label else "",
        result=(result.execution_id, result.number, result.status, result.at, result.since, result.stage[:60])
        if result
        else None,
        in_flight=tuple(_brief(one) for one in _foremost(row)),
        others=max(0, len(row.in_flight) - MOST_IN_FLIGHT),
        stages=()
        if calm
        else tuple(
            (cell.name[:MOST_LETTERS], None if cell.pending else cell.status) for cell in row.stages[:MOST_STAGES]
        ),
        usual_seconds=row.usual_seconds,
        late_seconds=row.late_seconds,
        silent_seconds=row.silent_seconds,
        rate=row.rate,
        green_at=row.last_green.at if row.last_green else None,
        arrival=row.arrival,
        acknowledged=row.taken,
        ended=(latest.execution_id, latest.status, latest.finished_at or 0) if calm and latest and not result else None,
        expected_at=row.expected_at,
        repository=row.repository,
        labels=row.overrides.labels,
        change=_change(latest) if latest else ChangeBrief(),
        cause=row.cause,
        source=row.source,
        waiting=row.waiting,
        waiting_left_out=row.waiting_left_out,
        queues=row.queues,
        expectation=replace(row.expectation, basis="") if row.expectation else None,
    )


def _change(latest: LatestExecution) -> ChangeBrief:
    """The ref only where it is another than the branch."""
    ref = latest.ref if latest.ref != latest.branch else ""
    return ChangeBrief(latest.branch, ref, latest.message[:MOST_OF_MESSAGE], latest.author)


def _foremost(row: BoardRow) -> Sequence[LatestExecution]:
    """The leader, then those that wait, then those that run, then the others: what the condition follows from."""
    leader, rest = row.in_flight[:1], row.in_flight[1:]
    rest = tuple(sorted(rest, key=lambda one: (one.status is not Status.WAITING, one.status is Status.QUEUED)))
    return (*leader, *rest)[:MOST_IN_FLIGHT]


def _brief(one: LatestExecution) -> InFlight:
    waits = one.status is Status.WAITING
    return InFlight(
        execution_id=one.execution_id,
        number=one.number,
        status=one.status,
        attempt=one.attempt,
        queued_at=one.queued_at,
        started_at=one.started_at,
        heard_at=one.heard_at,
        place=one.place[:60],
        waiting_since=one.waiting_since if waits else None,
        held=one.held,
        redeploy=one.redeploy,
        wait_ms=one.wait_ms,
    )


def row_of(summary: PipelineSummary, pipeline_id: str, team_id: str) -> BoardRow:
    """The summary as a row, so that all pages judge alike."""
    stages = tuple(
        StageCell(name, StageKind.OTHER, place, status) for place, (name, status) in enumerate(summary.stages)
    )
    flying = tuple(_execution(one, stages if place == 0 else ()) for place, one in enumerate(summary.in_flight))
    result = _result(summary)
    ended = None
    if not flying and result:
        ended = _ended(result.execution_id, result.number, result.status, result.at, stages)
    elif not flying and summary.ended:
        execution_id, status, at = summary.ended
        ended = _ended(execution_id, "", status, at, stages)
    arrival = summary.arrival
    if flying:
        flying = (_with_change(flying[0], summary.change), *flying[1:])
    return BoardRow(
        id=pipeline_id,
        team_id=team_id,
        name=summary.name or summary.label,
        source=summary.source,
        label=summary.label,
        repository=summary.repository,
        result=result,
        in_flight=flying,
        ended=_with_change(ended, summary.change) if ended else None,
        last_green=ExecutionRef("", "", summary.green_at) if summary.green_at is not None else None,
        production=ExecutionRef(arrival.execution_id, "", arrival.at) if arrival else None,
        arrival=arrival,
        usual_seconds=summary.usual_seconds,
        late_seconds=summary.late_seconds,
        silent_seconds=summary.silent_seconds,
        rate=summary.rate,
        acknowledged=summary.acknowledged,
        overrides=PipelineOverrides(labels=summary.labels) if summary.labels else NO_OVERRIDES,
        expected_at=summary.expected_at,
        cause=summary.cause,
        waiting=summary.waiting,
        waiting_left_out=summary.waiting_left_out,
        queues=summary.queues,
        expectation=summary.expectation,
    )


def _with_change(run: LatestExecution, change: ChangeBrief) -> LatestExecution:
    branch, ref, message, author = change
    return replace(run, branch=branch, ref=ref or branch, message=message, author=author)


def _result(summary: PipelineSummary) -> StandingResult | None:
    if summary.result is None:
        return None
    execution_id, number, status, at, since, stage = summary.result
    return StandingResult(execution_id, number, 0, status, at, since, stage)


def _execution(one: InFlight, stages: tuple[StageCell, ...]) -> LatestExecution:
    cells = stages
    if one.place and one.place[:MOST_LETTERS] not in {cell.name for cell in stages}:
        cells = (*stages, StageCell(one.place, StageKind.OTHER, len(stages), one.status))
    if one.waiting_since is not None:
        cells = tuple(
            replace(cell, started_at=one.waiting_since) if cell.status is Status.WAITING else cell for cell in cells
        )
    return LatestExecution(
        execution_id=one.execution_id,
        number=one.number,
        order=0,
        attempt=one.attempt,
        status=one.status,
        raw_status="",
        branch="",
        commit="",
        message="",
        author="",
        queued_at=one.queued_at,
        started_at=one.started_at,
        finished_at=None,
        last_event_at=one.heard_at,
        stages=cells,
        place_told=one.place,
        held=one.held,
        redeploy=one.redeploy,
        wait_ms=one.wait_ms,
    )


def _ended(execution_id: str, number: str, status: Status, at: int, stages: tuple[StageCell, ...]) -> LatestExecution:
    return LatestExecution(
        execution_id=execution_id,
        number=number,
        order=0,
        attempt=1,
        status=status,
        raw_status="",
        branch="",
        commit="",
        message="",
        author="",
        queued_at=None,
        started_at=None,
        finished_at=at,
        last_event_at=at,
        stages=stages,
    )
