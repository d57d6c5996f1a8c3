"""One job's thread, stepped by hand: when it runs, what it does with failures, its lease and what it notes."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest

from dashboard.jobs.job import Job, Run
from dashboard.jobs.job_thread import LONGEST_RETRY_SECONDS, NOTE_SECONDS, JobThread, process_name
from dashboard.wakeups import WakeUp
from storage.errors import Unavailable
from storage.model.job_runs import JobRun
from storage.store import Store
from tests.dashboard.jobs.doing import Stopping, Timer, thread_of
from tests.factories import NOW, Clock

HOUR = 3600.0


class Work:
    """Work that writes down what it was given."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, ...]] = []
        self.failing: Exception | None = None
        self.then: Callable[[Run], object] = lambda run: None

    def __call__(self, run: Run) -> None:
        self.seen.append(run.subjects)
        self.then(run)
        if self.failing:
            raise self.failing
        for subject in run.subjects:
            run.done(subject)


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def timer() -> Timer:
    return Timer()


def hourly(work: Work, *, alone: bool = False) -> Job:
    return Job("a-job", "A job", work, period_seconds=HOUR, lease_seconds=60.0 if alone else 0.0)


def woken(work: Work) -> Job:
    return Job("a-job", "A job", work, wake_ups=(WakeUp.PIPELINE_IS_STALE,))


def noted(store: Store) -> JobRun:
    [found] = store.job_runs.list_all()
    return found


def step(thread: JobThread, timer: Timer, seconds: float = 0.0) -> None:
    timer.seconds += seconds
    thread.step()


# When it runs


def test_periodic_job_runs_at_once_and_then_a_period_later_give_or_take_a_fifth(
    store: Store, work: Work, timer: Timer
) -> None:
    thread = thread_of(hourly(work), store, timer)
    step(thread, timer)
    step(thread, timer, 0.79 * HOUR)
    assert len(work.seen) == 1
    step(thread, timer, 0.42 * HOUR)
    assert len(work.seen) == 2


def test_job_without_a_period_runs_only_when_woken(store: Store, work: Work, timer: Timer) -> None:
    thread = thread_of(woken(work), store, timer)
    step(thread, timer, 100 * HOUR)
    assert work.seen == []
    thread.wake()
    step(thread, timer)
    step(thread, timer, 100 * HOUR)
    assert work.seen == [()]


def test_wake_ups_that_come_together_are_one_run_that_knows_what_they_named(
    store: Store, work: Work, timer: Timer
) -> None:
    thread = thread_of(woken(work), store, timer)
    for subject in ("b", "a", "b"):
        thread.wake(subject)
    step(thread, timer)
    step(thread, timer, HOUR)
    assert work.seen == [("b", "a")]


def test_what_is_named_during_a_run_is_there_in_the_next(store: Store, work: Work, timer: Timer) -> None:
    thread = thread_of(woken(work), store, timer)
    work.then = lambda run: thread.wake("late") if "late" not in run.subjects else None
    thread.wake("early")
    step(thread, timer)
    step(thread, timer)
    assert work.seen == [("early",), ("late",)]


# What goes wrong


@pytest.mark.parametrize("error", [Unavailable("gone"), RuntimeError("a bug")])
def test_failed_run_is_done_again_after_growing_pauses_and_is_in_the_log_once(
    store: Store, work: Work, timer: Timer, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    thread = thread_of(woken(work), store, timer)
    work.failing = error
    thread.wake("a")
    pauses = []
    with caplog.at_level(logging.WARNING):
        for _ in range(8):
            step(thread, timer)
            pauses.append(thread.due - timer.seconds)
            timer.seconds = thread.due
    assert pauses == [1, 2, 4, 8, 16, LONGEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS, LONGEST_RETRY_SECONDS]
    assert caplog.text.count("job a-job") == 1
    work.failing = None
    step(thread, timer)
    step(thread, timer, HOUR)
    assert work.seen == [("a",)] * 9


def test_failed_run_of_an_hourly_job_does_not_wait_for_an_hour(store: Store, work: Work, timer: Timer) -> None:
    work.failing = Unavailable("gone")
    thread = thread_of(hourly(work), store, timer)
    step(thread, timer)
    assert thread.due == timer.seconds + 1


# Alone


def test_of_two_processes_one_does_it_in_a_period(store: Store, work: Work, timer: Timer, clock: Clock) -> None:
    threads = [thread_of(hourly(work, alone=True), store, timer) for _ in range(2)]
    for thread in threads:
        step(thread, timer)
    assert len(work.seen) == 1
    clock.move(3_600_000)
    timer.seconds += 1.3 * HOUR
    for thread in threads:
        step(thread, timer)
    assert len(work.seen) == 2


def test_process_that_was_woken_does_it_though_another_did_it_just_now(store: Store, work: Work, timer: Timer) -> None:
    first, second = (thread_of(hourly(work, alone=True), store, timer) for _ in range(2))
    step(first, timer)
    second.wake()
    step(second, timer)
    assert len(work.seen) == 2


def test_nobody_else_does_it_meanwhile_and_it_may_be_long_as_long_as_it_goes_on(
    store: Store, work: Work, timer: Timer, clock: Clock
) -> None:
    first, second = (thread_of(hourly(work, alone=True), store, timer) for _ in range(2))
    went_on: list[bool] = []

    def long(run: Run) -> None:
        for _ in range(10):
            clock.move(30_000)
            timer.seconds += 30
            second.wake()
            second.step()
            went_on.append(run.goes_on())

    work.then = long
    step(first, timer)
    assert (len(work.seen), went_on) == (1, [True] * 10)


def test_job_that_hangs_loses_its_lease_to_another_and_ends_when_it_asks(
    store: Store, work: Work, timer: Timer, clock: Clock
) -> None:
    first, second = (thread_of(hourly(work, alone=True), store, timer) for _ in range(2))
    went_on: list[bool] = []

    def hang(run: Run) -> None:
        work.then = lambda run: None
        clock.move(60_000)
        timer.seconds += 60
        second.wake()
        second.step()
        went_on.append(run.goes_on())

    work.then = hang
    step(first, timer)
    assert (len(work.seen), went_on) == (2, [False])


@pytest.mark.parametrize("failing", [True, False])
def test_lease_of_a_run_that_failed_is_there_for_another_at_once(
    store: Store, work: Work, timer: Timer, failing: bool
) -> None:
    first, second = (thread_of(hourly(work, alone=True), store, timer) for _ in range(2))
    work.failing = RuntimeError("a bug") if failing else None
    step(first, timer)
    work.failing = None
    step(second, timer)
    assert len(work.seen) == (2 if failing else 1)


def test_run_that_is_cut_short_by_the_end_of_its_process_is_gone_on_with_by_another(
    store: Store, work: Work, timer: Timer
) -> None:
    stopping = Stopping()
    first = thread_of(hourly(work, alone=True), store, timer, stopping)
    went_on: list[bool] = []

    def cut(run: Run) -> None:
        stopping.set()
        went_on.append(run.rest(0.0))

    work.then = cut
    step(first, timer)
    work.then = lambda run: None
    step(thread_of(hourly(work, alone=True), store, timer), timer)
    assert (len(work.seen), went_on) == (2, [False])


def test_job_that_has_nothing_to_do_takes_no_lease(store: Store, work: Work, timer: Timer) -> None:
    job = Job("a-job", "A job", work, period_seconds=HOUR, lease_seconds=60.0, needed=lambda _: False)
    step(thread_of(job, store, timer), timer)
    assert work.seen == []
    assert store.leases.take("a-job", "another", 60.0)


# What is noted


def test_run_is_noted_with_how_long_it_took_and_when_the_next_is_due(store: Store, work: Work, timer: Timer) -> None:
    def slow(run: Run) -> None:
        timer.seconds += 2.5

    work.then = slow
    thread = thread_of(hourly(work), store, timer)
    step(thread, timer)
    run = noted(store)
    assert (run.name, run.ended_at, run.duration_ms, run.error) == ("a-job", NOW, 2500, "")
    assert run.due_at == NOW + round((thread.due - timer.seconds) * 1000)
    assert run.process == process_name()


def test_frequent_runs_are_noted_once_a_minute(store: Store, work: Work, timer: Timer, clock: Clock) -> None:
    thread = thread_of(Job("a-job", "A job", work, period_seconds=1.0), store, timer)
    ended = []
    for _ in range(100):
        step(thread, timer, 2.0)
        clock.move(2000)
        ended.append(noted(store).ended_at)
    assert len(work.seen) == 100
    assert len(set(ended)) == 1 + int(198 // NOTE_SECONDS)


def test_error_is_noted_at_once_and_the_same_again_is_not(store: Store, work: Work, timer: Timer, clock: Clock) -> None:
    thread = thread_of(Job("a-job", "A job", work, period_seconds=1.0), store, timer)
    step(thread, timer)
    clock.move(2000)
    work.failing = RuntimeError("a bug")
    step(thread, timer, 2.0)
    assert (noted(store).error, noted(store).failed_at) == ("RuntimeError: a bug", NOW + 2000)
    clock.move(2000)
    step(thread, timer, 2.0)
    assert noted(store).failed_at == NOW + 2000


def test_run_is_noted_later_where_the_store_takes_nothing(
    store: Store, work: Work, timer: Timer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> bool:
        raise Unavailable("gone")

    thread = thread_of(Job("a-job", "A job", work, period_seconds=1.0), store, timer)
    with monkeypatch.context() as patched:
        patched.setattr(store.job_runs, "note", away)
        step(thread, timer)
    assert store.job_runs.list_all() == []
    step(thread, timer, 2.0)
    assert noted(store).name == "a-job"


# Overdue


def test_job_is_overdue_after_five_periods_without_an_end(store: Store, work: Work, timer: Timer) -> None:
    thread = thread_of(hourly(work), store, timer)
    timer.seconds += 5 * HOUR
    assert not thread.is_overdue()
    timer.seconds += 1
    assert thread.is_overdue()
    step(thread, timer)
    assert not thread.is_overdue()


def test_frequent_job_is_overdue_after_a_minute(store: Store, work: Work, timer: Timer) -> None:
    thread = thread_of(Job("a-job", "A job", work, period_seconds=1.0), store, timer)
    timer.seconds += 60
    assert not thread.is_overdue()
    timer.seconds += 1
    assert thread.is_overdue()


def test_job_that_is_only_woken_is_overdue_when_nothing_came_of_it(store: Store, work: Work, timer: Timer) -> None:
    thread = thread_of(woken(work), store, timer)
    timer.seconds += 100 * HOUR
    assert not thread.is_overdue()
    thread.wake("a")
    timer.seconds += 61
    assert thread.is_overdue()
    step(thread, timer)
    timer.seconds += 100 * HOUR
    assert not thread.is_overdue()


def test_long_run_that_says_that_it_goes_on_is_not_overdue(store: Store, work: Work, timer: Timer) -> None:
    found: list[bool] = []

    def long(run: Run) -> None:
        for _ in range(3):
            timer.seconds += 4 * HOUR
            found.append(thread.is_overdue())
            run.goes_on()

    work.then = long
    thread = thread_of(hourly(work), store, timer)
    step(thread, timer)
    assert found == [False] * 3
