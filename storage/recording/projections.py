"""Everything that is derived from executions, listed once: the pipeline's record with its history, its board row, its
summary and the change notice. Pure: what stood before and one execution in, what stands after and its writes out.

Whatever the order in which executions are projected, the same record and row come out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from storage import topics
from storage.codec import items
from storage.model.board_row import BoardRow, LatestExecution
from storage.model.derivation import derive, in_flight_of, open_run
from storage.model.document import MOST_REMEMBERED, remembered, replace
from storage.model.entities import Execution, Voice
from storage.model.execution_view import first_time
from storage.model.merge import State
from storage.model.naming import names_of
from storage.model.open_runs import OpenRun
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.pipeline_record import PipelineRecord, told
from storage.model.pipeline_summary import summarise
from storage.model.run import Run, deploys, produced_at
from storage.model.run_history import remember, with_scheduled
from storage.table import Absent, Delete, Put, VersionIs, Write


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline as it stands in the table; versions are 0 where nothing stands."""

    record: PipelineRecord | None = None
    row: BoardRow | None = None
    record_version: int = 0
    row_version: int = 0

    @property
    def id(self) -> str:
        return self.record.id if self.record else ""

    @property
    def overrides(self) -> PipelineOverrides:
        """What its executions are read by."""
        return self.record.arranged if self.record else NO_OVERRIDES

    @property
    def stale(self) -> bool:
        return self.record is not None and self.record.history.stale


@dataclass(frozen=True, slots=True)
class Projected:
    record: PipelineRecord
    row: BoardRow


def blank(pipeline_id: str, team_id: str, source: str, key: str) -> PipelineRecord:
    return PipelineRecord(pipeline_id, team_id, source, key)


def project(before: Pipeline, state: State, execution: Execution, run: Run | None) -> Projected:
    """With this execution as it now is. `run`: what is remembered of it, once something of it has ended."""
    record = _recorded(before, state, execution, run)
    return Projected(record, derive(record, *_apart(before.row, execution)))


def gathered(before: Pipeline, state: State, execution: Execution, run: Run | None) -> Pipeline:
    """As project, where another execution follows: while none is in flight, the row only keeps what the next one needs
    of it."""
    record = _recorded(before, state, execution, run)
    flying, other, elsewhere = _apart(before.row, execution)
    if flying or elsewhere or before.row is None:
        return Pipeline(record, derive(record, flying, other, elsewhere))
    return Pipeline(record, replace(before.row, in_flight=(), ended=other, elsewhere=()))


def _recorded(before: Pipeline, state: State, execution: Execution, run: Run | None) -> PipelineRecord:
    text = state.texts.get("pipeline_key")
    record = before.record or blank(execution.pipeline_id, execution.team_id, state.source, text.value if text else "")
    if record.taken is None and before.row is not None and before.row.acknowledged is not None:
        # Written by the build before, which kept it on the row.
        record = replace(record, taken=before.row.acknowledged)
    last_order = record.last_order
    record = told(record, state, execution.order)
    began = first_time(state)
    record = replace(
        record,
        created_at=min(record.created_at or began, began),
        history=with_scheduled(remember(record.history, execution.id, run), state.scheduled_at),
        retired=record.retired and record.last_order == last_order,
    )
    if not record.full_name:
        record = named(record, [record])
    if before.row is not None and _speaks_otherwise(before.row, execution):
        record = replace(record, history=replace(record.history, stale=True))
    return record


class _Open(NamedTuple):
    """Those in flight, the newest of those that speak for nobody, and those of them that have not ended."""

    flying: list[LatestExecution]
    other: LatestExecution | None
    elsewhere: list[OpenRun]


def _apart(row: BoardRow | None, execution: Execution) -> _Open:
    """With this execution where it belongs now."""
    flying, other, elsewhere = _standing(row, execution.id)
    speaks = execution.voice in (Voice.DEFAULT, Voice.TAG)
    if speaks and execution.ended:
        return _Open(flying, other, elsewhere)
    shown = in_flight_of(execution, deploys=deploys(execution), production_at=produced_at(execution))
    if speaks:
        return _Open([*flying, shown], other, elsewhere)
    newest = max((one for one in (other, shown) if one), key=lambda one: (one.order, one.execution_id))
    return _Open(flying, newest, elsewhere if execution.ended else [*elsewhere, open_run(shown)])


def _standing(row: BoardRow | None, without: str = "") -> _Open:
    """What a row tells, without one execution."""
    if row is None:
        return _Open([], None, [])
    other = row.ended if row.ended and _speaks_for_nobody(row.ended) and row.ended.execution_id != without else None
    return _Open(
        [one for one in row.in_flight if one.execution_id != without],
        other,
        [one for one in row.elsewhere if one.execution_id != without],
    )


def _speaks_otherwise(row: BoardRow, execution: Execution) -> bool:
    """Whether it turned out not to speak for what it was taken to speak for, so that others may have been left out."""
    return any(one.execution_id == execution.id and one.voice is not execution.voice for one in row.in_flight) or any(
        one.execution_id == execution.id and one.asks and one.ref != execution.ref[:100] for one in row.elsewhere
    )


def _speaks_for_nobody(one: LatestExecution) -> bool:
    return one.voice in (Voice.OTHER, Voice.UNDECIDED)


def without(before: Pipeline, execution_id: str) -> Projected | None:
    """As if this execution had never been this pipeline's. None where nothing stands."""
    if before.record is None or before.row is None:
        return None
    # What it told of the pipeline is in the record, too, which only a fold takes out.
    history = replace(remember(before.record.history, execution_id, None), stale=True)
    record = replace(before.record, history=history)
    return Projected(record, derive(record, *_standing(before.row, execution_id)))


def rederived(before: Pipeline, record: PipelineRecord) -> Projected:
    """The row of a record that people changed."""
    return Projected(record, derive(record, *_standing(before.row)))


def named(record: PipelineRecord, neighbours: Iterable[PipelineRecord]) -> PipelineRecord:
    """Called as it is among its neighbours, itself among them."""
    name = names_of(list(neighbours))[record.id]
    return replace(record, label=name.label, full_name=name.full)


def renames(before: Pipeline, after: Projected) -> bool:
    """Whether what its tool calls it has changed, it is new on its board, or it may have taken or lost another's
    place."""
    said = ("name", "project", "owner", "place", "path")
    old, new = before.record, after.record
    if old is None or not before.record_version:
        return True
    replaces = new.first_order < old.first_order or new.retired != old.retired
    return replaces or old.team_id != new.team_id or any(old.text(name) != new.text(name) for name in said)


@dataclass(frozen=True, slots=True)
class Changes:
    """What brings the table from one to the other, and the topics it concerns."""

    writes: tuple[Write, ...]
    topics: tuple[str, ...]


def changes(before: Pipeline, after: Projected) -> Changes:
    """The row's version guards the summary, too. The network is concerned only where its part of it changed."""
    record, row = after.record, after.row
    found: list[Write] = []
    # A row that seems to be missing may stand with another team by now: the record's version tells.
    if record != before.record or not before.row_version:
        found.append(Put(items.record_item(record, before.record_version + 1), expect(before.record_version)))
    if row != before.row:
        found.append(Put(items.row_item(row, before.row_version + 1), expect(before.row_version)))
    summary = summary_writes(before.row, row)
    named_ = [topics.pipeline(row.id), topics.team(row.team_id), *([topics.NETWORK] if summary else [])]
    return Changes((*found, *summary), tuple(named_))


_summary_of = remembered(summarise, most=MOST_REMEMBERED)


def summary_writes(before: BoardRow | None, row: BoardRow) -> list[Write]:
    """Only where what pages over all teams show has changed."""
    if row.hidden:
        stands = before is not None and not before.hidden
        return [Delete(items.summary_key(row.team_id, row.id))] if stands else []
    known = before is not None and not before.hidden and before.team_id == row.team_id
    if known and before is not None and (before == row or _summary_of(before) == _summary_of(row)):
        return []
    return [Put(items.summary_item(row))]


def expect(version: int) -> VersionIs | Absent:
    return VersionIs(version) if version else Absent()
