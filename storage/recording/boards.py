"""What concerns all pipelines of a team's board together: their names, what they take over of each other, summaries
that outlived their rows. Safe while events keep coming, to stop and to do twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence

from storage import keys
from storage.codec import items, name_items
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.naming import names_of, retired
from storage.model.pipeline_names import PipelineNames, named_of
from storage.model.pipeline_record import PipelineRecord
from storage.recording import projections
from storage.recording.adoption import AT_ONCE, Adoption
from storage.recording.projections import Pipeline
from storage.repositories import changes
from storage.table import Absent, Delete, Item, Query, Table, Write

READ_AT_ONCE = 100


class Boards:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now
        self._adoption = Adoption(table, now)

    def list_pipelines(self, team_id: str) -> list[str]:
        """Ids of all pipelines on a team's board."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.PIPELINES, consistent=True))
        return [items.text(item, "sk")[len(keys.PIPELINES) :] for item in page.items]

    def rename(self, board: Sequence[Pipeline]) -> bool:
        """Tell the names of a team's pipelines apart. Whether any changed. What was written meanwhile is named in the
        next round."""
        records = [pipeline.record for pipeline in board if pipeline.record]
        names, gone = names_of(records), retired(records)
        changed = False
        for pipeline in board:
            record, row = pipeline.record, pipeline.row
            if record is None or row is None:
                continue
            name = names[record.id]
            wanted = replace(record, label=name.label, full_name=name.full, retired=record.id in gone)
            if wanted != record or row.label != name.label:
                changed = self._write(pipeline, Pipeline(wanted, row)) or changed
        return changed

    def listed(self, team_id: str) -> tuple[PipelineNames | None, int]:
        """The names of the team's pipelines as search finds them, and their version; None and 0 where none stand."""
        item = self._table.get(name_items.names_key(team_id))
        return (name_items.names_of(item)[1], items.number(item, "version")) if item else (None, 0)

    def list_names(self, team_id: str, board: Sequence[Pipeline], known: PipelineNames | None, version: int) -> bool:
        """Let search find the pipelines of this board, which was read after `known`. False where somebody else did
        so meanwhile."""
        wanted = named_of(one.record for one in board if one.record)
        if wanted == known:
            return True
        try:
            self._table.put(name_items.names_item(team_id, wanted, version + 1), projections.expect(version))
        except Conflict:
            return False
        return True

    def gather(self, board: Sequence[Pipeline]) -> list[str]:
        """Pipelines known by former keys that no event tells any more go to the one that has their file now. Ids of
        those that took something over, whose executions are to be fetched."""
        heirs = []
        for heir, old in _heirs(board):
            path = heir.record.text("path") if heir.record else ""
            own = [one for one in old if not self._adoption.other_files(one, path)][:AT_ONCE]
            adopted = self._adoption.take_over(heir, own)
            if adopted.ids and self._write(heir, adopted.pipeline, adopted.writes):
                heirs.append(heir.id)
        return heirs

    def kept_apart(self, team_id: str) -> list[PipelineRecord]:
        """Pipelines that keep a former key, as more than one pipeline had it."""
        records = [pipeline.record for pipeline in self.read(team_id) if pipeline.record]
        former = {(record.source, alias) for record in records if _is_heir(record) for alias in record.aliases}
        return [record for record in records if (record.source, record.key) in former]

    def sweep(self, team_id: str) -> tuple[int, list[str]]:
        """Takes away summaries of pipelines that have no row. How many, and the ids of those that should have one."""
        page = self._table.query(Query(keys.teams(), prefix=keys.summaries_of(team_id), consistent=True))
        ids = [items.text(item, "sk").rpartition(keys.SEPARATOR)[2] for item in page.items]
        standing = set(self.list_pipelines(team_id))
        lost, taken = [], 0
        for id_ in ids:
            if id_ in standing:
                continue
            item = self._table.get(items.record_key(id_))
            record = items.record_of(item) if item else None
            if record is not None and record.team_id == team_id and not record.moved_to:
                lost.append(id_)
            else:
                taken += self._drop(team_id, id_)
        return taken, lost

    def _drop(self, team_id: str, pipeline_id: str) -> bool:
        """Unless its row has come by now."""
        without_row = Delete(items.row_key(team_id, pipeline_id), Absent())
        try:
            self._table.transact([Delete(items.summary_key(team_id, pipeline_id)), without_row])
        except Conflict:
            return False
        return True

    def _write(self, before: Pipeline, wanted: Pipeline, also: Sequence[Write] = ()) -> bool:
        if wanted.record is None:
            return False
        after = projections.rederived(wanted, wanted.record)
        made = projections.changes(before, after)
        try:
            self._table.transact([*made.writes, *also, changes.notice(self._now(), made.topics)])
        except Conflict:
            return False
        return True

    def read(self, team_id: str) -> list[Pipeline]:
        """All that have both record and row."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.PIPELINES, consistent=True))
        rows = {items.text(item, "sk")[len(keys.PIPELINES) :]: item for item in page.items}
        found = []
        for item in self._records(list(rows)):
            record = items.record_of(item)
            row = rows[record.id]
            version, row_version = items.number(item, "version"), items.number(row, "version")
            found.append(Pipeline(record, items.row_of(row), version, row_version))
        return found

    def _records(self, ids: Sequence[str]) -> Iterator[Item]:
        for begin in range(0, len(ids), READ_AT_ONCE):
            some = [items.record_key(id_) for id_ in ids[begin : begin + READ_AT_ONCE]]
            yield from (item for item in self._table.batch_get(some) if item)


def _is_heir(record: PipelineRecord) -> bool:
    """Whether it has former keys and is not known by one itself."""
    return bool(record.aliases) and record.key not in record.aliases


def _heirs(found: Iterable[Pipeline]) -> Iterator[tuple[Pipeline, list[Pipeline]]]:
    """Of each file in a repository the one pipeline that tells its former keys, and others by keys that it does not
    tell."""
    files: dict[tuple[str, ...], list[Pipeline]] = defaultdict(list)
    for one in found:
        if one.record and one.record.text("path") and one.record.text("repository"):
            files[one.record.source, one.record.text("repository"), one.record.text("path")].append(one)
    for same in files.values():
        heirs = [one for one in same if one.record and _is_heir(one.record)]
        if len(heirs) != 1 or heirs[0].record is None:
            continue
        known = heirs[0].record.aliases
        old = [one for one in same if one.record and not one.record.aliases and one.record.key not in known]
        if old:
            yield heirs[0], old
