"""Folds what is derived again from the executions themselves: after a change of rules, of what people said, or where an
execution came that is older than what is remembered. Safe while events keep coming, to stop and to do twice.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from storage import topics
from storage.codec import items
from storage.errors import Conflict, NotFound
from storage.model.board_row import BoardRow
from storage.model.document import Document, replace
from storage.model.execution_view import build, order_of
from storage.model.overrides import NO_OVERRIDES
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import run_of
from storage.model.run_history import Forgotten, RunHistory, remember
from storage.recording import inheritance, projections
from storage.recording.boards import Boards
from storage.recording.fact_settler import FactSettler
from storage.recording.histories import Found, Histories
from storage.recording.projections import Pipeline, Projected
from storage.repositories import changes
from storage.table import Absent, Delete, Table, VersionIs, Write

TRIES = 30
Change = Callable[[PipelineRecord], PipelineRecord]


@dataclass(frozen=True, slots=True)
class Refolded:
    """changed: whether anything of the pipeline did. facts: how many of its executions had another."""

    changed: bool
    facts: int


def _as_it_is(record: PipelineRecord) -> PipelineRecord:
    return record


class Rebuilder:
    def __init__(self, table: Table, now: Callable[[], int], pause: Callable[[float], None] = time.sleep) -> None:
        self._table = table
        self._now = now
        self._pause = pause
        self._histories = Histories(table)
        self.boards = Boards(table, now)

    def list_pipelines(self, team_id: str) -> list[str]:
        return self.boards.list_pipelines(team_id)

    def rename(self, team_id: str) -> bool:
        """Tell the names of a team's pipelines apart, once former keys are sorted out, and list them for search.
        Whether any changed."""
        changed = False
        for _ in range(TRIES):
            known, version = self.boards.listed(team_id)
            board = self.boards.read(team_id)
            if heirs := self._gather(board):
                board = self.boards.read(team_id)
            changed = self.boards.rename(board) or heirs > 0 or changed
            if self.boards.list_names(team_id, board, known, version):
                break
        return changed

    def gather(self, team_id: str) -> int:
        """Let pipelines take over those that were known by former keys of theirs. How often one did."""
        return self._gather(self.boards.read(team_id))

    def _gather(self, board: Sequence[Pipeline]) -> int:
        times = 0
        while heirs := self.boards.gather(board):
            times += len(heirs)
            teams = {one.record.team_id for one in board if one.record}
            for pipeline_id in heirs:
                self.fold(pipeline_id)
            board = [one for team_id in teams for one in self.boards.read(team_id)]
        return times

    def fold(
        self,
        pipeline_id: str,
        change: Change = _as_it_is,
        also: Callable[[Pipeline], Sequence[Write]] = lambda before: (),
        most: int | None = None,
    ) -> bool:
        """The pipeline's record, row and summary from its executions. Whether anything changed.

        change: what people changed of the record. also: writes that go with it, in the same transaction.
        most:   look at so many of the newest executions only; the pipeline then stays marked stale.
        One that turned out to have no execution, and of which people made nothing, is removed. Raises NotFound where
        there is no such pipeline, Conflict where others kept writing.

        All executions are read once, however many events come meanwhile: what those changed is read again.
        """
        return self._fold(pipeline_id, change, also, most, None)

    def refold(self, pipeline_id: str) -> Refolded:
        """As fold, by what its team and the installation agree on now, and the facts of all its executions in the same
        reading."""
        self._inherit(pipeline_id)
        settler = FactSettler(self._table, self._histories)
        changed = self._fold(pipeline_id, _as_it_is, lambda before: (), None, settler)
        return Refolded(changed, settler.settled)

    def _inherit(self, pipeline_id: str) -> None:
        """Before anything is read, so that what events bring meanwhile is read alike."""
        for _ in range(TRIES):
            before = self.read(pipeline_id)
            if inheritance.renew(self._table, _record(before), before.record_version):
                return
            self._pause(random.uniform(0.0, 0.02))
        raise Conflict("the pipeline is being written by others")

    def _fold(
        self,
        pipeline_id: str,
        change: Change,
        also: Callable[[Pipeline], Sequence[Write]],
        most: int | None,
        settler: FactSettler | None,
    ) -> bool:
        first = before = self.read(pipeline_id)
        wanted = change(_record(first))
        folded = self._from_executions(first, wanted, most, settler)
        for _ in range(TRIES):
            late = before.stale and not first.stale
            after = _settled(folded, wanted, stale=most is not None or late)
            made = projections.changes(before, after)
            kept = [*made.writes, *self._summary(before, after)]
            writes = [*(_removal(before) if _is_left(before, after) else kept), *also(before)]
            if not writes:
                return False
            shown = [topics.execution(row.execution_id) for row in (*after.row.in_flight, after.row.ended) if row]
            notice = changes.notice(self._now(), dict.fromkeys([*made.topics, *shown]))
            try:
                self._table.transact([*writes, notice])
            except Conflict:
                self._pause(random.uniform(0.0, 0.02))
            else:
                return True
            now = self.read(pipeline_id)
            wanted = change(_record(now))
            if _begins_alike(before, now):
                folded = self._caught_up(folded, before, now)
            else:
                first, folded = now, self._from_executions(now, wanted, most, settler)
            before = now
        raise Conflict("the pipeline is being written by others")

    def revive(self, team_id: str, pipeline_id: str) -> Refolded | None:
        """Make the record of a pipeline anew that has nothing but a row, from what its executions say. None where they
        tell of none either."""
        row_item = self._table.get(items.row_key(team_id, pipeline_id))
        found = next(self._histories.read(self._histories.list_ids(pipeline_id)), None)
        said = found.stored.state.texts.get("pipeline_key") if found else None
        if row_item is None or found is None or said is None:
            return None
        row = items.row_of(row_item)
        record = projections.blank(pipeline_id, team_id, found.stored.state.source, said.value)
        record = replace(record, overrides=row.overrides, taken=row.acknowledged, history=RunHistory(stale=True))
        self._table.put(items.record_item(record, 1), Absent())
        return self.refold(pipeline_id)

    def read(self, pipeline_id: str) -> Pipeline:
        """As it stands; empty where it does not."""
        item = self._table.get(items.record_key(pipeline_id))
        if item is None:
            return Pipeline()
        record = items.record_of(item)
        row = self._table.get(items.row_key(record.team_id, pipeline_id))
        version, row_version = (items.number(found, "version") if found else 0 for found in (item, row))
        return Pipeline(record, items.row_of(row) if row else None, version, row_version)

    def _from_executions(
        self, before: Pipeline, record: PipelineRecord, most: int | None, settler: FactSettler | None
    ) -> Pipeline:
        moved = [id_ for old in record.moved_from for id_ in self._histories.move(record, old)]
        # What the index may not list yet, or not any more.
        known = dict.fromkeys([*moved, *_facts(before), *_marks(before)])
        for id_ in self._listed(record.id, most):
            known.pop(id_, None)
        others = [found.stored.id for found in self._histories.read(known)]
        folded = Pipeline(_begun(before, record, known.keys() - set(others)))
        for found in self._oldest_first(record.id, others, most):
            folded = _with(folded, found, settler)
        if settler is not None:
            settler.finish(record)
        return folded

    def _listed(self, pipeline_id: str, most: int | None) -> Iterator[str]:
        return islice(self._histories.list_ids(pipeline_id, newest_first=most is not None), most)

    def _oldest_first(self, pipeline_id: str, others: Sequence[str], most: int | None) -> Iterator[Found]:
        """All of them one by one; where only some are looked at, as many as fit are read at once and put in order."""
        read = self._histories.read(chain(self._listed(pipeline_id, most), others))
        yield from read if most is None else sorted(read, key=_order)

    def _caught_up(self, folded: Pipeline, before: Pipeline, now: Pipeline) -> Pipeline:
        """With what events changed between: each is of an execution that the one or the other tells of."""
        then, found = _facts(before), _facts(now)
        for id_ in sorted({*then, *found}):
            if then.get(id_) != found.get(id_):
                execution = self._histories.find(id_)
                folded = _with(folded, execution) if execution else _without(folded, id_)
        return folded

    def _summary(self, before: Pipeline, after: Projected) -> list[Write]:
        """Where it does not stand as it should while the row does."""
        if projections.summary_writes(before.row, after.row):
            return []
        item = self._table.get(items.summary_key(after.row.team_id, after.row.id))
        if after.row.hidden:
            return [Delete(items.summary_key(after.row.team_id, after.row.id))] if item else []
        return [] if item == items.summary_item(after.row) else projections.summary_writes(None, after.row)


def _record(pipeline: Pipeline) -> PipelineRecord:
    record, row = pipeline.record, pipeline.row
    if record is None or record.moved_to:
        raise NotFound("Pipeline not found")
    # The build before kept on the row who has it.
    return replace(record, taken=record.taken or (row.acknowledged if row else None))


def _begins_alike(before: Pipeline, now: Pipeline) -> bool:
    """Whether executions read alike and are the same: people may have set it otherwise meanwhile, or it took over
    another."""
    told = [(p.record.arranged, p.record.team_id, p.record.moved_from) for p in (before, now) if p.record]
    return told[0] == told[-1]


def _settled(folded: Pipeline, wanted: PipelineRecord, *, stale: bool) -> Projected:
    """`folded` tells what follows from executions, `wanted` all else."""
    found = folded.record or wanted
    # Of a few executions alone less would be known of a schedule, which nothing that people change touches.
    scheduled = (wanted if stale else found).history.scheduled
    record = replace(
        wanted,
        # What none that stands says is as it was last said.
        texts={**wanted.texts, **found.texts},
        aliases=found.aliases,
        created_at=found.created_at,
        history=replace(found.history, stale=stale, scheduled=scheduled),
        label=wanted.label or found.label,
        full_name=wanted.full_name or found.full_name,
        first_order=found.first_order,
        last_order=found.last_order,
        moved_from=(),
    )
    return projections.rederived(folded, record)


def _order(found: Found) -> tuple[int, str]:
    return order_of(found.stored.state), found.stored.id


def _with(folded: Pipeline, found: Found, settler: FactSettler | None = None) -> Pipeline:
    record, stored = folded.record, found.stored
    if record is None or stored.pipeline_id != record.id:
        return _without(folded, stored.id)
    execution = build(
        stored.state,
        execution_id=stored.id,
        pipeline_id=record.id,
        team_id=record.team_id,
        overrides=record.arranged,
    )
    run = run_of(stored.state, execution, record.arranged)
    if settler is not None:
        settler.settle(record, found, execution, run)
    return projections.gathered(folded, stored.state, execution, run)


def _without(folded: Pipeline, execution_id: str) -> Pipeline:
    after = projections.without(folded, execution_id)
    return Pipeline(after.record, after.row) if after else folded


def _facts(pipeline: Pipeline) -> dict[str, Sequence[Document]]:
    """What record and row tell of executions, by their ids."""
    record, row = pipeline.record, pipeline.row
    found: dict[str, list[Document]] = {}
    for run in record.history.all() if record else ():
        found.setdefault(run.id, []).append(run)
    for one in (*row.in_flight, *row.elsewhere, row.ended) if row else ():
        if one is not None:
            found.setdefault(one.execution_id, []).append(one)
    return dict(found)


def _marks(pipeline: Pipeline) -> list[str]:
    """Executions that are remembered by what they left alone."""
    if pipeline.record is None:
        return []
    forgotten = pipeline.record.history.forgotten
    ids = (forgotten.execution_id, forgotten.production.execution_id if forgotten.production else "")
    return [id_ for id_ in ids if id_]


def _begun(before: Pipeline, record: PipelineRecord, gone: Collection[str]) -> PipelineRecord:
    """The record to fold into: without all that its executions tell, with what is left of those that are no more. What
    they were on another default branch nobody knows."""
    fresh = replace(record, texts={}, history=RunHistory(), first_order=-1, last_order=-1)
    was = before.record
    if was is None or was.overrides.default_branch != record.overrides.default_branch:
        return fresh
    runs = sorted((run for run in was.history.all() if run.id in gone), key=lambda run: (run.order, run.id))
    history = RunHistory(forgotten=_left_of(was.history.forgotten, gone))
    for run in runs:
        history = remember(history, run.id, run)
    orders = [run.order for run in runs]
    return replace(fresh, history=history, first_order=min(orders, default=-1), last_order=max(orders, default=-1))


def _is_left(before: Pipeline, after: Projected) -> bool:
    """Whether its executions turned out to be others'."""
    was, record = before.record, after.record
    had = was is not None and was.last_order >= 0 and not was.moved_from
    return had and record.last_order < 0 and record.overrides == NO_OVERRIDES and record.taken is None


def _removal(before: Pipeline) -> list[Write]:
    record, _ = row_and_record(before)
    return [
        Delete(items.record_key(record.id), VersionIs(before.record_version)),
        Delete(items.row_key(record.team_id, record.id), VersionIs(before.row_version)),
        Delete(items.summary_key(record.team_id, record.id)),
    ]


def _left_of(forgotten: Forgotten, gone: Collection[str]) -> Forgotten:
    """How those that are no more left the pipeline. Those that still stand are forgotten anew."""
    mark = forgotten.production if forgotten.production and forgotten.production.execution_id in gone else None
    if forgotten.execution_id not in gone:
        return Forgotten(production=mark)
    return replace(forgotten, order=-1, until=0, production=mark)


def row_and_record(pipeline: Pipeline) -> tuple[PipelineRecord, BoardRow]:
    """Both, of a pipeline that stands. Raises NotFound."""
    if pipeline.record is None or pipeline.row is None:
        raise NotFound("Pipeline not found")
    return pipeline.record, pipeline.row
