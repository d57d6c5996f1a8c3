"""What pages over all teams need of one team's board. Follows from the board rows; rebuilt, never counted up."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median_low

from storage.model.board_row import NO_RATE, BoardRow, LatestExecution, StageCell
from storage.model.entities import Status
from storage.model.overrides import NO_OVERRIDES
from storage.model.run_history import Rate

ARRIVALS = 12


@dataclass(frozen=True, slots=True)
class Arrival:
    """A version that came into production."""

    pipeline_id: str
    pipeline: str
    execution_id: str
    at: int
    message: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class TeamSummary:
    """`rate` over the last 20 finished runs of each pipeline. `median_seconds` of the pipelines' own medians."""

    pipelines: tuple[BoardRow, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    rate: Rate = NO_RATE
    median_seconds: int | None = None
    measured: int = 0


def summarise(rows: Sequence[BoardRow]) -> TeamSummary:
    rows = [row for row in rows if not row.hidden]
    medians = [row.usual_seconds for row in rows if row.usual_seconds is not None]
    arrivals = sorted(_arrivals(rows), key=lambda arrival: (arrival.at, arrival.pipeline_id), reverse=True)
    return TeamSummary(
        pipelines=tuple(_brief(row) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id))),
        arrivals=tuple(arrivals[:ARRIVALS]),
        rate=Rate(sum(row.rate.green for row in rows), sum(row.rate.counted for row in rows)),
        median_seconds=median_low(medians) if medians else None,
        measured=len(medians),
    )


def _brief(row: BoardRow) -> BoardRow:
    """The row without what only its own board shows."""
    quiet = row.latest is not None and row.latest.status is Status.SUCCEEDED
    return replace(
        row,
        url="",
        repository="",
        default_branch="",
        stops=() if quiet else tuple(_slim(stop) for stop in row.stops[:24]),
        latest=_aboard(row.latest),
        before=None,
        rate=NO_RATE,
        spark=(),
        recent=(),
        overrides=NO_OVERRIDES,
    )


def _slim(stop: StageCell) -> StageCell:
    return replace(stop, queued_at=None, finished_at=None if stop.status is Status.SUCCEEDED else stop.finished_at)


def _aboard(latest: LatestExecution | None) -> LatestExecution | None:
    return replace(latest, message="", raw_status="", branch="", commit="", author="") if latest else None


def _arrivals(rows: Iterable[BoardRow]) -> Iterable[Arrival]:
    for row in rows:
        if row.production is None:
            continue
        latest_execution = row.latest if row.latest and row.latest.execution_id == row.production.execution_id else None
        yield Arrival(
            pipeline_id=row.id,
            pipeline=row.name,
            execution_id=row.production.execution_id,
            at=row.production.at,
            message=latest_execution.message if latest_execution else "",
            author=latest_execution.author if latest_execution else "",
        )
