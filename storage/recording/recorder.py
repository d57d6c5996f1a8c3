"""The one way an event becomes state: read, merge, one conditional transaction that holds the delivery's claim, the
merged execution, its pipeline, the board row and the change notice together.

The merge is a join, so a transaction that was refused, or that went through without our hearing of it, is simply made
again from what stands then.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from storage import keys, schema, topics
from storage.codec import items
from storage.errors import Conflict, Contended, Throttled
from storage.model import run_history as runs
from storage.model.board_row import BoardRow, Recent, derive, recently
from storage.model.deliveries import APPLIED, Delivery
from storage.model.entities import Execution
from storage.model.events import AnyEvent
from storage.model.execution_view import known_attempts, read
from storage.model.merge import EMPTY, State, StoredExecution, merge
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.run_history import PipelineRecord
from storage.repositories import changes
from storage.table import Absent, Item, Key, Put, Query, Table, VersionIs, Write

TRIES = 8
DAY_SECONDS = 86_400


class Unsettled(Throttled):
    """Others kept writing the same items until time ran out. Nothing was written; the event can be applied later."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `changed` is False when the events said nothing new. `team_id`: whose board shows it."""

    execution_id: str
    pipeline_id: str
    changed: bool
    duplicate: bool = False
    team_id: str = ""


@dataclass(frozen=True, slots=True)
class CurrentState:
    """What stands in the table of the things an event touches, each with its version (0: nothing stands). `team_id`:
    whose the pipeline is, where it was moved away from the team its events come to."""

    execution: StoredExecution | None
    record: PipelineRecord | None
    row: BoardRow | None
    versions: tuple[int, int, int]
    parts: int = 0
    team_id: str = ""

    @property
    def overrides(self) -> PipelineOverrides:
        return self.record.overrides if self.record else NO_OVERRIDES


class Recorder:
    """Applies events to a table.

    now: milliseconds. pause: sleeps seconds between tries. deadline_seconds: how long to go on trying.
    """

    def __init__(
        self,
        table: Table,
        *,
        retention_days: int = 400,
        now: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        pause: Callable[[float], None] = time.sleep,
        deadline_seconds: float = 3.0,
    ) -> None:
        self._table = table
        self._retention = retention_days * DAY_SECONDS
        self._now = now
        self._pause = pause
        self._deadline = deadline_seconds

    def apply(self, team_id: str, events: Sequence[AnyEvent], delivery: Delivery | None = None) -> Applied:
        """Merge events of one execution. With a delivery, claim it in the same transaction: a repeat changes nothing.
        A delivery that was accepted before and waits in the inbox is marked applied.

        Raises Unsettled when others keep writing the same items, Throttled or Unavailable from the engine.
        """
        execution_id = keys.execution_id(team_id, events[0].pipeline.source, events[0].execution)
        began, expired = time.monotonic(), False
        for attempt in range(TRIES):
            standing = self._read(team_id, execution_id, events)
            if expired:
                standing = self._with_expired(standing, execution_id)
            try:
                return self._write(team_id, execution_id, standing, events, delivery)
            except Conflict as conflict:
                if delivery is not None and conflict.index == 0:
                    return self._repeat(conflict, execution_id, team_id, events, delivery)
                expired = _has_expired(conflict.old, self._now())
            except Contended:
                expired = False
            if time.monotonic() - began > self._deadline:
                break
            self._pause(random.uniform(0.005, min(0.2, 0.01 * 2**attempt)))
        raise Unsettled(f"execution {execution_id} is being written by others")

    def _repeat(
        self, conflict: Conflict, execution_id: str, team_id: str, events: Sequence[AnyEvent], delivery: Delivery
    ) -> Applied:
        """The claim was refused: seen before. One that was not applied then, as it waits in the inbox or meant nothing
        to an earlier version, is applied now."""
        if conflict.old is not None and conflict.old.get("outcome") != APPLIED:
            return self.settle(team_id, events, delivery)
        return Applied(execution_id, "", changed=False, duplicate=True)

    def settle(self, team_id: str, events: Sequence[AnyEvent], delivery: Delivery) -> Applied:
        """Apply events of a delivery that stands in the inbox, then mark it applied. Safe to do twice, or by two."""
        applied = self.apply(team_id, events)
        done = replace(delivery, outcome=APPLIED, events=(), execution_id=applied.execution_id)
        self._table.put(items.delivery_item(done))
        return applied

    def _read(self, team_id: str, execution_id: str, events: Sequence[AnyEvent]) -> CurrentState:
        """One batch read in the common case; a second where the execution is long or the event names no pipeline."""
        pipeline_id = self._pipeline_id(team_id, events)
        keys = [items.execution_key(execution_id), *self._pipeline_keys(team_id, pipeline_id)]
        head, *found = self._table.batch_get(keys)
        stored = self._whole(execution_id, head)
        if not pipeline_id and stored and stored[0].pipeline_id:
            pipeline_id = stored[0].pipeline_id
            found = self._table.batch_get(self._pipeline_keys(team_id, pipeline_id))
        record, row = found if found else (None, None)
        known = items.record_of(record) if record else None
        owner = known.team_id if known else team_id
        if owner != team_id:
            row = self._table.get(items.row_key(owner, pipeline_id))
        versions = (stored[1] if stored else 0, _version(record), _version(row))
        return CurrentState(
            execution=stored[0] if stored else None,
            record=known,
            row=items.row_of(row) if row else None,
            versions=versions,
            parts=items.number(head, "parts") if head else 0,
            team_id=owner,
        )

    @staticmethod
    def _pipeline_id(team_id: str, events: Sequence[AnyEvent]) -> str:
        ref = next((event.pipeline for event in events if event.pipeline.key), None)
        return keys.pipeline_id(team_id, ref.source, ref.key) if ref else ""

    @staticmethod
    def _pipeline_keys(team_id: str, pipeline_id: str) -> list[Key]:
        return [items.record_key(pipeline_id), items.row_key(team_id, pipeline_id)] if pipeline_id else []

    def _whole(self, execution_id: str, head: Item | None) -> tuple[StoredExecution, int] | None:
        if head is None:
            return None
        if not head.get("parts"):
            return items.execution_of([head])
        page = self._table.query(Query(keys.execution(execution_id), consistent=True))
        return items.execution_of(page.items)

    def _with_expired(self, standing: CurrentState, execution_id: str) -> CurrentState:
        """An execution past its retention is hidden from reads yet still stands: begin from it."""
        page = self._table.engine.query(Query(keys.execution(execution_id), consistent=True))
        stored = items.execution_of(page.items)
        if stored is None:
            return standing
        return replace(standing, execution=stored[0], versions=(stored[1], *standing.versions[1:]))

    def _write(
        self,
        team_id: str,
        execution_id: str,
        standing: CurrentState,
        events: Sequence[AnyEvent],
        delivery: Delivery | None,
    ) -> Applied:
        before = standing.execution.state if standing.execution else EMPTY
        state = merge(before, events)
        pipeline_id = _pipeline_of(state, team_id) or (standing.execution.pipeline_id if standing.execution else "")
        claim = _claim(delivery, execution_id)
        if standing.execution and state == before:
            if claim:
                self._table.transact(claim)
            return Applied(execution_id, pipeline_id, changed=False, team_id=standing.team_id)
        execution = read(
            state,
            execution_id=execution_id,
            pipeline_id=pipeline_id,
            team_id=standing.team_id,
            overrides=standing.overrides,
        )
        stored = StoredExecution(execution_id, team_id, pipeline_id, state)
        writes = [*claim, *self._execution_writes(stored, execution, standing)]
        named = [topics.execution(execution_id)]
        if pipeline_id:
            writes += self._pipeline_writes(standing, state, execution)
            named += [topics.pipeline(pipeline_id), topics.team(standing.team_id)]
        now = self._now()
        writes.append(changes.notice(now, named))
        self._table.transact(writes)
        return Applied(execution_id, pipeline_id, changed=True, team_id=standing.team_id)

    def _execution_writes(self, stored: StoredExecution, execution: Execution, standing: CurrentState) -> list[Write]:
        # Its last event is near the present, whatever the tool says of when it began.
        heard = execution.last_event_at
        version = standing.versions[0]
        found = items.execution_items(stored, execution, version + 1, max(heard, 0) // 1000 + self._retention)
        return [Put(found[0], _expect(version)), *(Put(part) for part in found[1:])]

    def _pipeline_writes(self, standing: CurrentState, state: State, execution: Execution) -> list[Write]:
        _, record_version, row_version = standing.versions
        recent = recently(standing.row, execution)
        record = _record(standing.record, state, execution, newest=recent[0].execution_id == execution.id)
        before = _without_mark_of(execution, standing.row)
        shown = self._shown(standing.row, recent, execution, record.overrides)
        row = derive(before, record, shown, recent)
        writes: list[Write] = []
        if record != standing.record:
            writes.append(Put(items.record_item(record, record_version + 1), _expect(record_version)))
        if row != standing.row:
            writes.append(Put(items.row_item(row, row_version + 1), _expect(row_version)))
        return writes

    def _shown(
        self, row: BoardRow | None, recent: Sequence[Recent], execution: Execution, overrides: PipelineOverrides
    ) -> Execution | None:
        """The execution to draw, where it is not the one already drawn. A third one is read, which is rare: events
        came late and showed this one not to be the latest after all."""
        newest = recent[0].execution_id
        if newest == execution.id:
            return execution
        if row and row.latest and row.latest.execution_id == newest:
            return None
        page = self._table.query(Query(keys.execution(newest), consistent=True))
        found = items.execution_of(page.items)
        if found is None:
            return execution
        other = found[0]
        return read(
            other.state,
            execution_id=newest,
            pipeline_id=other.pipeline_id,
            team_id=execution.team_id,
            overrides=overrides,
        )


def _has_expired(item: Item | None, now: int) -> bool:
    return item is not None and schema.EXPIRES in item and items.number(item, schema.EXPIRES) * 1000 <= now


def _version(item: Item | None) -> int:
    return items.number(item, "version") if item else 0


def _expect(version: int) -> VersionIs | Absent:
    return VersionIs(version) if version else Absent()


def _claim(delivery: Delivery | None, execution_id: str) -> list[Write]:
    if delivery is None:
        return []
    return [Put(items.delivery_item(replace(delivery, execution_id=execution_id)), Absent())]


def _pipeline_of(state: State, team_id: str) -> str:
    key = state.texts.get("pipeline_key")
    return keys.pipeline_id(team_id, state.source, key.value) if key else ""


def produced_at(state: State, execution: Execution, overrides: PipelineOverrides = NO_OVERRIDES) -> int | None:
    """When any attempt at it last put a version into production: a re-run takes nothing back."""
    earlier = [
        read(state, execution_id="", pipeline_id="", team_id="", attempt=number, overrides=overrides)
        for number in known_attempts(state)
        if number < execution.attempt
    ]
    found = [runs.production_at(seen.stages, seen.deployments) for seen in (execution, *earlier)]
    return max((at for at in found if at is not None), default=None)


def _without_mark_of(execution: Execution, row: BoardRow | None) -> BoardRow | None:
    """What this execution put into production is told anew, so that nothing hangs on what was heard of it first."""
    own = row is not None and row.production is not None and row.production.execution_id == execution.id
    return replace(row, production=None) if row and own else row


def _record(before: PipelineRecord | None, state: State, execution: Execution, *, newest: bool) -> PipelineRecord:
    """The pipeline's item with this execution remembered once it has ended or produced. The newest execution's words
    on the pipeline hold; an older one only fills in what is not known."""
    told = {name: state.texts[f"pipeline_{name}"].value for name in _WORDS if f"pipeline_{name}" in state.texts}
    began = execution.queued_at or execution.last_event_at
    base = before or PipelineRecord(
        execution.pipeline_id, execution.team_id, state.source, told["key"], told.get("name", ""), created_at=began
    )

    def kept(name: str, present: str) -> str:
        word = told.get(name, "")
        return word or present if newest else present or word

    produced = produced_at(state, execution, base.overrides)
    known = any(run.id == execution.id for run in base.runs) or produced is not None
    ended = execution.status.finished
    remembered = runs.remember(base.runs, execution, produced) if known or ended else base.runs
    return replace(
        base,
        name=kept("name", base.name),
        url=kept("url", base.url),
        repository=kept("repository", base.repository),
        default_branch=kept("default_branch", base.default_branch),
        runs=remembered,
    )


_WORDS = ("key", "name", "url", "repository", "default_branch")
