"""The one way an event becomes state: read, merge, one conditional transaction that holds the delivery's claim, the
merged execution, its pipeline and what is derived from it, and the change notice together.

The merge is a join, so a transaction that was refused, or that went through without our hearing of it, is simply made
again from what stands then. Which pipeline an execution belongs to follows from its merged state alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from storage import keys, topics
from storage.codec import items
from storage.errors import Conflict, Contended, Throttled
from storage.model.deliveries import APPLIED, Delivery
from storage.model.document import replace
from storage.model.entities import Execution
from storage.model.events import AnyEvent
from storage.model.execution_view import build
from storage.model.long_execution import SPLIT_ABOVE, Jobs, Split, buckets_of, merge_into, split
from storage.model.merge import EMPTY, State, StoredExecution, merge
from storage.model.run import run_of
from storage.model.subjects import AnySubjectEvent
from storage.recording import facts, projections, subject_recorder, wanted_logs
from storage.recording.adoption import Adoption
from storage.recording.current_state import CurrentState
from storage.recording.hints import Hints
from storage.recording.new_pipelines import NewPipelines
from storage.recording.projections import Pipeline, Projected
from storage.recording.subject_recorder import Told
from storage.repositories import changes
from storage.table import Absent, Delete, Item, Key, Put, Query, Table, Write, has_expired

TRIES = 8
DAY_SECONDS = 86_400


class Unsettled(Throttled):
    """Others kept writing the same items until time ran out. Nothing was written; the event can be applied later."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What came of it. `changed` is False when the events said nothing new. `execution_id` and `pipeline_id` are empty
    where none was spoken of. `team_id`: whose board shows it; `left_team_id`: whose board it left for that.
    `renames`: the names of the pipelines of those may have to be told apart anew. `stale`: the pipeline is to be folded
    again from its executions. `left_id`: the pipeline it turned out not to be of, which is to be folded again, too."""

    execution_id: str
    pipeline_id: str
    changed: bool
    duplicate: bool = False
    team_id: str = ""
    renames: bool = False
    stale: bool = False
    left_id: str = ""
    left_team_id: str = ""


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
        self._hints = Hints()
        self._adoption = Adoption(table, now)
        self._new_pipelines = NewPipelines(table)

    def apply(
        self,
        team_id: str,
        events: Sequence[AnyEvent],
        delivery: Delivery | None = None,
        subjects: Sequence[AnySubjectEvent] = (),
        *,
        logs_through: str = "",
    ) -> Applied:
        """Merge events of one execution, of other subjects, or both. With a delivery, claim it in the same transaction:
        a repeat changes nothing; of very many subjects in the last of several, so that all stand once it is claimed.
        A delivery that was accepted before and waits in the inbox is marked applied.
        `logs_through`: the connection by which logs of jobs that failed are to be read, if any.

        Raises Unsettled when others keep writing the same items, Throttled or Unavailable from the engine.
        """
        execution_id = _execution_id(team_id, events)
        *earlier, subjects = subject_recorder.in_parts(subjects)
        for part in earlier:
            self.apply(team_id, (), subjects=part)
        told = subject_recorder.told_of(team_id, subjects)
        began, expired = time.monotonic(), False
        for attempt in range(TRIES):
            try:
                if not events:
                    return self._write_subjects(told, delivery, expired=expired)
                current = self._read(team_id, execution_id, events, told, expired=expired)
                logs = wanted_logs.wanted(execution_id, events, logs_through, self._now())
                return self._write(team_id, execution_id, current, delivery, logs)
            except Conflict as conflict:
                if delivery is not None and conflict.index == 0:
                    return self._repeat(conflict, execution_id, team_id, events, delivery, subjects, logs_through)
                expired = expired or has_expired(conflict.old, self._now())
            except Contended:
                pass
            if time.monotonic() - began > self._deadline:
                break
            self._pause(random.uniform(0.005, min(0.2, 0.01 * 2**attempt)))
        raise Unsettled(f"execution {execution_id} is being written by others")

    def _repeat(
        self,
        conflict: Conflict,
        execution_id: str,
        team_id: str,
        events: Sequence[AnyEvent],
        delivery: Delivery,
        subjects: Sequence[AnySubjectEvent],
        logs_through: str,
    ) -> Applied:
        """The claim was refused: seen before. One that was not applied then, as it waits in the inbox or meant nothing
        to an earlier version, is applied now."""
        if conflict.old is not None and conflict.old.get("outcome") != APPLIED:
            return self.settle(team_id, events, delivery, subjects, logs_through=logs_through)
        return Applied(execution_id, "", changed=False, duplicate=True)

    def settle(
        self,
        team_id: str,
        events: Sequence[AnyEvent],
        delivery: Delivery,
        subjects: Sequence[AnySubjectEvent] = (),
        *,
        logs_through: str = "",
    ) -> Applied:
        """Apply events of a delivery that stands in the inbox, then mark it applied. Safe to do twice, or by two."""
        applied = self.apply(team_id, events, subjects=subjects, logs_through=logs_through)
        done = replace(delivery, outcome=APPLIED, events=(), subjects=(), execution_id=applied.execution_id)
        self._table.put(items.delivery_item(done))
        return applied

    def _write_subjects(self, told: Told, delivery: Delivery | None, *, expired: bool) -> Applied:
        """Where no execution is spoken of."""
        found = self._all(subject_recorder.keys_of(told), expired=expired)
        writes = subject_recorder.written(told, found, self._retention)
        shown_by = subject_recorder.topics_of(told) if writes else ()
        if claimed := [*_claim(delivery, ""), *writes, *changes.notices(self._now(), shown_by)]:
            self._table.transact(claimed)
        return Applied("", "", changed=bool(writes))

    def _all(self, wanted: Sequence[Key], *, expired: bool) -> list[Item | None]:
        """`expired`: what is past its retention, hidden from reads, and stands all the same, too."""
        if expired:
            return [self._table.engine.get(key, consistent=True) for key in wanted]
        return self._table.batch_get(wanted) if wanted else []

    def _read(
        self, team_id: str, execution_id: str, events: Sequence[AnyEvent], told: Told, *, expired: bool
    ) -> CurrentState:
        """One batch read in the common case: the pipeline is known from the events, or from what was read of the
        execution before. Only where that was wrong is there a second."""
        guess = _told_pipeline(team_id, events) or self._hints.find(execution_id)
        owner = self._hints.find(guess) or team_id if guess else team_id
        wanted = [items.record_key(guess), items.row_key(owner, guess)] if guess else []
        beside = subject_recorder.keys_of(told)
        rules = self._new_pipelines.keys_for(guess)
        head, *found = self._table.batch_get([items.execution_key(execution_id), *wanted, *rules, *beside])
        told_rules, others = found[len(wanted) :][: len(rules)], found[len(wanted) + len(rules) :]
        others = self._all(beside, expired=True) if expired else others
        stored, version, removed = self._stored(execution_id, head, expired=expired)
        state, jobs = self._merged(execution_id, stored, events, expired=expired)
        before = stored.pipeline_id if stored else ""
        pipeline_id = pipeline_of(state, team_id) or before
        if pipeline_id and pipeline_id == guess:
            pipeline = self._settled(owner, pipeline_id, *found[:2])
        else:
            pipeline = self._pipeline(team_id, pipeline_id) if pipeline_id else Pipeline()
        if pipeline.record is not None and pipeline.record.moved_to:
            pipeline_id = before = pipeline.record.moved_to
            pipeline = self._pipeline(team_id, pipeline_id)
        left = self._pipeline(team_id, before) if before and before != pipeline_id else None
        self._hints.keep(execution_id, pipeline_id)
        written = subject_recorder.written(told, others, self._retention)
        shown_by = subject_recorder.topics_of(told) if written else ()
        return CurrentState(
            stored, version, state, pipeline_id, pipeline, left, jobs, removed, written, shown_by, told_rules
        )

    def _pipeline(self, team_id: str, pipeline_id: str) -> Pipeline:
        owner = self._hints.find(pipeline_id) or team_id
        found = self._table.batch_get([items.record_key(pipeline_id), items.row_key(owner, pipeline_id)])
        return self._settled(owner, pipeline_id, *found)

    def _settled(self, owner: str, pipeline_id: str, record: Item | None, row: Item | None) -> Pipeline:
        """The row is read again where the pipeline belongs to another team than was thought."""
        known = items.record_of(record) if record else None
        if known is not None and known.team_id != owner:
            row = self._table.get(items.row_key(known.team_id, pipeline_id))
            self._hints.keep(pipeline_id, known.team_id)
        return Pipeline(known, items.row_of(row) if row else None, _version(record), _version(row))

    def _stored(
        self, execution_id: str, head: Item | None, *, expired: bool
    ) -> tuple[StoredExecution | None, int, tuple[Key, ...]]:
        """`expired`: it is past its retention, hidden from reads, and stands all the same: begin from it. Last: parts
        of a long document of the build before, which are to go."""
        if head is None and expired:
            head = self._table.engine.get(items.execution_key(execution_id), consistent=True)
        if head is None:
            return None, 0, ()
        if "parts" not in head:
            return *items.head_of(head), ()
        page = self._table.query(Query(keys.execution(execution_id), consistent=True))
        stored, version = items.execution_of(page.items) or (None, 0)
        return stored, version, tuple(Key(str(item["pk"]), str(item["sk"])) for item in page.items[1:])

    def _merged(
        self, execution_id: str, stored: StoredExecution | None, events: Sequence[AnyEvent], *, expired: bool
    ) -> tuple[State, Mapping[int, Jobs]]:
        """The state after the events; of a long execution its head, and the buckets that change, which are read."""
        before = stored.state if stored else EMPTY
        if not before.split:
            state = merge(before, events)
            if len(state.actions) <= SPLIT_ABOVE:
                return state, {}
            return split(state)
        wanted = sorted(buckets_of(events))
        bucket_keys = [items.jobs_key(execution_id, number) for number in wanted]
        found = self._all(bucket_keys, expired=expired)
        buckets = {number: items.jobs_of(item) if item else {} for number, item in zip(wanted, found, strict=True)}
        return merge_into(Split(before, buckets), events)

    def _write(
        self,
        team_id: str,
        execution_id: str,
        current: CurrentState,
        delivery: Delivery | None,
        logs: Sequence[Put],
    ) -> Applied:
        claim = _claim(delivery, execution_id)
        stored, state, pipeline_id = current.stored, current.state, current.pipeline_id
        owner = current.team_id(team_id)
        if stored is not None and state == stored.state and not current.jobs and stored.pipeline_id == pipeline_id:
            if writes := [*claim, *current.subjects, *changes.notices(self._now(), current.shown_by)]:
                self._table.transact(writes)
            return Applied(execution_id, pipeline_id, changed=bool(current.subjects), team_id=owner)
        adopted = self._adoption.of(team_id, pipeline_id, state, stored.state if stored else EMPTY, current.pipeline)
        begun = self._new_pipelines.begun(team_id, pipeline_id, state, current, adopted.pipeline)
        pipeline = begun.pipeline
        owner = pipeline.record.team_id if pipeline.record else owner
        execution = _built(state, execution_id, pipeline_id, owner, pipeline)
        mark = stored.mark if stored else None
        board_id = owner if owner != team_id else ""
        kept = StoredExecution(execution_id, team_id, pipeline_id, state, mark=mark, board_id=board_id)
        # Its last event is near the present, whatever the tool says of when it began.
        expires = max(execution.last_event_at, 0) // 1000 + self._retention
        run = run_of(state, execution, pipeline.overrides) if pipeline_id else None
        kept, fact_writes = facts.settled(kept, stored, execution, run, pipeline.overrides, expires)
        writes = [*claim, *_execution_writes(kept, execution, current, expires), *fact_writes]
        writes += [*adopted.writes, *begun.writes, *current.subjects, *logs]
        named = [topics.execution(execution_id), *map(topics.pipeline, sorted(adopted.ids)), *current.shown_by]
        named += begun.topics
        after: Projected | None = None
        if pipeline_id:
            after = projections.project(pipeline, state, execution, run)
            made = projections.changes(begun.before, after)
            writes += made.writes
            named += made.topics
        left_id, left = "", current.left if current.left and current.left.id not in adopted.ids else None
        if left is not None and (gone := projections.without(left, execution_id)):
            made = projections.changes(left, gone)
            writes += made.writes
            named += made.topics
            left_id = gone.record.id
        writes.append(changes.notice(self._now(), dict.fromkeys(named)))
        self._table.transact(writes)
        self._hints.keep(pipeline_id, owner if owner != team_id else "")
        return Applied(
            execution_id,
            pipeline_id,
            changed=True,
            team_id=owner,
            renames=after is not None and projections.renames(current.pipeline, after),
            stale=after is not None and after.record.history.stale,
            left_id=left_id,
            left_team_id=begun.left_team_id,
        )


def _execution_writes(stored: StoredExecution, read: Execution, current: CurrentState, expires: int) -> list[Write]:
    item = items.execution_item(stored, read, current.version + 1, expires)
    buckets = [Put(items.jobs_item(stored.id, number, jobs, expires)) for number, jobs in current.jobs.items()]
    return [Put(item, projections.expect(current.version)), *buckets, *map(Delete, current.removed)]


def _execution_id(team_id: str, events: Sequence[AnyEvent]) -> str:
    """Empty where no execution is spoken of."""
    ref = events[0].pipeline if events else None
    return keys.execution_id(team_id, ref.source, events[0].execution, ref.host) if ref else ""


def pipeline_of(state: State, team_id: str) -> str:
    """The id of the pipeline a merged state names; empty while no event named it."""
    key = state.texts.get("pipeline_key")
    return keys.pipeline_id(team_id, state.source, key.value) if key else ""


def _told_pipeline(team_id: str, events: Sequence[AnyEvent]) -> str:
    ref = next((event.pipeline for event in events if event.pipeline.key), None)
    return keys.pipeline_id(team_id, ref.source, ref.key) if ref else ""


def _built(state: State, execution_id: str, pipeline_id: str, team_id: str, pipeline: Pipeline) -> Execution:
    overrides = pipeline.overrides
    return build(state, execution_id=execution_id, pipeline_id=pipeline_id, team_id=team_id, overrides=overrides)


def _version(item: Item | None) -> int:
    return items.number(item, "version") if item else 0


def _claim(delivery: Delivery | None, execution_id: str) -> list[Write]:
    return [Put(items.delivery_item(replace(delivery, execution_id=execution_id)), Absent())] if delivery else []
