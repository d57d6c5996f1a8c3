"""Whose turn it is to write: in order while it goes round, and no thread too many waits while it is stuck."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from storage.engines.turns import PATIENT, Turn
from storage.errors import Throttled

LONG = 60.0


def take(turn: Turn, seconds: float) -> float:
    """Seconds it took to get it, or to be refused."""
    began = time.monotonic()
    try:
        with turn.taken(began + seconds):
            turn.came()
    except Throttled:
        return -(time.monotonic() - began)
    return time.monotonic() - began


def test_stuck_turn_is_waited_for_by_few() -> None:
    turn, release = Turn(), threading.Event()

    def hold() -> None:
        with turn.taken(time.monotonic() + LONG):
            release.wait(LONG)

    with ThreadPoolExecutor(8) as threads:
        holding = threads.submit(hold)
        while turn._lock.acquire(blocking=False):
            turn._lock.release()
        waits = [threads.submit(take, turn, LONG) for _ in range(6)]
        refused = [wait for wait in waits if _ends(wait)]
        assert len(refused) == 6 - PATIENT
        release.set()
        assert all(wait.result(LONG) > 0 for wait in waits if wait not in refused)
        holding.result(LONG)


def _ends(wait) -> bool:
    """Whether it gave up by itself: far sooner than it might have waited."""
    try:
        return bool(wait.result(3) < 0)
    except TimeoutError:
        return False


def test_turn_that_goes_round_refuses_nobody() -> None:
    turn, order = Turn(), []

    def write(number: int) -> None:
        with turn.taken(time.monotonic() + LONG):
            turn.came()
            order.append(number)

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(write, range(400)))
    assert sorted(order) == list(range(400))


def test_nobody_waits_longer_than_they_may() -> None:
    turn = Turn()
    with turn.taken(time.monotonic()), pytest.raises(Throttled), turn.taken(time.monotonic() + 0.01):
        pass
