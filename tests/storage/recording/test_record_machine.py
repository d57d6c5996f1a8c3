"""Crash and interleave: deliveries, and what people do, by workers whose every call to the store is one step that
may never come, while executions pass their retention.

Each worker runs the real ingest code in a thread of its own and waits before each call of the engine until it is its
turn, so that exactly one thread moves at a time and a schedule can be repeated. A crash is a worker never woken again.
"""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dashboard.sources.kit.source import Parsed, Source
from dashboard.sources.kit.verifiers import SharedSecret
from dashboard.webhooks import inbox, ingest
from storage import keys
from storage.codec import items
from storage.engines.sqlite import SqliteEngine
from storage.errors import StorageError, Unavailable
from storage.model.board_row import BoardRow
from storage.model.deliveries import PENDING
from storage.model.entities import Connection, Status, Team
from storage.model.events import AnyEvent
from storage.model.merge import EMPTY, merge
from storage.model.overrides import PipelineOverrides
from storage.model.pipeline_record import Acknowledgement
from storage.recording.recorder import Applied, Recorder
from storage.store import Store
from storage.table import Item, Table
from tests.factories import BY, DAY, IN_MEMORY, MINUTE, NOW, TEAM_ID, Clock, execution_changed, record, stored_items
from tests.storage.recording.tables import assert_same, unmarked
from tests.storage.strategies import BEGIN, NAMED, events

CONNECTION = Connection("c" * 32, TEAM_ID, "github", "", NOW)
# Events are a day old: some days later their executions are hidden from reads, but no delivery is.
RETENTION_DAYS = 2
PIPELINE_ID = keys.pipeline_id(TEAM_ID, NAMED.source, NAMED.key)
HOME, AWAY = (Team(id_, name, name, NOW, NOW) for id_, name in ((TEAM_ID, "home"), ("away", "away")))
# Of executions.
NAMES = ("1", "2", "3")
CALLS = ("get", "batch_get", "query", "write", "transact")


class Crashed(BaseException):
    """The process died at this call: nothing of the worker's own code may tidy up."""


class Stepping:
    """The engine, one call at a time. `lose`: the call is made, but its answer never comes."""

    def __init__(self, engine: SqliteEngine, worker: Worker) -> None:
        self._engine, self._worker = engine, worker

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._engine, name)
        return self._in_turn(found) if name in CALLS else found

    def _in_turn(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*args: Any, **kwargs: Any) -> Any:
            fate = self._worker.wait_for_turn()
            if fate == "refuse":
                raise Unavailable("out of reach")
            answer = call(*args, **kwargs)
            if fate == "lose":
                raise Unavailable("no answer in time")
            return answer

        return stepped


class Worker:
    """One piece of work in a thread that only moves when told to. `result` is what it came to."""

    def __init__(self, engine: SqliteEngine, clock: Clock, work: Callable[[Store], object]) -> None:
        self.result: object = None
        self.done = False
        self._fate = ""
        self._go, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        store = Store(Table(Stepping(engine, self), clock), retention_days=RETENTION_DAYS)
        store.recorder = Recorder(
            store.table, retention_days=RETENTION_DAYS, now=clock, pause=lambda _: None, deadline_seconds=60
        )
        self._thread = threading.Thread(target=self._run, args=(store, work), daemon=True)
        self._thread.start()
        self._waits.acquire()

    def _run(self, store: Store, work: Callable[[Store], object]) -> None:
        try:
            self.result = work(store)
        except StorageError as error:
            self.result = error
        except Crashed:
            self.result = None
        self.done = True
        self._waits.release()

    def wait_for_turn(self) -> str:
        self._waits.release()
        self._go.acquire()
        if self._fate == "crash":
            raise Crashed
        return self._fate

    def step(self, fate: str = "") -> None:
        """Make the next call of the store, up to the one after it."""
        self._fate = fate
        self._go.release()
        self._waits.acquire()
        if self.done:
            self._thread.join()


class Delivered:
    """A post of one or more events, and whether its sender was told that they are kept."""

    def __init__(self, key: str, told: tuple[AnyEvent, ...]) -> None:
        self.key, self.told, self.acknowledged = key, told, False
        self.source = Source("github", "", SharedSecret(), self._parse, frozenset(), (), "", lambda _: ())

    def _parse(self, *_: object) -> Parsed:
        return Parsed(self.told, "event", self.key)

    def handle(self, store: Store) -> object:
        return ingest.ingest(store, CONNECTION, self.source, {}, b"")


def named(name: str, status: Status, minute: int = 0, **said: Any) -> AnyEvent:
    """A run's word that tells all that decides where it belongs."""
    at = BEGIN + minute * MINUTE
    ends = {"finished": status.finished, "finished_at": at if status.finished else None}
    return execution_changed(name, pipeline=NAMED, status=status, at=at, queued_at=at, **ends, **said)


class CrashingServers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.engine = SqliteEngine(Path(self.folder.name) / "test.db")
        self.engine.prepare()
        self.clock = Clock()
        self.sent: list[Delivered] = []
        self.running: list[tuple[Worker, Delivered | None]] = []
        # Whether something folded while executions had expired: it then rightly left out what was in flight.
        self.folded_without = False

    def _start(self, work: Callable[[Store], object], delivered: Delivered | None) -> None:
        self.running.append((Worker(self.engine, self.clock, work), delivered))
        self._settle()

    def _settle(self) -> None:
        """Take note of what those that came to an end have answered."""
        for worker, delivered in [each for each in self.running if each[0].done]:
            self.running.remove((worker, delivered))
            if delivered and isinstance(worker.result, ingest.Answer) and worker.result.code in (200, 202):
                delivered.acknowledged = True

    @initialize(statuses=st.lists(st.sampled_from(Status), min_size=3, max_size=3))
    def begin(self, statuses: list[Status]) -> None:
        """With some executions, so that there is a pipeline to race for."""
        for name, status in zip(NAMES, statuses, strict=True):
            self.deliver([named(name, status)])
            self.run([0] * 9)

    @rule(told=st.sampled_from(NAMES).flatmap(lambda name: st.lists(events(name), min_size=1, max_size=2)))
    def deliver(self, told: list[AnyEvent]) -> None:
        delivered = Delivered(f"d{len(self.sent)}", tuple(told))
        self.sent.append(delivered)
        self._start(delivered.handle, delivered)

    @rule(one=events("1"), other=events("2"))
    def deliver_of_two_executions(self, one: AnyEvent, other: AnyEvent) -> None:
        """Such a post goes through the inbox."""
        self.deliver([one, other])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def redeliver(self, data: st.DataObject) -> None:
        delivered = data.draw(st.sampled_from(self.sent))
        self._start(delivered.handle, delivered)

    @rule()
    def sweep(self) -> None:
        self._start(lambda store: inbox.sweep(store, range(keys.INBOX_SHARDS)), None)

    @rule(branch=st.sampled_from(["", "topic", "main"]), hidden=st.booleans())
    def override(self, branch: str, hidden: bool) -> None:
        """Set, or taken back."""

        def work(store: Store) -> None:
            record = store.pipelines.find(PIPELINE_ID)
            wanted = PipelineOverrides(default_branch=branch, hidden=hidden)
            if record is not None:
                store.override_writer.override(record.team_id, PIPELINE_ID, wanted, record.overrides, BY)

        self._start(work, None)

    @rule(takes=st.booleans())
    def take(self, takes: bool) -> None:
        def work(store: Store) -> None:
            record = store.pipelines.find(PIPELINE_ID)
            holder = Acknowledgement("u1", "Mara", NOW) if takes else None
            if record is not None:
                store.override_writer.take(record.team_id, PIPELINE_ID, holder, BY, "pipeline.taken")

        self._start(work, None)

    @rule()
    def move(self) -> None:
        """To the other team's board, or back."""

        def work(store: Store) -> None:
            record = store.pipelines.find(PIPELINE_ID)
            if record is not None:
                home, to = (HOME, AWAY) if record.team_id == HOME.id else (AWAY, HOME)
                store.override_writer.move(PIPELINE_ID, home, to, BY)

        self._start(work, None)

    @rule()
    def fold(self) -> None:
        self._start(lambda store: store.rebuilder.fold(PIPELINE_ID), None)

    @rule()
    def let_executions_expire(self) -> None:
        self.clock.now = NOW + 3 * DAY

    @precondition(lambda self: self.running)
    @rule(schedule=st.lists(st.integers(0, 9), min_size=4, max_size=30))
    def run(self, schedule: list[int]) -> None:
        """Let those at work make one call each time they are named."""
        for turn in schedule:
            if self.running:
                self._step(*self.running[turn % len(self.running)])

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fate=st.sampled_from(["refuse", "lose", "crash"]))
    def fail(self, data: st.DataObject, fate: str) -> None:
        self._step(*data.draw(st.sampled_from(self.running)), fate)

    def _step(self, worker: Worker, delivered: Delivered | None, fate: str = "") -> None:
        self.folded_without |= delivered is None and self.clock.now > NOW
        worker.step(fate)
        self._settle()

    @invariant()
    def what_was_acknowledged_is_in_the_state_or_in_the_inbox(self) -> None:
        kept = [event for delivered in self._pending() for event in delivered.told]
        for name in NAMES:
            acknowledged = [e for d in self.sent if d.acknowledged for e in d.told if e.execution == name]
            state = merge(self._state(name), [event for event in kept if event.execution == name])
            assert merge(state, acknowledged) == state

    def teardown(self) -> None:
        for worker, _ in list(self.running):
            while not worker.done:
                worker.step("crash")
        reached = {d.key for d in self.sent if self._claim(d)}
        assert {d.key for d in self.sent if d.acknowledged} <= reached
        # By then whatever was put back is due.
        later = Store(Table(self.engine, lambda: self.clock.now + DAY), retention_days=RETENTION_DAYS)
        inbox.sweep(later, range(keys.INBOX_SHARDS))
        store = Store(Table(self.engine, self.clock), retention_days=RETENTION_DAYS)
        assert self._pending() == []
        for name in NAMES:
            told = [event for d in self.sent if d.key in reached for event in d.told if event.execution == name]
            assert self._state(name) == merge(EMPTY, told)
        # Nothing is hidden, so that all can be looked at.
        self.clock.now = NOW
        self._derived(store)
        self.engine.close()
        self.folder.cleanup()

    def _derived(self, store: Store) -> None:
        """The record, the row and the summary are what folding the executions again makes of them."""
        before = store.rebuilder.read(PIPELINE_ID)
        if before.record is None or before.row is None:
            return
        assert [keys.team(before.record.team_id)] == [
            str(item["pk"]) for item in stored_items(store) if item["sk"] == keys.pipeline(PIPELINE_ID)
        ]
        assert before.row.acknowledged == before.record.taken
        store.rebuilder.fold(PIPELINE_ID)
        after = store.rebuilder.read(PIPELINE_ID)
        assert after.record is not None
        assert not store.rebuilder.fold(PIPELINE_ID)
        if not before.record.history.stale and not self.folded_without:
            assert_same({"row": before.row}, {"row": after.row})
            assert_same({"record": unmarked(before.record)}, {"record": unmarked(after.record)})
        summaries = [row for item in stored_items(store) if (row := _summary(item))]
        assert [row.id for row in summaries] == ([] if after.record.overrides.hidden else [PIPELINE_ID])

    def _state(self, name: str) -> Any:
        key = items.execution_key(keys.execution_id(TEAM_ID, "github", name))
        item = self.engine.get(key, consistent=True)
        stored = items.execution_of([item]) if item else None
        return stored[0].state if stored else EMPTY

    def _claim(self, delivered: Delivered) -> Item | None:
        return self.engine.get(items.delivery_key(CONNECTION.id, delivered.key), consistent=True)

    def _pending(self) -> list[Delivered]:
        claims = [(delivered, self._claim(delivered)) for delivered in self.sent]
        return [delivered for delivered, claim in claims if claim and claim["outcome"] == PENDING]


def _summary(item: Item) -> BoardRow | None:
    sort = str(item["sk"])
    return items.summary_row(item["doc"], sort) if sort.startswith(keys.PIPELINES) and item["pk"] == "TEAMS" else None


@pytest.mark.parametrize("schedule", list(itertools.product((0, 1), repeat=5)))
@pytest.mark.parametrize("second", [named("2", Status.FAILED), named("2", Status.RUNNING)], ids=["red", "running"])
def test_two_executions_of_one_pipeline_recorded_at_once_both_stand(
    tmp_path: Path, schedule: tuple[int, ...], second: AnyEvent
) -> None:
    engine = SqliteEngine(tmp_path / "test.db")
    engine.prepare()
    clock = Clock()
    store = Store(Table(engine, clock), retention_days=RETENTION_DAYS)
    record(store, [named("3", Status.SUCCEEDED), named("1", Status.RUNNING)])
    told = [named("1", Status.SUCCEEDED, 1), second]
    workers = [
        Worker(engine, clock, lambda own, event=event: own.recorder.apply(TEAM_ID, [event]))  # type: ignore[misc]
        for event in told
    ]
    for turn in (*schedule, *(0, 1) * 9):
        if not workers[turn].done:
            workers[turn].step()
    assert [type(worker.result) for worker in workers] == [Applied, Applied]
    before = store.rebuilder.read(PIPELINE_ID)
    store.rebuilder.fold(PIPELINE_ID)
    after = store.rebuilder.read(PIPELINE_ID)
    assert before.record is not None
    assert {run.order for run in before.record.history.runs} == {1, 3} | ({2} if second.finished else set())
    assert_same({"row": before.row, "record": before.record}, {"row": after.row, "record": after.record})
    engine.close()


TestCrashingServers = CrashingServers.TestCase
TestCrashingServers.settings = settings(max_examples=200 if os.environ.get("CI") else 8, stateful_step_count=25)
