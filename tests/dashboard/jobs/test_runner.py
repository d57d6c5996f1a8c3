"""The runner: a thread a job, started once, woken by name, stopped in time."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest

from dashboard.jobs.job import Job, Run
from dashboard.jobs.registry import JOBS
from dashboard.jobs.runner import Runner
from dashboard.wakeups import WakeUp, WakeUps
from storage.store import Store
from tests.dashboard.jobs.doing import Timer

PATIENCE = 10.0


@pytest.fixture
def hung() -> Iterator[threading.Event]:
    """What a job waits for that hangs. Its thread has left the store before the store's folder goes."""
    found = threading.Event()
    yield found
    found.set()
    for thread in threading.enumerate():
        if thread.name == "job hangs":
            thread.join(PATIENCE)


def test_job_that_hangs_delays_no_other_and_is_overdue(store: Store, hung: threading.Event) -> None:
    timer, wakeups, entered, did = Timer(), WakeUps(), threading.Event(), threading.Event()

    def hang(run: Run) -> None:
        entered.set()
        hung.wait(PATIENCE)

    jobs = [
        Job("hangs", "Hangs", hang, period_seconds=1.0),
        Job("works", "Works", lambda run: did.set(), wake_ups=(WakeUp.INBOX_HAS_WORK,)),
    ]
    runner = Runner(jobs, wakeups, timer)
    runner.start(store)
    assert entered.wait(PATIENCE)
    assert runner.overdue() == []
    timer.seconds += 100
    wakeups.send(WakeUp.INBOX_HAS_WORK)
    assert did.wait(PATIENCE)
    assert runner.overdue() == ["hangs"]
    hung.set()
    runner.stop()


def test_second_start_changes_nothing_and_after_the_stop_nothing_is_woken(store: Store) -> None:
    wakeups, runs = WakeUps(), []
    woken = threading.Event()

    def work(run: Run) -> None:
        runs.append(threading.current_thread())
        woken.set()

    runner = Runner([Job("works", "Works", work, wake_ups=(WakeUp.INBOX_HAS_WORK,))], wakeups)
    runner.start(store)
    runner.start(store)
    wakeups.send(WakeUp.INBOX_HAS_WORK)
    assert woken.wait(PATIENCE)
    runner.stop()
    wakeups.send(WakeUp.INBOX_HAS_WORK)
    [thread] = runs
    assert (thread.name, thread.daemon, thread.is_alive()) == ("job works", True, False)


def test_job_that_still_works_when_the_process_ends_is_told_of(
    store: Store, hung: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    entered = threading.Event()

    def hang(run: Run) -> None:
        entered.set()
        hung.wait(PATIENCE)

    runner = Runner([Job("hangs", "Hangs", hang, period_seconds=1.0)], WakeUps())
    runner.start(store)
    assert entered.wait(PATIENCE)
    with caplog.at_level(logging.WARNING):
        runner.stop(0.0)
    assert "still at work when the process ends: hangs" in caplog.text


def test_nothing_is_overdue_where_nothing_was_started() -> None:
    assert Runner(JOBS, WakeUps()).overdue() == []


def test_each_job_has_a_name_of_its_own_and_something_that_starts_it() -> None:
    assert len({job.name for job in JOBS}) == len(JOBS)
    for job in JOBS:
        assert job.period_seconds or job.wake_ups, job.name
