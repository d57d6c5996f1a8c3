"""What a process does besides answering: summaries after changes, the inbox, expiry. One daemon thread, started after
the fork; every job is safe to do twice or in several processes at once.
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
REPAIR_SECONDS = 60.0
REMOVE_SECONDS = 5.0
PURGE_SECONDS = 3600.0


class Background:
    """`changed` and `waiting` are what requests say; `jobs` is what gets done about it."""

    def __init__(self) -> None:
        self._wake = threading.Event()
        self._lock = threading.Lock()
        self._teams: set[str] = set()
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._listeners: list[Callable[[], None]] = []
        self._refresh: Callable[[str], object] = lambda team_id: None
        self._periodic: list[_Job] = []

    def on_change(self, listener: Callable[[], None]) -> None:
        """Call this at once whenever this process has committed a change."""
        self._listeners.append(listener)

    def changed(self, team_id: str) -> None:
        """This process has just changed a team's board."""
        for listener in self._listeners:
            listener()
        with self._lock:
            self._teams.add(team_id)
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
        self.changed_anything()

    def changed_anything(self) -> None:
        """This process has just committed something that open pages follow."""
        for listener in self._listeners:
            listener()
        self._wake.set()

    def start(
        self,
        refresh: Callable[[str], object],
        sweep: Callable[[], object],
        repair: Callable[[], object],
        purge: Callable[[], object],
        remove: Callable[[], object] = lambda: None,
    ) -> None:
        if self._thread is not None:
            return
        self._refresh = refresh
        self._periodic = [_Job(sweep, SWEEP_SECONDS), _Job(repair, REPAIR_SECONDS), _Job(purge, PURGE_SECONDS)]
        self._periodic.append(_Job(remove, REMOVE_SECONDS))
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
        """One round: the teams that changed, then what is due."""
        with self._lock:
            teams, self._teams = self._teams, set()
        for team_id in sorted(teams):
            if not _try(lambda team_id=team_id: self._refresh(team_id)):  # type: ignore[misc]
                with self._lock:
                    self._teams.add(team_id)
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
