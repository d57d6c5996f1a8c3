"""Whose request is next, and the threads that work on them."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bigtransit.serving.pool import OLDEST_EVERY, FairQueue, Pool


def taken(queue: FairQueue[str]) -> list[str]:
    return [queue.take() for _ in range(queue.length)]


def test_whoever_has_least_waiting_is_next() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(50):
        queue.put("crowd", f"crowd {number}")
    queue.put("one", "one 0")
    assert "one 0" in [queue.take(), queue.take()]


def test_those_of_one_address_keep_their_order() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(9):
        queue.put("a", str(number))
    assert taken(queue) == [str(number) for number in range(9)]


def test_nobody_waits_for_ever_behind_those_who_always_have_less() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(5):
        queue.put("crowd", f"crowd {number}")
    found = []
    for number in range(5 * OLDEST_EVERY):
        queue.put(f"other {number}", "other")
        found.append(queue.take())
    assert [item for item in found if item != "other"] == [f"crowd {number}" for number in range(5)]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=60))
def test_all_that_was_put_is_taken_once(told: list[tuple[str, bool]]) -> None:
    queue: FairQueue[str] = FairQueue()
    put, found = [], []
    for number, (address, takes) in enumerate(told):
        put.append(f"{address}{number}")
        queue.put(address, put[-1])
        if takes:
            found.append(queue.take())
    found += taken(queue)
    assert sorted(found) == sorted(put)
    with pytest.raises(LookupError):
        queue.take()


def test_threads_work_side_by_side_and_end_when_told() -> None:
    pool, both, done = Pool(2), threading.Barrier(2), threading.Semaphore(0)

    def work() -> None:
        both.wait(5)
        done.release()

    for _ in range(2):
        pool.submit("a", work)
    assert all(done.acquire(timeout=5) for _ in range(2))
    pool.stop()
    assert pool.waiting == 0
