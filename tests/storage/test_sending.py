"""Requests that are sent again, for so long at most, and a breaker that spares everybody the wait."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage.engines.sending import FAILURES, TRIAL_SECONDS, Breaker, Patience, Sender
from storage.errors import Conflict, Contended, Denied, StorageError, Throttled, Unavailable

PATIENCE = Patience(seconds=1.0, tries=5)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class World:
    """`answers`: what each try comes to, and how long it takes."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.breaker = Breaker(self.clock)
        self.sender = Sender(self.breaker, sleep=self.clock.sleep, timer=self.clock)
        self.asked = 0

    def send(self, *answers: StorageError | str, seconds: float = 0.0) -> str:
        left = list(answers)

        def ask() -> str:
            self.asked += 1
            self.clock.now += seconds
            answer = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(answer, StorageError):
                raise answer
            return answer

        return self.sender.send(ask, PATIENCE)

    def break_it(self) -> None:
        with pytest.raises(Unavailable):
            self.send(Unavailable("gone"))


@pytest.fixture
def world() -> World:
    return World()


@pytest.mark.parametrize("error", [Throttled("slowly"), Unavailable("gone")])
def test_what_may_pass_is_sent_again_after_a_pause(world: World, error: StorageError) -> None:
    assert world.send(error, error, "done") == "done"
    assert world.asked == 3
    assert len(world.clock.slept) == 2
    assert all(0 < pause <= 0.2 for pause in world.clock.slept)


@pytest.mark.parametrize("error", [Contended("x"), Denied("x"), Conflict("x"), StorageError("x")])
def test_what_is_an_answer_is_not_sent_again(world: World, error: StorageError) -> None:
    with pytest.raises(type(error)):
        world.send(error)
    assert world.asked == 1


def test_no_try_begins_after_the_patience(world: World) -> None:
    with pytest.raises(Unavailable):
        world.send(Unavailable("no answer in time"), seconds=1.0)
    assert world.asked == 1


def test_tries_have_an_end(world: World) -> None:
    with pytest.raises(Throttled):
        world.send(Throttled("slowly"))
    assert world.asked == PATIENCE.tries


def test_store_that_is_away_is_asked_once_in_a_while(world: World) -> None:
    world.break_it()
    assert world.asked == FAILURES
    for _ in range(50):
        world.break_it()
    assert world.asked == FAILURES
    world.clock.now += TRIAL_SECONDS
    for _ in range(50):
        world.break_it()
    assert world.asked == FAILURES + 1


def test_store_that_is_back_serves_everybody_at_once(world: World) -> None:
    world.break_it()
    world.clock.now += TRIAL_SECONDS
    assert world.send("done") == "done"
    assert world.send("done") == "done"
    assert not world.breaker.is_open


@pytest.mark.parametrize("error", [Contended("x"), Denied("x"), Conflict("x")])
def test_refusal_tells_that_the_store_is_there(world: World, error: StorageError) -> None:
    world.break_it()
    world.clock.now += TRIAL_SECONDS
    with pytest.raises(type(error)):
        world.send(error)
    assert world.send("done") == "done"


def test_three_of_ten_throttled_open_nothing(world: World) -> None:
    for _ in range(30):
        assert world.send(Throttled("x"), Throttled("x"), Throttled("x"), "done") == "done"
    assert not world.breaker.is_open


def test_nothing_but_throttling_opens_and_says_so(world: World) -> None:
    for _ in range(FAILURES):
        with pytest.raises(Throttled):
            world.send(Throttled("too much"))
    asked = world.asked
    with pytest.raises(Throttled, match="too much"):
        world.send("not asked for")
    assert world.asked == asked


def test_tries_end_when_others_found_the_store_away(world: World) -> None:
    """Four threads that time out together need not try thrice each."""

    def ask() -> str:
        world.asked += 1
        for _ in range(FAILURES):
            world.breaker.failed(Unavailable("of another thread"))
        raise Unavailable("gone")

    told: Callable[[], str] = ask
    with pytest.raises(Unavailable, match="gone"):
        world.sender.send(told, PATIENCE)
    assert world.asked == 1
