"""Live pages for one process: one thread reads the store for all viewers, one writes to all of them."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import socket
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable, Sequence

from dashboard.live import messages
from dashboard.live.handover import Start
from dashboard.live.reader import Loads, Reader
from dashboard.live.viewer import Viewer
from dashboard.live.writer import Writer
from storage.model.entities import Change

MOST_VIEWERS = 5000
# Of one person, in whatever sessions: more windows than that poll.
MOST_OF_ONE = 32
# Descriptors that pages, the store and the server itself need.
SPARED_DESCRIPTORS = 256
PATIENCE = 60.0

log = logging.getLogger(__name__)
_hubs: weakref.WeakSet[Hub] = weakref.WeakSet()


class _Running:
    """The two threads and what they work on. Made anew in each process."""

    def __init__(self, hub: Hub) -> None:
        self.stopping = False
        self.reader = Reader(hub.topics, hub.changes, hub.pulse, hub.clock, hub.timer)
        known_at = lambda: self.reader.known_at  # noqa: E731
        self.writer = Writer(self.reader.watch, self.reader.unwatch, hub.left, known_at, hub.clock, hub.timer)
        self.reader.audience = self.writer
        self.threads = [
            threading.Thread(target=self._loop, args=(work,), name=f"live-{work.__name__.strip('_')}", daemon=True)
            for work in (self._read, self._write)
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.stopping = True
        self.reader.bell.set()
        self.writer.nudge()
        for thread in self.threads:
            if thread is not threading.current_thread():
                thread.join(timeout=5.0)
        self.writer.close()

    def _loop(self, work: Callable[[], None]) -> None:
        while not self.stopping:
            try:
                work()
            except Exception:
                # A fault in one message must not silence every page of this process.
                log.exception("live: a step failed")
                time.sleep(0.1)

    def _read(self) -> None:
        self.reader.bell.clear()
        self.reader.bell.wait(self.reader.step())

    def _write(self) -> None:
        self.writer.step(PATIENCE)


class Hub:
    """`topics` makes their snapshots, `changes` lists notices at or after a time in milliseconds, `pulse` is the
    store's (a number that changes when anybody may have written, None where it cannot tell). All three are called by
    the reader thread only, and not at all while nobody watches. Threads start with the first viewer."""

    def __init__(
        self,
        topics: Loads,
        changes: Callable[[int], Sequence[Change]],
        pulse: Callable[[], int | None],
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.monotonic,
        most_viewers: int = MOST_VIEWERS,
        most_of_one: int = MOST_OF_ONE,
    ) -> None:
        self.topics, self.changes, self.pulse = topics, changes, pulse
        self.clock, self.timer = clock, timer
        self._most_viewers, self._most_of_one = most_viewers, most_of_one
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._viewers = 0
        self._of: Counter[str] = Counter()
        _hubs.add(self)

    def after_fork(self) -> None:
        """Forget what belongs to another process: its threads do not exist here."""
        if self._running is not None:
            self._running.writer.abandon()
        self._lock = threading.Lock()
        self._running = None
        self._viewers = 0
        self._of = Counter()

    @property
    def viewers(self) -> int:
        return self._viewers

    @property
    def loads(self) -> int:
        """How often topics were loaded since the threads started."""
        running = self._running
        return running.reader.loaded if running else 0

    @property
    def dropped(self) -> int:
        """Viewers that read too slowly to keep."""
        running = self._running
        return running.writer.dropped if running else 0

    def start(self) -> None:
        with self._lock:
            self._ensure()

    def stop(self) -> None:
        """Close every stream and end the threads; the next viewer starts them again."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None:
            running.stop()

    def wake(self) -> None:
        """This process has just written: look at once. Cheap, and free while nobody watches."""
        running = self._running
        if running is not None:
            running.reader.wake()

    def has_room(self, reader: str = "") -> bool:
        """Whether one more stream may be opened, and by this reader. Nobody in particular has no limit of their own."""
        if reader and self._of[reader] >= self._most_of_one:
            return False
        return self._viewers < min(self._most_viewers, _descriptors() - SPARED_DESCRIPTORS)

    def adopt(
        self, sock: socket.socket, topic: str, seen_tag: str = "", ends_with: tuple[str, ...] = (), reader: str = ""
    ) -> bool:
        """Take over a connected socket on which nothing of the answer was sent yet. False when there are too many
        viewers, or too many of this reader; the socket is then still the caller's."""
        with self._lock:
            if not self.has_room(reader):
                return False
            viewer = Viewer(sock, topic, seen_tag, ends_with, reader)
            self._viewers += 1
            self._of[reader] += 1
            self._ensure().writer.adopt(viewer)
        return True

    def opening(self, topic: str, seen_tag: str = "", ends_with: tuple[str, ...] = (), reader: str = "") -> Start:
        """What a response carries as `handover` to become a stream of this topic."""

        def start(sock: socket.socket) -> None:
            if not self.adopt(sock, topic, seen_tag, ends_with, reader):
                with contextlib.suppress(OSError):
                    sock.sendall(messages.refusal())
                sock.close()

        return start

    def left(self, reader: str) -> None:
        with self._lock:
            self._viewers -= 1
            self._of[reader] -= 1
            if self._of[reader] <= 0:
                del self._of[reader]

    def _ensure(self) -> _Running:
        if self._running is None:
            self._running = _Running(self)
            self._running.start()
        return self._running


def stop_all() -> None:
    """Called by a server process that ends."""
    for hub in list(_hubs):
        hub.stop()


def _descriptors() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return soft if soft != resource.RLIM_INFINITY else 1 << 20


def _after_fork() -> None:
    for hub in list(_hubs):
        hub.after_fork()


os.register_at_fork(after_in_child=_after_fork)
