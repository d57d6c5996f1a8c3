from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, RLock

from dashboard.screens.once import once

PATIENCE = 20


class Page:
    def __init__(self, goes_on: Event) -> None:
        self.making, self.goes_on, self.begun, self.times = RLock(), goes_on, Event(), 0

    @once
    def regions(self) -> str:
        self.begun.set()
        assert self.goes_on.wait(PATIENCE)
        self.times += 1
        return f"of {self.model}"

    @once
    def model(self) -> int:
        return self.times


def test_what_many_ask_for_at_once_is_made_once() -> None:
    page, together = Page(Event()), Barrier(5)

    def ask() -> str:
        together.wait(PATIENCE)
        return page.regions

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ask) for _ in range(4)]
        together.wait(PATIENCE)
        page.goes_on.set()
        assert {each.result(PATIENCE) for each in asked} == {"of 1"}
    assert page.times == 1


def test_one_that_takes_long_delays_no_other() -> None:
    slow, quick = Page(Event()), Page(Event())
    quick.goes_on.set()
    with ThreadPoolExecutor(2) as pool:
        late = pool.submit(lambda: slow.regions)
        assert slow.begun.wait(PATIENCE)
        assert pool.submit(lambda: quick.regions).result(PATIENCE) == "of 1"
        slow.goes_on.set()
        assert late.result(PATIENCE) == "of 1"
