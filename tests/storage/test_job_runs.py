"""The latest runs of background jobs, and leases, on every engine."""

from __future__ import annotations

import threading

import pytest

from storage.model.job_runs import JobRun, Lease
from storage.repositories.job_runs import JobRuns, Leases
from storage.table import Table
from tests.factories import DAY, NOW, Clock


@pytest.fixture
def runs(table: Table) -> JobRuns:
    return JobRuns(table)


@pytest.fixture
def leases(table: Table) -> Leases:
    return Leases(table, table.now)


def taken(leases: Leases, holder: str = "a") -> Lease:
    lease = leases.take("purge", holder, 60.0)
    assert lease is not None
    return lease


def test_latest_run_of_each_job_is_listed(runs: JobRuns) -> None:
    for run in (JobRun("b", NOW, 5, NOW + 9, "x"), JobRun("a", NOW, 5, NOW + 9, "x"), JobRun("b", NOW + 1, 6, 0, "y")):
        assert runs.note(run)
    assert [(run.name, run.ended_at, run.process) for run in runs.list_all()] == [("a", NOW, "x"), ("b", NOW + 1, "y")]


def test_run_that_went_well_keeps_the_last_error_beside_it(runs: JobRuns) -> None:
    runs.note(JobRun("a", NOW, 5, NOW + 9, "x", "it broke", NOW))
    runs.note(JobRun("a", NOW + 10, 5, NOW + 19, "y"))
    [found] = runs.list_all()
    assert (found.ended_at, found.error, found.failed_at) == (NOW + 10, "it broke", NOW)


def test_earlier_run_that_is_noted_late_brings_its_error_alone(runs: JobRuns) -> None:
    runs.note(JobRun("a", NOW + 10, 5, NOW + 19, "y"))
    runs.note(JobRun("a", NOW, 5, NOW + 9, "x", "it broke", NOW))
    [found] = runs.list_all()
    assert (found.ended_at, found.process, found.error) == (NOW + 10, "y", "it broke")


def test_what_another_process_noted_just_now_is_not_noted_again(runs: JobRuns) -> None:
    runs.note(JobRun("a", NOW, 5, 0, "x"))
    assert not runs.note(JobRun("a", NOW + 5, 5, 0, "y"), fresh_after=NOW - 1)
    assert runs.note(JobRun("a", NOW + 5, 5, 0, "y"), fresh_after=NOW)
    assert runs.note(JobRun("a", NOW + 6, 5, 0, "y", "it broke", NOW + 6), fresh_after=NOW - 1)


def test_of_many_who_try_at_once_one_has_the_lease(concurrent_table: Table) -> None:
    leases = Leases(concurrent_table, concurrent_table.now)
    won: list[str] = []
    start = threading.Barrier(8)

    def take(holder: str) -> None:
        start.wait()
        if leases.take("purge", holder, 60.0):
            won.append(holder)

    threads = [threading.Thread(target=take, args=(str(n),)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def test_lease_keeps_others_out_until_it_is_given_back(leases: Leases) -> None:
    lease = taken(leases)
    assert leases.take("purge", "b", 60.0) is None
    assert leases.release(lease)
    assert taken(leases, "b").holder == "b"


def test_job_that_was_done_just_now_is_left_to_the_next_time(leases: Leases, clock: Clock) -> None:
    leases.release(taken(leases))
    clock.move(1000)
    assert leases.take("purge", "b", 60.0, done_after=NOW - 1) is None
    assert leases.take("purge", "b", 60.0, done_after=NOW)


def test_lease_given_back_without_the_job_done_is_taken_at_once(leases: Leases) -> None:
    leases.release(taken(leases), done=False)
    assert leases.take("purge", "b", 60.0, done_after=1)


def test_leases_of_two_jobs_have_nothing_to_do_with_each_other(leases: Leases) -> None:
    taken(leases)
    assert leases.take("remove", "b", 60.0)


def test_lease_that_ran_out_is_taken_over_and_its_holder_told(leases: Leases, clock: Clock) -> None:
    lease = taken(leases)
    clock.move(60_000)
    other = taken(leases, "b")
    assert leases.renew(lease, 60.0) is None
    assert not leases.release(lease)
    assert leases.take("purge", "c", 60.0) is None
    assert leases.renew(other, 60.0)


def test_lease_of_a_clock_that_was_years_ahead_keeps_nobody_out(leases: Leases, clock: Clock) -> None:
    clock.move(730 * DAY)
    taken(leases)
    clock.move(-730 * DAY)
    assert leases.take("purge", "b", 60.0, done_after=NOW - 1)


def test_lease_that_is_renewed_lasts_from_then(leases: Leases, clock: Clock) -> None:
    lease = taken(leases)
    clock.move(50_000)
    assert leases.renew(lease, 60.0)
    clock.move(50_000)
    assert leases.take("purge", "b", 60.0) is None


def test_holder_of_long_ago_never_meets_its_own_number_again(leases: Leases, clock: Clock) -> None:
    first = taken(leases)
    clock.move(60_000)
    second = taken(leases, "b")
    leases.release(second)
    taken(leases, "c")
    assert leases.renew(first, 60.0) is None


def test_put_that_was_sent_again_and_met_itself_has_the_lease(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    leases, put = Leases(table, table.now), table.put
    monkeypatch.setattr(table, "put", lambda item, condition: (put(item, condition), put(item, condition)))
    assert leases.take("purge", "a", 60.0)
