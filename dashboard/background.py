"""What a process does besides answering: folding again what went stale, the inbox, expiry. One daemon thread, started
after the fork; every job is safe to do twice or in several processes at once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable

from storage.errors import StorageError

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 0.1
SWEEP_SECONDS = 2.0
REMOVE_SECONDS = 5.0
PURGE_SECONDS = 3600.0
NOTE_SECONDS = 20.0


class Background:
    """`changed`, `stale` and `waiting` are what requests say; the jobs are what gets done about it."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._stale: set[str] = set()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._listeners: list[Callable[[], None]] = []
        self._refold: Callable[[str], object] = lambda pipeline_id: None
        self._periodic: list[_Job] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this at once whenever this process has committed a change."""
        self._listeners.append(listener)

    def changed(self) -> None:
        """This process has just committed something that open pages follow."""
        for listener in self._listeners:
            listener()
        self._wake.set()

    def stale(self, pipeline_id: str) -> None:
        """What is derived of this pipeline must be folded again from its executions."""
        with self._lock:
            self._stale.add(pipeline_id)
        self._wake.set()

    def waiting(self) -> None:
        """This process has just put something into the inbox."""
        for job in self._periodic:
            if job.seconds == SWEEP_SECONDS:
                job.due = 0.0
        self._wake.set()

    def removing(self) -> None:
        """This process has just deleted a team: begin to take away what it left."""
        for job in self._periodic:
            if job.seconds == REMOVE_SECONDS:
                job.due = 0.0
        self.changed()

    def start(
        self,
        refold: Callable[[str], object],
        sweep: Callable[[], object],
        purge: Callable[[], object],
        remove: Callable[[], object] = lambda: None,
        note: Callable[[], object] = lambda: None,
    ) -> None:
        if self._thread is not None:
            return
        self._refold = refold
        self._periodic = [_Job(sweep, SWEEP_SECONDS), _Job(purge, PURGE_SECONDS)]
        self._periodic += [_Job(remove, REMOVE_SECONDS), _Job(note, NOTE_SECONDS)]
        self._thread = threading.Thread(target=self._run, name="background", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            woken = self._wake.wait(timeout=1.0)
            if woken:
                time.sleep(SETTLE_SECONDS)
                self._wake.clear()
            self.work(time.monotonic())

    def work(self, now: float) -> None:
        """One round: the pipelines that are stale, then what is due."""
        with self._lock:
            stale, self._stale = self._stale, set()
        for pipeline_id in sorted(stale):
            if not _try(lambda pipeline_id=pipeline_id: self._refold(pipeline_id)):  # type: ignore[misc]
                with self._lock:
                    self._stale.add(pipeline_id)
        for job in self._periodic:
            if now >= job.due:
                job.due = now + job.seconds * random.uniform(0.8, 1.2)
                _try(job.work)


class _Job:
    def __init__(self, work: Callable[[], object], seconds: float) -> None:
        self.work, self.seconds, self.due = work, seconds, 0.0


def _try(work: Callable[[], object]) -> bool:
    """Whether it went well. What fails is tried again in the next round; the thread must outlive any of it."""
    try:
        work()
    except StorageError as error:
        logger.warning("background work put off: %s", error)
        return False
    except Exception:
        logger.exception("background work failed")
        return False
    return True


background = Background()
