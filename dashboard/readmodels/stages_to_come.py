"""What of a run has not begun yet, and when it should: each group of stages after the one before has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from storage.model.board_row import BoardRow
from storage.model.entities import Execution, Stage


@dataclass(frozen=True, slots=True)
class ToCome:
    """`begins_at`: milliseconds, an estimate; `usual`: seconds, None where too few green runs tell."""

    name: str
    begins_at: int
    usual: int | None


def stages_to_come(execution: Execution, row: BoardRow, now: int) -> tuple[ToCome, ...]:
    """In the order of the line; none begins before now. Nothing comes of a run that has ended or is red already."""
    if execution.ended or any(stage.status.red and not stage.carried for stage in execution.stages):
        return ()
    return tuple(_walk(execution, row, now))


def _walk(execution: Execution, row: BoardRow, now: int) -> Iterator[ToCome]:
    own = {stage.name: stage for stage in execution.stages}
    at = execution.started_at or execution.queued_at or execution.last_event_at
    for _, group in groupby(row.stages, key=lambda cell: cell.group):
        ends = [at]
        for cell in group:
            stage = own.get(cell.name)
            if stage is not None and not _comes(stage):
                ends.append(_end(stage, cell.usual_seconds))
                continue
            begins_at = max(at, now)
            ends.append(begins_at + (cell.usual_seconds or 0) * 1000)
            yield ToCome(cell.name, begins_at, cell.usual_seconds)
        at = max(ends)


def _comes(stage: Stage) -> bool:
    return stage.pending or (stage.started_at is None and not stage.status.finished and not stage.carried)


def _end(stage: Stage, usual: int | None) -> int:
    """When it ended, or should."""
    if stage.carried:
        return 0
    return stage.finished_at or ((stage.started_at or 0) + (usual or 0) * 1000)
