"""A pipeline whose key has changed takes over all that was kept under its old ones: settings of people, who has it, row
and history. Builds before keyed GitHub's by the workflow's name, now they are keyed by its id.

Where an old key could mean another pipeline, too, nothing is taken over, and that is reported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from storage import keys
from storage.codec import items
from storage.model.accounts import Actor, Fields
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.merge import SEPARATOR, State
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.pipeline_record import PipelineRecord
from storage.model.run_history import RunHistory
from storage.recording import projections
from storage.recording.histories import Histories
from storage.recording.projections import Pipeline
from storage.repositories import audit
from storage.table import Delete, Item, Put, Table, VersionIs, Write

logger = logging.getLogger(__name__)

# Of its latest executions so many tell which files an old key stood for.
LOOKED_AT = 50
# Taken over in one transaction, which has room for a hundred writes.
AT_ONCE = 20
ITSELF = Actor("", "Big Transit")


@dataclass(frozen=True, slots=True)
class Adopted:
    """The pipeline as it begins, what becomes of the old ones' items, and their ids."""

    pipeline: Pipeline
    writes: Sequence[Write] = ()
    ids: frozenset[str] = frozenset()


class Adoption:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now
        self._histories = Histories(table)

    def of(self, team_id: str, pipeline_id: str, state: State, known: State, pipeline: Pipeline) -> Adopted:
        """What this execution's event brings with it: its pipeline's former keys, as far as they are news. `known`: its
        state before. `writes` are for the event's own transaction."""
        told = aliases_of(state) if pipeline_id else ()
        before = {*aliases_of(known), *(pipeline.record.aliases if pipeline.record else ())}
        key, path = _text(state, "pipeline_key"), _text(state, "pipeline_path")
        if key in told or before.issuperset(told):
            return Adopted(pipeline)
        ids = [keys.pipeline_id(team_id, state.source, alias) for alias in told if alias not in before]
        heir = pipeline.record or projections.blank(pipeline_id, team_id, state.source, key)
        own: list[Pipeline] = []
        reports: list[Write] = []
        for one in self.find([old for old in dict.fromkeys(ids) if old != pipeline_id][:AT_ONCE]):
            if others := self.other_files(one, path):
                reports.append(self._reported(one, heir, others))
            else:
                own.append(one)
        adopted = self.take_over(Pipeline(heir, pipeline.row), own, new=pipeline.record is None)
        return Adopted(adopted.pipeline if own else pipeline, (*reports, *adopted.writes), adopted.ids)

    def take_over(self, heir: Pipeline, old: Sequence[Pipeline], *, new: bool = False) -> Adopted:
        """`old`: the most telling first. `new`: the heir has nothing of its own yet."""
        if heir.record is None or not old:
            return Adopted(heir)
        begun = inherited(heir.record, old, new=new)
        writes: list[Write] = []
        for one in old:
            if one.record is not None:
                was = (("key", one.record.key),)
                writes += [*_left(one, begun.id), self._entry("pipeline.rekeyed", one.record, begun, was)]
        return Adopted(Pipeline(begun, _row(heir, begun, old)), writes, frozenset(one.id for one in old))

    def find(self, ids: Sequence[str]) -> list[Pipeline]:
        """Those of them that stand, with their rows."""
        found = self._table.batch_get([items.record_key(old) for old in ids]) if ids else []
        records = [item for item in found if item and not items.record_of(item).moved_to]
        at = [items.row_key(record.team_id, record.id) for record in map(items.record_of, records)]
        rows = self._table.batch_get(at) if at else []
        return [
            Pipeline(
                items.record_of(item), items.row_of(row) if row else None, *(_version(found) for found in (item, row))
            )
            for item, row in zip(records, rows, strict=True)
        ]

    def other_files(self, old: Pipeline, path: str) -> list[str]:
        """Two workflows may have had one name, hence one old key: the files of its executions tell."""
        if old.record is None:
            return []
        ids = islice(self._histories.list_ids(old.record.id, newest_first=True), LOOKED_AT)
        told = {_text(found.stored.state, "pipeline_path") for found in self._histories.read(ids)}
        files = {*told, old.record.text("path")} - {""}
        if path:
            return sorted(files - {path})
        return sorted(files) if len(files) > 1 else []

    def _reported(self, one: Pipeline, heir: PipelineRecord, others: Sequence[str]) -> Put:
        old = one.record or heir
        files = ", ".join(others)
        logger.warning(
            "%s keeps what is kept under %r: it is of %s, too, not of %r alone", old.full_name, old.key, files, heir.key
        )
        return self._entry("pipeline.kept", old, heir, (("key", old.key), ("also", files)), outcome="refused")

    def _entry(
        self, action: str, old: PipelineRecord, heir: PipelineRecord, before: Fields, outcome: str = "done"
    ) -> Put:
        return audit.put(
            audit.entry(
                ITSELF,
                self._now(),
                action,
                old.full_name or old.key,
                target_id=heir.id,
                team_id=old.team_id,
                before=tuple((name, value[: audit.LONGEST_VALUE]) for name, value in before),
                after=(("key", heir.key),),
                outcome=outcome,
            )
        )


def aliases_of(state: State) -> tuple[str, ...]:
    """The most telling first."""
    said = state.texts.get("pipeline_aliases")
    return tuple(alias for alias in said.value.split(SEPARATOR) if alias) if said else ()


def _text(state: State, name: str) -> str:
    said = state.texts.get(name)
    return said.value if said else ""


def _version(item: Item | None) -> int:
    return items.number(item, "version") if item else 0


def _left(old: Pipeline, heir_id: str) -> list[Write]:
    """Only a note of where it has gone stays of an old one, so that links to it lead on."""
    record = old.record
    if record is None:
        return []
    moved = replace(record, moved_to=heir_id)
    return [
        Put(items.record_item(moved, old.record_version + 1), VersionIs(old.record_version)),
        Delete(items.row_key(record.team_id, record.id), projections.expect(old.row_version)),
        Delete(items.summary_key(record.team_id, record.id)),
    ]


def inherited(heir: PipelineRecord, old: Sequence[Pipeline], *, new: bool) -> PipelineRecord:
    """The heir with all that was the old ones'. Its history is folded from their executions afterwards."""
    records = [one.record for one in old if one.record]
    known = [*([] if new else [heir]), *records]
    taken = [*(r.taken for r in known), *(one.row.acknowledged for one in old if one.row)]
    moved = next((record for record in records if record.team_id != heir.team_id), heir) if new else heir
    history = next((record.history for record in known if record.history.runs), RunHistory())
    return replace(
        heir,
        team_id=moved.team_id,
        placed=moved.placed,
        overrides=_settings([record.overrides for record in known]),
        taken=max((one for one in taken if one), key=lambda one: one.at, default=None),
        created_at=min(record.created_at for record in known),
        moved_from=tuple(sorted({*heir.moved_from, *(record.id for record in records)})),
        history=replace(history, stale=True),
    )


def _settings(found: Sequence[PipelineOverrides]) -> PipelineOverrides:
    """What people said first counts. They may have hidden one of several rows because of the others: only what was
    hidden in all of them stays so."""
    shown = [replace(overrides, hidden=False) for overrides in found]
    said = next((overrides for overrides in shown if overrides != NO_OVERRIDES), NO_OVERRIDES)
    return replace(said, hidden=all(overrides.hidden for overrides in found))


def _row(pipeline: Pipeline, heir: PipelineRecord, old: Sequence[Pipeline]) -> BoardRow | None:
    """What was in flight stays so."""
    rows = [one.row for one in (pipeline, *old) if one.row]
    if not rows:
        return None
    flying = {one.execution_id: one for row in rows for one in row.in_flight}
    elsewhere = {one.execution_id: one for row in rows for one in row.elsewhere}
    return replace(
        rows[0],
        id=heir.id,
        team_id=heir.team_id,
        in_flight=tuple(flying.values()),
        elsewhere=tuple(elsewhere.values()),
    )
