"""The one thread that asks the store what has changed, and loads each changed topic once for all its viewers."""

from __future__ import annotations

import logging
import math
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from dashboard.live import messages
from dashboard.live.regions import Snapshot
from storage.errors import StorageError
from storage.model.entities import Change

PULSE_EVERY = 0.025
POLL_EVERY = 0.2
LOOK_AT_LEAST_EVERY = 2.0
LOOK_AT_MOST_EVERY = 0.05
# Changes within this time are one message.
LOAD_AT_MOST_EVERY = 0.2
RELOAD_EVERY = 60.0
CONFIRM_AFTER = 1.0
LONGEST_BACKOFF = 10.0
# Writers' clocks differ and commits are not in clock order, so each look reads a stretch that was read before,
# and now and then a long one.
OVERLAP_MS = 5_000
LONG_OVERLAP_MS = 60_000
LONG_LOOK_EVERY = 5.0

# The topics that one change names.
Notice = frozenset[str]

log = logging.getLogger(__name__)


class Audience(Protocol):
    """Whom the reader tells; the writer is one."""

    def publish(self, topic: str, snapshot: Snapshot, base: str, change: bytes) -> None: ...
    def mark_stale(self, topics: Iterable[str]) -> None: ...
    def end(self, names: Iterable[str]) -> None: ...


class Loads(Protocol):
    """Makes the snapshots of topics; dashboard.screens has the real one."""

    def load(self, topic: str, since: float, notices: Sequence[Notice] | None = None) -> Snapshot:
        """The topic as it is now, or was read for another one not before `since` (by the reader's timer). `notices`:
        all that are about it since it was loaded last; None where some may be unknown."""

    def follows(self, topic: str) -> tuple[str, ...]:
        """The names in notices that say it has changed."""

    def rank(self, topic: str) -> int:
        """Which topics are loaded first, where several are due: those of the lowest."""


@dataclass(slots=True)
class Topic:
    """`due` is when it is loaded next, by the timer. `follows`: the notices that are about it. `notices`: those
    since it was loaded last; None where some may be unknown, so that all of it is to be read. `confirm`: those of
    the last load, where what they tell may not have been read yet. `noticed_at`: when the last one was heard."""

    name: str
    due: float
    follows: tuple[str, ...] = ()
    rank: int = 0
    snapshot: Snapshot | None = None
    loaded_at: float = -math.inf
    failures: int = 0
    noticed: bool = False
    notices: list[Notice] | None = None
    confirm: tuple[Notice, ...] = ()
    noticed_at: float = -math.inf

    def notice(self, names: Notice, now: float) -> None:
        """Something it shows has changed: at once, unless it was loaded just now or the store is failing."""
        self.noticed, self.noticed_at = True, now
        if self.notices is not None:
            self.notices.append(names)
        if not self.failures:
            self.due = min(self.due, max(now, self.loaded_at + LOAD_AT_MOST_EVERY))


class Reader:
    """Other threads call `watch`, `unwatch`, `wake` and read `known_at`; one thread steps."""

    def __init__(
        self,
        loads: Loads,
        changes: Callable[[int], Sequence[Change]],
        pulse: Callable[[], int | None],
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self._loads, self._changes, self._pulse = loads, changes, pulse
        self._clock, self._timer = clock, timer
        self.audience: Audience | None = None
        self.bell = threading.Event()
        self.known_at = 0.0
        self.loaded = 0
        self._orders: deque[tuple[bool, str]] = deque()
        self._topics: dict[str, Topic] = {}
        self._seen: set[str] = set()
        self._look_at: float
        self._read_at: float
        self._long_look_at: float
        self._rest()

    def watch(self, topic: str) -> None:
        self._orders.append((True, topic))
        self.bell.set()

    def unwatch(self, topic: str) -> None:
        self._orders.append((False, topic))
        self.bell.set()

    def wake(self) -> None:
        """Look at once."""
        self._woken = True
        self.bell.set()

    def step(self) -> float | None:
        """Look for changes if that is due, and load one topic. Seconds until there is more to do, None while nobody
        watches. One at a time, so that what changes meanwhile is known before the next is chosen."""
        now = self._timer()
        while self._orders:
            wanted, name = self._orders.popleft()
            if wanted:
                self._topics[name] = Topic(name, now, self._loads.follows(name), self._loads.rank(name))
            else:
                self._topics.pop(name, None)
        if not self._topics:
            self._rest()
            return None
        if self._woken:
            self._look_at = min(self._look_at, max(now, self._read_at + LOOK_AT_MOST_EVERY))
        if now >= self._look_at:
            self._look(now)
        if self._loading and (topic := self._foremost()):
            self._reload(topic)
        return max(0.0, self._next() - self._timer())

    def _foremost(self) -> Topic | None:
        """Of those that are due the first by rank, then the one that has waited longest."""
        now = self._timer()
        due = (topic for topic in self._topics.values() if topic.due <= now)
        return min(due, key=lambda topic: (topic.rank, topic.due), default=None)

    @property
    def _loading(self) -> bool:
        """Nothing is loaded before the first look, or a change between the two would be taken for an old one; and
        nothing from a store that just failed to list its changes."""
        return self._primed and not self._failures

    def _next(self) -> float:
        dues = (topic.due for topic in self._topics.values()) if self._loading else ()
        return min(self._look_at, min(dues, default=math.inf))

    def _rest(self) -> None:
        """What was seen stays so: a stream that was ended and comes back is not ended again by the same notice, though
        the first look after a rest reads it once more."""
        self._primed = False
        self._woken = False
        self._last_pulse: int | None = None
        self._failures = 0
        self._look_at = self._read_at = self._long_look_at = -math.inf
        self._since: int | None = None

    def _look(self, now: float) -> None:
        woken, self._woken = self._woken, False
        try:
            pulse = self._pulse()
            overdue = now - self._read_at >= LOOK_AT_LEAST_EVERY
            if pulse is None or pulse != self._last_pulse or woken or overdue or not self._primed:
                self._read(now)
            self._last_pulse = pulse
        except Exception as error:
            self._fail(now, error)
            return
        if self._failures:
            log.warning("live reader: the store answers again")
        self._failures = 0
        self.known_at = self._clock()
        self._look_at = now + (POLL_EVERY if pulse is None else PULSE_EVERY)
        if self._read_at == now:
            self._look_at = max(self._look_at, now + LOOK_AT_MOST_EVERY)

    def _read(self, now: float) -> None:
        clock_ms = int(self._clock() * 1000)
        long = now >= self._long_look_at
        # After an outage the stretch begins before it.
        since = min(self._since or clock_ms, clock_ms) - (LONG_OVERLAP_MS if long else OVERLAP_MS)
        notices = self._changes(since)
        fresh = [notice for notice in notices if notice.id not in self._seen]
        ids = {notice.id for notice in notices}
        self._seen = ids if long else self._seen | ids
        if long:
            self._long_look_at = now + LONG_LOOK_EVERY
        self._since = clock_ms
        self._read_at = now
        self._tell(fresh, now)
        self._primed = True

    def _tell(self, notices: Sequence[Change], now: float) -> None:
        said = [frozenset(notice.topics) for notice in notices]
        others = frozenset[str]().union(*said).difference(self._topics)
        if others and self.audience is not None:
            self.audience.end(others)
        if self._primed:
            for topic in self._topics.values():
                for names in said:
                    if not names.isdisjoint(topic.follows):
                        topic.notice(names, now)

    def _fail(self, now: float, error: Exception) -> None:
        if not self._failures:
            _warn("the store cannot be asked for changes", error)
        self._failures += 1
        self._look_at = now + _backoff(self._failures)
        if self.audience is not None:
            self.audience.mark_stale(self._topics)
        # What was known is stale until each topic has been loaded again.
        for topic in self._topics.values():
            topic.due, topic.notices = min(topic.due, self._look_at), None

    def _reload(self, topic: Topic) -> None:
        now = self._timer()
        noticed, topic.noticed = topic.noticed, False
        notices, since = topic.notices, max(topic.due, topic.noticed_at)
        topic.loaded_at = now
        self.loaded += 1
        try:
            snapshot = self._loads.load(topic.name, since, None if notices is None else [*topic.confirm, *notices])
        except Exception as error:
            if not topic.failures:
                _warn(f"{topic.name} cannot be loaded", error)
            topic.failures += 1
            topic.due = now + _backoff(topic.failures)
            if self.audience is not None:
                self.audience.mark_stale((topic.name,))
            return
        topic.failures = 0
        # An engine without a pulse is a remote one, whose index and query reads may lag behind its notices.
        lags = noticed and self._last_pulse is None
        topic.notices, topic.confirm = [], tuple(notices or ()) if lags else ()
        topic.due = self._next_load(snapshot, now, lags=lags)
        self._publish(topic, snapshot)

    def _publish(self, topic: Topic, snapshot: Snapshot) -> None:
        old, topic.snapshot = topic.snapshot, snapshot
        change = b""
        if old is not None and old.tag != snapshot.tag:
            change = messages.update(snapshot.tag, messages.difference(old, snapshot))
        if self.audience is not None:
            self.audience.publish(topic.name, snapshot, old.tag if old else "", change)

    def _next_load(self, snapshot: Snapshot, now: float, *, lags: bool) -> float:
        due = now + RELOAD_EVERY
        if snapshot.fresh_until is not None:
            due = min(due, now + max(1.0, snapshot.fresh_until - self._clock()))
        if lags:
            due = min(due, now + CONFIRM_AFTER)
        return due


def _backoff(failures: int) -> float:
    return min(LONGEST_BACKOFF, 0.25 * 2.0 ** min(failures, 10))


def _warn(words: str, error: Exception) -> None:
    """A store that is away is told in a line; anything else is a fault of ours."""
    log.warning("live reader: %s: %s", words, error, exc_info=not isinstance(error, StorageError))
