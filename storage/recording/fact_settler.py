"""Brings facts of executions to what they are by now, while these are read one after another."""

from __future__ import annotations

from storage.codec import items
from storage.errors import Conflict
from storage.model.entities import Execution
from storage.model.execution_view import build
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import Run, run_of
from storage.recording import facts
from storage.recording.histories import TRIES, Found, Histories
from storage.table import Put, Table, VersionIs, item_size

# Executions whose facts change, and bytes, in one transaction: each is up to three writes, and one may be as long as an
# item.
AT_ONCE, BYTES_AT_ONCE = 30, 1_000_000


class FactSettler:
    """Of one pipeline's executions. `settled`: how many had another fact."""

    def __init__(self, table: Table, histories: Histories) -> None:
        self.settled = 0
        self._table = table
        self._histories = histories
        self._waiting: dict[str, list[Put]] = {}
        self._bytes = 0

    def settle(self, record: PipelineRecord, found: Found, execution: Execution, run: Run | None) -> None:
        """As it was read; written once some wait, or by `finish`."""
        if writes := _refreshed(found, record, execution, run):
            self._waiting[found.stored.id] = writes
            self._bytes += sum(item_size(put.item) for put in writes)
        if len(self._waiting) >= AT_ONCE or self._bytes >= BYTES_AT_ONCE:
            self.finish(record)

    def finish(self, record: PipelineRecord) -> None:
        """Those that wait. Where others write one of them, each alone."""
        waiting, self._waiting, self._bytes = self._waiting, {}, 0
        if not waiting:
            return
        try:
            self._table.transact([put for puts in waiting.values() for put in puts])
        except Conflict:
            self.settled += sum(self._alone(record, execution_id) for execution_id in waiting)
        else:
            self.settled += len(waiting)

    def _alone(self, record: PipelineRecord, execution_id: str) -> bool:
        for _ in range(TRIES):
            found = self._histories.find(execution_id)
            if found is None or found.stored.pipeline_id != record.id:
                return False
            execution = build(
                found.stored.state,
                execution_id=execution_id,
                pipeline_id=record.id,
                team_id=record.team_id,
                overrides=record.arranged,
            )
            writes = _refreshed(found, record, execution, run_of(found.stored.state, execution, record.arranged))
            try:
                if writes:
                    self._table.transact(writes)
            except Conflict:
                continue
            return bool(writes)
        raise Conflict(f"execution {execution_id} is being written by others")


def _refreshed(found: Found, record: PipelineRecord, execution: Execution, run: Run | None) -> list[Put]:
    """Nothing where the fact is as it should be. One in parts of the build before has none until its next event."""
    stored = found.stored
    if found.parts:
        return []
    settled, writes = facts.settled(stored, stored, execution, run, record.arranged, found.expires)
    if settled == stored:
        return []
    item = items.execution_item(settled, execution, found.version + 1, found.expires)
    return [Put(item, VersionIs(found.version)), *writes]
