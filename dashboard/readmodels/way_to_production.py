"""How far a version has come on one pipeline: where it is, what stands before production, and when it should arrive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from dashboard.readmodels.rows import row_of
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.briefs import ExecutionBrief
from storage.model.entities import StageKind, Status, Team
from storage.model.places import Reach, reached
from storage.model.run import Run, StageCell
from storage.model.spans import seconds_between
from storage.repositories.pipelines import Owner

_MOVING = (Status.RUNNING, Status.QUEUED)


@dataclass(frozen=True, slots=True)
class StageStep:
    """A stage of the run that carries the version. at: when it began or, `expected`, should; took: seconds.
    since: since when the version has been live there."""

    name: str
    appearance: Appearance
    at: int | None
    expected: bool
    took: int | None
    since: int | None


@dataclass(frozen=True, slots=True)
class Way:
    """One pipeline. run_id, number: of the run that carries the version, its own or a later one that has it, too.

    said:     what that run is at, as the board says it; since: for how long, where that matters.
    arrived:  since when the version has been in production. after_approval: seconds from the approval that is waited
              for until it should be there. expected_at: when it should be, milliseconds.
    before:   stages between it and production. deploys: whether this pipeline puts anything there.
    """

    pipeline_id: str
    pipeline: str
    team: Team
    run_id: str
    number: str
    later: bool
    status: Status
    appearance: Appearance
    place: str
    said: str
    since: int | None
    upstream: bool
    steps: tuple[StageStep, ...]
    places: tuple[Reach, ...]
    arrived: int | None
    after_approval: int | None
    expected_at: int | None
    before: tuple[str, ...]
    deploys: bool

    @property
    def stopped(self) -> bool:
        return self.status.red


def said_of(status: Status, place: str) -> str:
    """What a run is at, in words."""
    return f"{APPEARANCES[status].label} at {place}" if place else APPEARANCES[status].label


def said_in_flight(one: LatestExecution) -> str:
    return said_of(one.status, one.place)


def way_of(brief: ExecutionBrief, owner: Owner) -> Way | None:
    """`brief`: the newest run of the version on this pipeline's default branch. None where the pipeline stands no
    more."""
    if owner.record is None or owner.row is None:
        return None
    row, history = row_of(owner.row), owner.record.history
    places = tuple(reached(history, brief.order, row.in_flight))
    arrived = next((place.since for place in places if place.live.kind is StageKind.PRODUCTION and place.since), None)
    carrier = _in_flight(brief, row, arrived)
    own = next((run for run in history.all() if run.id == brief.id), None)
    cells = _cells(carrier or own, row)
    status, place = (carrier.status, carrier.place) if carrier else (brief.status, _place(brief))
    goal = next((n for n, cell in enumerate(cells) if cell.kind is StageKind.PRODUCTION), None)
    ahead = cells[: goal + 1] if goal is not None else ()
    left = [cell for cell in ahead if cell.status is not Status.SUCCEEDED]
    began = carrier.began_at if carrier else None
    times = _expected(cells, began) if began is not None and not status.red else {}
    waits = carrier is not None and status is Status.WAITING
    end = times.get(cells[goal].name) if goal is not None and carrier is not None else None
    since = {reach.live.stage: reach.since for reach in places}
    return Way(
        pipeline_id=brief.pipeline_id,
        pipeline=owner.record.label or brief.pipeline_name,
        team=owner.team,
        run_id=carrier.execution_id if carrier else brief.id,
        number=carrier.number if carrier else brief.number,
        later=carrier is not None and carrier.execution_id != brief.id,
        status=status,
        appearance=APPEARANCES[status],
        place=place,
        said=said_of(status, place),
        since=carrier.waiting_since if waits and carrier else brief.finished_at if status.red else None,
        upstream=bool(carrier and carrier.upstream),
        steps=tuple(_step(cell, times, since.get(cell.name)) for cell in cells),
        places=places,
        arrived=arrived,
        after_approval=_usual(left) if waits and arrived is None else None,
        expected_at=end[1] if end and arrived is None and status in _MOVING else None,
        before=tuple(cell.name for cell in left) if arrived is None else (),
        deploys=goal is not None or any(place.live.kind is StageKind.PRODUCTION for place in places),
    )


def _in_flight(brief: ExecutionBrief, row: BoardRow, arrived: int | None) -> LatestExecution | None:
    """The version's own run while it goes on; where that has ended without bringing it to production, the first later
    one that is on its way."""
    flying = sorted((one for one in row.in_flight if one.order >= brief.order), key=lambda one: one.order)
    own = next((one for one in flying if one.execution_id == brief.id), None)
    return own or (flying[0] if flying and arrived is None else None)


def _cells(one: LatestExecution | Run | None, row: BoardRow) -> tuple[StageCell, ...]:
    """The usual line with this run's stages in it."""
    if one is None:
        return ()
    if isinstance(one, LatestExecution):
        return row.line(one)
    usual = {cell.name: cell.usual_seconds for cell in row.layout}
    return tuple(cell for cell in one.stages if cell.status is not None or cell.name in usual)


_TELLING = (Status.FAILED, Status.TIMED_OUT, Status.ERRORED, Status.WAITING, Status.RUNNING, Status.QUEUED)


def _place(brief: ExecutionBrief) -> str:
    named = ((status, stage.name) for status in _TELLING for stage in brief.stages if stage.status is status)
    return next((name for _, name in named), "")


def _expected(cells: Sequence[StageCell], began: int) -> dict[str, tuple[int, int]]:
    """When stages that have not ended should begin and end, as far as all before them have a usual time: each group
    after the one before. A stage that waits for a person is not counted, nor what comes behind it."""
    found: dict[str, tuple[int, int]] = {}
    at = began
    for _, group in groupby(cells, key=lambda cell: cell.group):
        ends = [at]
        for cell in group:
            if cell.finished_at is not None and not cell.pending:
                ends.append(cell.finished_at)
                continue
            if cell.status is Status.WAITING or cell.usual_seconds is None:
                return found
            start = cell.started_at if cell.started_at is not None and not cell.pending else at
            found[cell.name] = start, start + cell.usual_seconds * 1000
            ends.append(found[cell.name][1])
        at = max(ends)
    return found


def _usual(cells: Iterable[StageCell]) -> int | None:
    """Seconds that these take one after the other; None where that is not known of one."""
    found = 0
    for _, group in groupby(cells, key=lambda cell: cell.group):
        usual = [cell.usual_seconds for cell in group]
        if None in usual:
            return None
        found += max(one for one in usual if one is not None)
    return found


def _step(cell: StageCell, times: dict[str, tuple[int, int]], since: int | None) -> StageStep:
    reached_ = cell.status is not None and not cell.pending
    began = (cell.started_at or cell.queued_at) if reached_ else None
    expected = times.get(cell.name) if began is None else None
    return StageStep(
        name=cell.name,
        appearance=APPEARANCES[cell.status if reached_ else None],
        at=began if began is not None else expected[0] if expected else None,
        expected=expected is not None,
        took=seconds_between(cell.started_at, cell.finished_at) if reached_ else None,
        since=since,
    )
