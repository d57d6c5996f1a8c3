"""Crash and interleave: deliveries handled by workers whose every call to the store is one step that may never come.

Each worker runs the real ingest code in a thread of its own and waits before each call of the engine until it is its
turn, so that exactly one thread moves at a time and a schedule can be repeated. A crash is a worker never woken again.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dashboard import inbox, ingest
from dashboard.sources.base import Parsed, Source
from storage import keys
from storage.codec import items
from storage.engines.sqlite import SqliteEngine
from storage.errors import StorageError, Unavailable
from storage.model.deliveries import PENDING
from storage.model.entities import Connection
from storage.model.events import AnyEvent
from storage.model.merge import EMPTY, merge
from storage.recording.recorder import Recorder
from storage.store import Store
from storage.table import Item, Table
from tests.factories import DAY, IN_MEMORY, NOW, TEAM_ID
from tests.storage.strategies import events

CONNECTION = Connection("c" * 32, TEAM_ID, "github", "", NOW)
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

    def __init__(self, engine: SqliteEngine, work: Callable[[Store], object]) -> None:
        self.result: object = None
        self.done = False
        self._fate = ""
        self._go, self._waits = threading.Semaphore(0), threading.Semaphore(0)
        store = Store(Table(Stepping(engine, self), lambda: NOW), retention_days=36_500)
        store.recorder = Recorder(
            store.table, retention_days=36_500, now=lambda: NOW, pause=lambda _: None, deadline_seconds=60
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
        self.source = Source("github", "", lambda *_: True, self._parse, frozenset(), (), "")

    def _parse(self, *_: object) -> Parsed:
        return Parsed(self.told, "event", self.key)

    def handle(self, store: Store) -> object:
        return ingest.ingest(store, CONNECTION, self.source, {}, b"")


class CrashingServers(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
        self.engine = SqliteEngine(Path(self.folder.name) / "test.db")
        self.engine.prepare()
        self.sent: list[Delivered] = []
        self.running: list[tuple[Worker, Delivered | None]] = []

    def _start(self, work: Callable[[Store], object], delivered: Delivered | None) -> None:
        self.running.append((Worker(self.engine, work), delivered))
        self._settle()

    def _settle(self) -> None:
        """Take note of what those that came to an end have answered."""
        for worker, delivered in [each for each in self.running if each[0].done]:
            self.running.remove((worker, delivered))
            if delivered and isinstance(worker.result, ingest.Answer) and worker.result.code in (200, 202):
                delivered.acknowledged = True

    @rule(told=st.lists(events("1"), min_size=1, max_size=2))
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

    @precondition(lambda self: self.running)
    @rule(schedule=st.lists(st.integers(0, 9), min_size=1, max_size=12))
    def run(self, schedule: list[int]) -> None:
        """Let those at work make one call each time they are named."""
        for turn in schedule:
            if self.running:
                self.running[turn % len(self.running)][0].step()
                self._settle()

    @precondition(lambda self: self.running)
    @rule(data=st.data(), fate=st.sampled_from(["refuse", "lose", "crash"]))
    def fail(self, data: st.DataObject, fate: str) -> None:
        worker, _ = data.draw(st.sampled_from(self.running))
        worker.step(fate)
        self._settle()

    @invariant()
    def what_was_acknowledged_is_in_the_state_or_in_the_inbox(self) -> None:
        kept = [event for delivered in self._pending() for event in delivered.told]
        for name in ("1", "2"):
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
        store = Store(Table(self.engine, lambda: NOW + DAY))
        inbox.sweep(store, range(keys.INBOX_SHARDS))
        assert self._pending() == []
        for name in ("1", "2"):
            told = [event for d in self.sent if d.key in reached for event in d.told if event.execution == name]
            assert self._state(name) == merge(EMPTY, told)
        self.engine.close()
        self.folder.cleanup()

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


TestCrashingServers = CrashingServers.TestCase
TestCrashingServers.settings = settings(max_examples=200 if os.environ.get("CI") else 30, stateful_step_count=25)
