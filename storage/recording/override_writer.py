"""What people change of a pipeline: how it is arranged, and whose it is. Its row and its memory of runs are made anew
from the executions it remembers, in one transaction with the audit entry."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from storage import keys, topics
from storage.codec import items
from storage.errors import Conflict, NotFound
from storage.model import run_history as runs
from storage.model.accounts import Actor
from storage.model.board_row import BoardRow, Recent, derive
from storage.model.entities import Execution, Team
from storage.model.execution_view import read
from storage.model.merge import State
from storage.model.overrides import PipelineOverrides
from storage.model.run_history import PipelineRecord, Run
from storage.recording.recorder import produced_at
from storage.repositories import audit, changes
from storage.table import Absent, Delete, Put, Query, Table, VersionIs, Write

TRIES = 5
SHOWN = ("name", "default_branch", "hidden", "stages", "ordered")


def _remembered(record: PipelineRecord, shown: Sequence[tuple[State, Execution]]) -> tuple[Run, ...]:
    """The record's runs as they read now. What has expired cannot be read anew and is remembered as it was."""
    ids, known = {run.id for run in record.runs}, {found.id for _, found in shown}
    remembered = tuple(run for run in record.runs if run.id not in known)
    for state, found in shown:
        if found.id in ids:
            remembered = runs.remember(remembered, found, produced_at(state, found, record.overrides))
    return remembered


class OverrideWriter:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def override(
        self, team_id: str, pipeline_id: str, wanted: PipelineOverrides, based_on: PipelineOverrides, by: Actor
    ) -> None:
        """Raises Conflict when somebody arranged it since `based_on` was read or it is not this team's any more,
        NotFound when it is gone. Events that come between only make this begin again."""
        for _ in range(TRIES):
            record, row, versions = self._read(pipeline_id)
            if record.overrides != based_on or record.team_id != team_id:
                raise Conflict("the pipeline was changed by somebody else")
            after = replace(record, overrides=wanted)
            shown = self._again(after, row)
            after = replace(after, runs=_remembered(after, shown))
            new_row = self._row(after, row, [found for _, found in shown])
            old, new = audit.difference(record.overrides, wanted, SHOWN)
            noted = audit.entry(
                by,
                self._now(),
                "pipeline.changed",
                row.name,
                target_id=row.id,
                team_id=row.team_id,
                before=old,
                after=new,
            )
            writes = [
                Put(items.record_item(after, versions[0] + 1), VersionIs(versions[0])),
                Put(items.row_item(new_row, versions[1] + 1), VersionIs(versions[1])),
                self._notice(row, topics.team(row.team_id)),
                audit.put(noted),
            ]
            try:
                self._table.transact(writes)
            except Conflict:
                continue
            return
        raise Conflict("the pipeline is being written by others")

    def move(self, pipeline_id: str, home: Team, to: Team, by: Actor) -> None:
        """To another team's board, with all it remembers. Raises Conflict when it is not `home`'s any more."""
        for _ in range(TRIES):
            record, row, versions = self._read(pipeline_id)
            if record.team_id != home.id:
                raise Conflict("the pipeline belongs to another team by now")
            moved = replace(row, team_id=to.id)
            noted = audit.entry(
                by,
                self._now(),
                "pipeline.moved",
                row.name,
                target_id=row.id,
                team_id=home.id,
                before=(("team", home.name),),
                after=(("team", to.name),),
            )
            writes: list[Write] = [
                Put(items.record_item(replace(record, team_id=to.id), versions[0] + 1), VersionIs(versions[0])),
                Delete(items.row_key(home.id, pipeline_id), VersionIs(versions[1])),
                Put(items.row_item(moved, versions[1] + 1), Absent()),
                self._notice(row, topics.team(home.id), topics.team(to.id), topics.gate(home.id)),
                audit.put(noted),
            ]
            try:
                self._table.transact(writes)
            except Conflict:
                continue
            return
        raise Conflict("the pipeline is being written by others")

    def _read(self, pipeline_id: str) -> tuple[PipelineRecord, BoardRow, tuple[int, int]]:
        record_item = self._table.get(items.record_key(pipeline_id))
        record = items.record_of(record_item) if record_item else None
        row_item = self._table.get(items.row_key(record.team_id, pipeline_id)) if record else None
        if record is None or record_item is None or row_item is None:
            raise NotFound("Pipeline not found")
        return record, items.row_of(row_item), (items.number(record_item, "version"), items.number(row_item, "version"))

    def _again(self, record: PipelineRecord, row: BoardRow) -> list[tuple[State, Execution]]:
        """The executions the pipeline remembers, read as it is arranged now."""
        ids = dict.fromkeys([*(run.id for run in record.runs), *(recent.execution_id for recent in row.recent)])
        return [found for execution_id in ids if (found := self._execution(execution_id, record))]

    def _execution(self, execution_id: str, record: PipelineRecord) -> tuple[State, Execution] | None:
        page = self._table.query(Query(keys.execution(execution_id), consistent=True))
        found = items.execution_of(page.items)
        if found is None:
            return None
        state = found[0].state
        execution = read(
            state,
            execution_id=execution_id,
            pipeline_id=record.id,
            team_id=record.team_id,
            overrides=record.overrides,
        )
        return state, execution

    @staticmethod
    def _row(record: PipelineRecord, row: BoardRow, executions: Iterable[Execution]) -> BoardRow:
        known = {execution.id: execution for execution in executions}
        recent = [
            Recent(known[r.execution_id].mainline, r.order, r.execution_id) if r.execution_id in known else r
            for r in row.recent
        ]
        recent.sort(key=lambda r: (r.mainline, r.order, r.execution_id), reverse=True)
        shown = known.get(recent[0].execution_id) if recent else None
        return derive(replace(row, production=None), record, shown, recent)

    def _notice(self, row: BoardRow, *others: str) -> Put:
        named = [topics.pipeline(row.id), *others, *([topics.execution(row.latest.execution_id)] if row.latest else [])]
        return changes.notice(self._now(), named)
