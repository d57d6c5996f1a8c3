"""The one thread that holds every open stream of this process and writes to them without ever waiting for one."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import math
import random
import selectors
import socket
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from dashboard.live import messages
from dashboard.live.regions import Snapshot
from dashboard.live.viewer import Lost, TooSlow, Viewer

BEAT_SECONDS = 10.0
LIFE_SECONDS = 300.0
RETRY_MS = 1000
# A message that was not taken whole after this long: its reader is too slow, or reads nothing.
UNREAD_SECONDS = 30.0
REMEMBER_ENDED = 60.0
REMEMBER_ASKED_AGAIN = 0.5
# A reader that hangs in a call to the store says nothing at all; after this long its silence counts as bad news.
BELIEVED_SECONDS = 8.0


class Room:
    """The viewers of one topic and what they are shown. `fresh_at` is when (epoch seconds) that was last known to be
    current; None before the topic was loaded, when nothing is known about the pages behind the streams."""

    __slots__ = ("_whole", "fresh_at", "snapshot", "stale", "viewers")

    def __init__(self) -> None:
        self.viewers: set[Viewer] = set()
        self.snapshot: Snapshot | None = None
        self.stale = False
        self.fresh_at: float | None = None
        self._whole: bytes | None = None

    def show(self, snapshot: Snapshot) -> None:
        if self.snapshot is None or self.snapshot.tag != snapshot.tag:
            self._whole = None
        self.snapshot = snapshot

    def whole(self, snapshot: Snapshot) -> bytes:
        """Made when first needed: most changes reach only viewers that are up to date."""
        if self._whole is None:
            self._whole = messages.update(snapshot.tag, messages.whole(snapshot))
        return self._whole


class Writer:
    """`watch` and `unwatch` are called when a topic gets its first viewer and loses its last one, `left` when a viewer
    of this reader leaves. `known_at` is when (epoch seconds) the store last said that nothing else had changed.

    Other threads call `adopt`, `publish`, `mark_stale`, `end` and `nudge`; the rest belongs to the thread that steps.
    """

    def __init__(
        self,
        watch: Callable[[str], None],
        unwatch: Callable[[str], None],
        left: Callable[[str], None],
        known_at: Callable[[], float],
        clock: Callable[[], float],
        timer: Callable[[], float],
    ) -> None:
        self._watch, self._unwatch, self._left, self._known_at = watch, unwatch, left, known_at
        self._clock, self._timer = clock, timer
        self._rooms: dict[str, Room] = {}
        self._by_end: dict[str, set[Viewer]] = {}
        self._ended: dict[str, float] = {}
        self._calendar: list[tuple[float, int, Viewer]] = []
        self._count = itertools.count()
        self._inbox: deque[Callable[[], None]] = deque()
        self._selector = selectors.DefaultSelector()
        self._bell, self._ringer = socket.socketpair()
        self._bell.setblocking(False)
        self._ringer.setblocking(False)
        self._selector.register(self._bell, selectors.EVENT_READ, None)
        self.dropped = 0

    def adopt(self, viewer: Viewer) -> None:
        self._post(partial(self._admit, viewer))

    def publish(self, topic: str, snapshot: Snapshot, base: str, change: bytes) -> None:
        """`change` brings a page that shows `base` to the snapshot; any other page is sent all of it."""
        self._post(partial(self._show, topic, snapshot, base, change))

    def mark_stale(self, topics: Iterable[str]) -> None:
        self._post(partial(self._spoil, tuple(topics)))

    def end(self, names: Iterable[str]) -> None:
        """Close the streams that were opened to end with one of these."""
        self._post(partial(self._finish, tuple(names)))

    def nudge(self) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ringer.send(b"\0")

    def step(self, timeout: float | None = None) -> None:
        """Wait until something is to do, at most `timeout` seconds, and do all of it."""
        for key, mask in self._selector.select(self._patience(timeout)):
            if key.data is None:
                with contextlib.suppress(BlockingIOError):
                    self._bell.recv(4096)
            else:
                self._attend(key.data, mask)
        while self._inbox:
            self._inbox.popleft()()
        self._keep_time()

    def close(self) -> None:
        while self._inbox:
            self._inbox.popleft()()
        for room in list(self._rooms.values()):
            for viewer in list(room.viewers):
                self._forget(viewer)
        self.abandon()

    def abandon(self) -> None:
        """Let go of this process's descriptors only: after a fork the connections still belong to the parent."""
        for room in self._rooms.values():
            for viewer in room.viewers:
                viewer.sock.close()
        self._rooms.clear()
        self._selector.close()
        self._bell.close()
        self._ringer.close()

    def _post(self, order: Callable[[], None]) -> None:
        self._inbox.append(order)
        self.nudge()

    def _patience(self, timeout: float | None) -> float | None:
        if self._inbox:
            return 0.0
        if not self._calendar:
            return timeout
        next_beat = max(0.0, self._calendar[0][0] - self._timer())
        return next_beat if timeout is None else min(timeout, next_beat)

    def _admit(self, viewer: Viewer) -> None:
        now = self._timer()
        viewer.closes_at = now + LIFE_SECONDS * random.uniform(0.8, 1.2)
        room = self._rooms.get(viewer.topic)
        if room is None:
            room = self._rooms[viewer.topic] = Room()
            self._watch(viewer.topic)
        room.viewers.add(viewer)
        self._selector.register(viewer.sock, selectors.EVENT_READ, viewer)
        for name in viewer.ends_with:
            self._by_end.setdefault(name, set()).add(viewer)
        self._send(viewer, messages.head(self._clock(), RETRY_MS))
        if ended := [name for name in viewer.ends_with if now < self._ended.get(name, now)]:
            self._dismiss(viewer, ended[0])
        elif room.snapshot is not None:
            data = room.whole(room.snapshot) if viewer.tag != room.snapshot.tag else b""
            viewer.tag = room.snapshot.tag
            self._send(viewer, data, self._pulse_of(room))
        # Streams opened together, as after a restart, must not beat together for ever.
        self._schedule(viewer, now + BEAT_SECONDS * random.uniform(0.5, 1.0))

    def _show(self, topic: str, snapshot: Snapshot, base: str, change: bytes) -> None:
        room = self._rooms.get(topic)
        if room is None:
            return
        doubtful, room.stale = room.stale or room.snapshot is None, False
        room.show(snapshot)
        room.fresh_at = self._clock()
        beat = messages.beat(room.fresh_at) if doubtful else b""
        for viewer in list(room.viewers):
            data = b""
            if viewer.tag != snapshot.tag:
                data = change if viewer.tag == base and change else room.whole(snapshot)
                viewer.tag = snapshot.tag
            self._send(viewer, data, beat)

    def _spoil(self, topics: tuple[str, ...]) -> None:
        for topic in topics:
            room = self._rooms.get(topic)
            if room is None or room.stale:
                continue
            room.stale = True
            notice = messages.stale(room.fresh_at)
            for viewer in list(room.viewers):
                self._send(viewer, notice)

    def _finish(self, names: tuple[str, ...]) -> None:
        now = self._timer()
        self._ended = {name: until for name, until in self._ended.items() if now < until}
        for name in names:
            # Remembered, because the stream may still be on its way here from the view that let it in.
            self._ended[name] = now + (REMEMBER_ENDED if _is_session(name) else REMEMBER_ASKED_AGAIN)
            for viewer in list(self._by_end.get(name, ())):
                self._dismiss(viewer, name)

    def _dismiss(self, viewer: Viewer, name: str) -> None:
        """The end of a session is said. Whoever's rights may have changed comes back by itself, and is asked again."""
        if _is_session(name):
            self._send(viewer, messages.ended())
        self._forget(viewer)

    def _attend(self, viewer: Viewer, mask: int) -> None:
        if viewer.sock.fileno() < 0:
            return
        try:
            if mask & selectors.EVENT_READ:
                viewer.listen()
            if mask & selectors.EVENT_WRITE:
                self._await_room(viewer, waiting=not viewer.flush())
        except Lost:
            self._forget(viewer)

    def _send(self, viewer: Viewer, *messages: bytes) -> None:
        """One by one: put together, each viewer would have bytes of its own."""
        if viewer.sock.fileno() < 0:
            return
        try:
            for data in filter(None, messages):
                self._await_room(viewer, waiting=not viewer.send(data))
        except Lost as lost:
            self.dropped += isinstance(lost, TooSlow)
            self._forget(viewer)

    def _await_room(self, viewer: Viewer, *, waiting: bool) -> None:
        if waiting != (viewer.waits_since < math.inf):
            viewer.waits_since = self._timer() if waiting else math.inf
            events = selectors.EVENT_READ | (selectors.EVENT_WRITE if waiting else 0)
            self._selector.modify(viewer.sock, events, viewer)

    def _keep_time(self) -> None:
        now = self._timer()
        while self._calendar and self._calendar[0][0] <= now:
            _, _, viewer = heapq.heappop(self._calendar)
            room = self._rooms.get(viewer.topic)
            if room is None or viewer not in room.viewers:
                continue
            unread = now - viewer.waits_since >= UNREAD_SECONDS
            if unread or now >= viewer.closes_at:
                self.dropped += unread
                self._forget(viewer)
                continue
            self._send(viewer, self._pulse_of(room))
            self._schedule(viewer, now + BEAT_SECONDS)

    def _schedule(self, viewer: Viewer, at: float) -> None:
        if viewer.sock.fileno() >= 0:
            heapq.heappush(self._calendar, (at, next(self._count), viewer))

    def _pulse_of(self, room: Room) -> bytes:
        """A stale room's beats say so: a page must never look live only because its connection is."""
        now = self._clock()
        if not room.stale and room.fresh_at is not None:
            room.fresh_at = max(room.fresh_at, self._known_at())
            if now - room.fresh_at <= BELIEVED_SECONDS:
                return messages.beat(now)
        return messages.stale(room.fresh_at)

    def _forget(self, viewer: Viewer) -> None:
        room = self._rooms.get(viewer.topic)
        if room is None or viewer not in room.viewers:
            return
        room.viewers.discard(viewer)
        self._selector.unregister(viewer.sock)
        viewer.close()
        for name in viewer.ends_with:
            ending = self._by_end.get(name)
            if ending is not None:
                ending.discard(viewer)
                if not ending:
                    del self._by_end[name]
        if not room.viewers:
            del self._rooms[viewer.topic]
            self._unwatch(viewer.topic)
        self._left(viewer.reader)


def _is_session(name: str) -> bool:
    return name.startswith("session:")
