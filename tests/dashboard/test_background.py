"""What a process does besides answering. The thread is not started: a round of work is called by hand."""

from __future__ import annotations

import logging
import threading

import pytest

from dashboard.background import PURGE_SECONDS, SWEEP_SECONDS, Background, _Job, background
from dashboard.webhooks.following import refold
from storage.codec import account_items as user_items
from storage.codec import items
from storage.errors import Unavailable
from storage.model.accounts import Session
from storage.model.document import replace
from storage.store import Store
from tests.factories import BY, Clock, a_run, a_team, record


class Work:
    """Jobs that write down that they were done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failing: Exception | None = None
        self.background = Background()
        self.background._refold = self.refold
        self.background._periodic = [
            _Job(lambda: self.do("sweep"), SWEEP_SECONDS),
            _Job(lambda: self.do("purge"), 3600),
        ]

    def refold(self, pipeline_id: str) -> None:
        self.do(f"refold {pipeline_id}")

    def do(self, what: str) -> None:
        if self.failing:
            raise self.failing
        self.done.append(what)


@pytest.fixture
def work() -> Work:
    return Work()


def test_stale_pipelines_are_folded_once_a_round(work: Work) -> None:
    for pipeline in ("b", "a", "b"):
        work.background.stale(pipeline)
    work.background.work(0.0)
    assert work.done[:2] == ["refold a", "refold b"]
    work.background.work(0.1)
    assert work.done == ["refold a", "refold b", "sweep", "purge"]


def test_periodic_work_is_done_when_due_and_not_before(work: Work) -> None:
    for now in (0.0, 1.0, 1.5, 2.5, 4 * PURGE_SECONDS):
        work.background.work(now)
    assert work.done == ["sweep", "purge", "sweep", "sweep", "purge"]


def test_what_goes_into_the_inbox_is_swept_in_the_next_round(work: Work) -> None:
    work.background.work(100.0)
    work.background.waiting()
    work.background.work(100.1)
    assert work.done == ["sweep", "purge", "sweep"]


@pytest.mark.parametrize("error", [Unavailable("gone"), RuntimeError("a bug")])
def test_failed_fold_is_done_again_and_nothing_dies_of_it(
    work: Work, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    work.failing = error
    work.background.stale("a")
    with caplog.at_level(logging.WARNING):
        work.background.work(0.0)
    assert "background work" in caplog.text
    work.failing = None
    work.background.work(0.1)
    assert work.done == ["refold a"]


def test_listeners_hear_of_a_change_at_once(work: Work) -> None:
    heard: list[str] = []
    work.background.on_change(lambda: heard.append("change"))
    work.background.changed()
    assert heard == ["change"]


def test_thread_works_until_it_is_stopped() -> None:
    swept = threading.Event()
    background = Background()
    background.start(refold=lambda _: None, sweep=swept.set, purge=lambda: None)
    thread = background._thread
    background.start(refold=lambda _: None, sweep=lambda: None, purge=lambda: None)
    assert background._thread is thread
    background.waiting()
    assert swept.wait(5)
    background.stop()
    assert thread is not None
    thread.join(5)
    assert not thread.is_alive()


# The jobs themselves


def test_stale_pipeline_is_folded_again_and_open_pages_are_told(store: Store) -> None:
    team = a_team(store)
    applied = store.executions.get(record(store, a_run(), team.id))
    pair = store.pipelines.find_pair(team.id, applied.pipeline_id)
    assert pair is not None
    stale = replace(pair[0], history=replace(pair[0].history, runs=(), stale=True))
    store.table.put(items.record_item(stale, 99))
    heard: list[str] = []
    background.on_change(lambda: heard.append("change"))
    try:
        refold(store, applied.pipeline_id)
    finally:
        background._listeners.pop()
    after = store.pipelines.find(applied.pipeline_id)
    assert after is not None
    assert (len(after.history.runs), after.history.stale, heard) == (1, False, ["change"])


def test_stale_pipeline_that_is_gone_is_left_alone(store: Store) -> None:
    refold(store, "0" * 32)


def test_purge_removes_what_has_expired(store: Store, clock: Clock) -> None:
    store.sessions.put(Session("u" * 32, "k" * 64, 0, clock(), clock() + 1000), BY)
    clock.move(10_000)
    assert store.table.engine.purge_expired(clock() // 1000) == 1
    assert store.table.engine.get(user_items.session_key("u" * 32, "k" * 64), consistent=True) is None
