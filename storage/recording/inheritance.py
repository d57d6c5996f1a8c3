"""Each pipeline's record holds a copy of what its team and the installation agree on about stages, so that no event has
to look for it. Here it gets that copy: when it begins, is folded again, or comes to another team.

Who writes a pipeline that was not on the team's board before writes the `checks`, too: they hold only while nobody has
changed what was copied, so that whoever brings a change into all pipelines of a board misses none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.codec.convention_items import conventions_key, conventions_of
from storage.codec.items import number, record_item
from storage.errors import Conflict
from storage.model.apply_progress import INSTALLATION
from storage.model.document import replace
from storage.model.pipeline_record import PipelineRecord
from storage.model.stage_rules import Inherited
from storage.table import Absent, Delete, Item, Key, Put, Table, VersionIs, Write


@dataclass(frozen=True, slots=True)
class Copy:
    inherited: Inherited
    checks: Sequence[Write]


def read(table: Table, team_id: str) -> Copy:
    """What counts for a team's pipelines now, in one read."""
    at = [conventions_key(team_id), conventions_key(INSTALLATION)]
    found = table.batch_get(at)
    inherited = Inherited(*(conventions_of(item).conventions for item in found))
    return Copy(inherited, [_unchanged(key, item) for key, item in zip(at, found, strict=True)])


def _unchanged(key: Key, item: Item | None) -> Write:
    """A write that changes nothing and is refused where something has changed."""
    return Put(item, VersionIs(number(item, "version"))) if item else Delete(key, Absent())


def renew(table: Table, record: PipelineRecord, version: int) -> bool:
    """Bring the copy of a pipeline that stands so up to date. False where others wrote it meanwhile."""
    wanted = stale_with(record, read(table, record.team_id).inherited)
    if wanted == record:
        return True
    try:
        table.put(record_item(wanted, version + 1), VersionIs(version))
    except Conflict:
        return False
    return True


def stale_with(record: PipelineRecord, inherited: Inherited) -> PipelineRecord:
    """With another copy, to be folded again from its executions where that reads them otherwise."""
    if record.inherited == inherited:
        return record
    return replace(record, inherited=inherited, history=replace(record.history, stale=True))
