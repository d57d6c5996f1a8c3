"""The threads that work on whole requests, and which of those that wait is next."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from itertools import count
from typing import Generic, TypeVar

T = TypeVar("T")
# Every so many turns the one that has waited longest is next, so that nobody waits for ever.
OLDEST_EVERY = 4


class FairQueue(Generic[T]):
    """What waits, by whom it counts for: whoever has least waiting is next, so that a crowd of one keeps no other."""

    def __init__(self) -> None:
        self._of: dict[str, deque[tuple[int, T]]] = {}
        # Addresses by how many they have waiting.
        self._by_length: dict[int, dict[str, None]] = {}
        self._arrivals = count()
        self._turn = 0
        self.length = 0

    def put(self, address: str, item: T) -> None:
        of = self._of.setdefault(address, deque())
        self._shelve(address, len(of), len(of) + 1)
        of.append((next(self._arrivals), item))
        self.length += 1

    def take(self) -> T:
        """The next one. Raises LookupError where none waits."""
        if not self.length:
            raise LookupError
        self._turn += 1
        address = self._oldest() if self._turn % OLDEST_EVERY == 0 else self._shortest()
        of = self._of[address]
        self._shelve(address, len(of), len(of) - 1)
        _, item = of.popleft()
        if not of:
            del self._of[address]
        self.length -= 1
        return item

    def _shortest(self) -> str:
        return next(iter(self._by_length[min(self._by_length)]))

    def _oldest(self) -> str:
        return min(self._of, key=lambda address: self._of[address][0][0])

    def _shelve(self, address: str, before: int, after: int) -> None:
        if before:
            shelf = self._by_length[before]
            del shelf[address]
            if not shelf:
                del self._by_length[before]
        if after:
            self._by_length.setdefault(after, {})[address] = None


class Pool:
    """So many threads, which end with the process. `most_waiting`: requests that may wait for one; None for any."""

    def __init__(self, threads: int, most_waiting: int | None = None) -> None:
        self._queue: FairQueue[Callable[[], None]] = FairQueue()
        self._most_waiting = most_waiting
        self._ready = threading.Condition()
        self._stopping = False
        for number in range(threads):
            threading.Thread(target=self._run, name=f"request-{number}", daemon=True).start()

    @property
    def waiting(self) -> int:
        return self._queue.length

    def submit(self, address: str, work: Callable[[], None]) -> bool:
        """Whether it will be done: not where too much waits already."""
        with self._ready:
            if self._most_waiting is not None and self._queue.length >= self._most_waiting:
                return False
            self._queue.put(address, work)
            self._ready.notify()
        return True

    def stop(self) -> None:
        """Threads end after what they do; what waits is dropped."""
        with self._ready:
            self._stopping = True
            self._ready.notify_all()

    def _run(self) -> None:
        while True:
            with self._ready:
                while not self._queue.length and not self._stopping:
                    self._ready.wait()
                if self._stopping:
                    return
                work = self._queue.take()
            work()
