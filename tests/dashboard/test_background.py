"""What a process does besides answering. The thread is not started: a round of work is called by hand."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import pytest

from dashboard import summaries
from dashboard.background import PURGE_SECONDS, SWEEP_SECONDS, Background, _Job
from storage.codec import account_items as user_items
from storage.errors import Unavailable
from storage.model.accounts import Session
from storage.store import Store
from tests.factories import BY, Clock, a_run, a_team, record


class Work:
    """Jobs that write down that they were done."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.failing: Exception | None = None
        self.background = Background()
        self.background._refresh = self.refresh
        self.background._periodic = [
            _Job(lambda: self.do("sweep"), SWEEP_SECONDS),
            _Job(lambda: self.do("purge"), 3600),
        ]

    def refresh(self, team_id: str) -> None:
        self.do(f"refresh {team_id}")

    def do(self, what: str) -> None:
        if self.failing:
            raise self.failing
        self.done.append(what)


@pytest.fixture
def work() -> Work:
    return Work()


def test_changed_teams_are_refreshed_once_a_round(work: Work) -> None:
    for team in ("b", "a", "b"):
        work.background.changed(team)
    work.background.work(0.0)
    assert work.done[:2] == ["refresh a", "refresh b"]
    work.background.work(0.1)
    assert work.done == ["refresh a", "refresh b", "sweep", "purge"]


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
def test_failed_refresh_is_done_again_and_nothing_dies_of_it(
    work: Work, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    work.failing = error
    work.background.changed("a")
    with caplog.at_level(logging.WARNING):
        work.background.work(0.0)
    assert "background work" in caplog.text
    work.failing = None
    work.background.work(0.1)
    assert work.done == ["refresh a"]


def test_listeners_hear_of_a_change_at_once(work: Work) -> None:
    heard: list[str] = []
    work.background.on_change(lambda: heard.append("change"))
    work.background.changed("a")
    assert heard == ["change"]


def test_thread_works_until_it_is_stopped() -> None:
    swept = threading.Event()
    background = Background()
    background.start(refresh=lambda _: None, sweep=swept.set, repair=lambda: None, purge=lambda: None)
    thread = background._thread
    background.start(refresh=lambda _: None, sweep=lambda: None, repair=lambda: None, purge=lambda: None)
    assert background._thread is thread
    background.waiting()
    assert swept.wait(5)
    background.stop()
    assert thread is not None
    thread.join(5)
    assert not thread.is_alive()


# The jobs themselves


def test_summary_follows_its_board(store: Store) -> None:
    team = a_team(store)
    record(store, a_run(), team.id)
    assert summaries.refresh(store, team.id)
    entry = store.teams.get(team.id)
    assert [row.name for row in entry.summary.pipelines] == ["checkout · CI"]
    assert not summaries.refresh(store, team.id)


def test_summary_of_no_team_is_nothing(store: Store) -> None:
    assert not summaries.refresh(store, "gone")


def test_repair_finds_what_is_out_of_step(store: Store) -> None:
    teams = [a_team(store), a_team(store, "Ledger", "ledger")]
    record(store, a_run(), teams[1].id)
    assert summaries.refresh_all(store) == 1
    assert summaries.refresh_all(store) == 0


def test_summary_written_meanwhile_is_rebuilt_from_what_stands_then(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = a_team(store)
    record(store, a_run(), team.id)
    put, between = store.teams.put_summary, [True]

    def interrupted(*args: object) -> None:
        if between.pop() if between else False:
            store.teams.update(store.teams.get(team.id), replace(team, name="Payments two"), BY)
        put(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(store.teams, "put_summary", interrupted)
    assert summaries.refresh(store, team.id)
    entry = store.teams.get(team.id)
    assert (entry.team.name, len(entry.summary.pipelines)) == ("Payments two", 1)


def test_purge_removes_what_has_expired(store: Store, clock: Clock) -> None:
    store.sessions.put(Session("u" * 32, "k" * 64, 0, clock(), clock() + 1000), BY)
    clock.move(10_000)
    assert store.table.engine.purge_expired(clock() // 1000) == 1
    assert store.table.engine.get(user_items.session_key("u" * 32, "k" * 64), consistent=True) is None
