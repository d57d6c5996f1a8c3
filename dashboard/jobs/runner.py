"""Runs jobs, each on a thread of its own: one that is slow or hangs delays no other. Started after the fork."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from dashboard.jobs.job import Job
from dashboard.jobs.job_thread import JobThread
from dashboard.wakeups import WakeUps, wakeups
from storage.store import Store

logger = logging.getLogger(__name__)

STOP_SECONDS = 2.0


class Runner:
    """`timer`: seconds by a clock that nobody sets."""

    def __init__(
        self, jobs: Sequence[Job], wakeups: WakeUps = wakeups, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._jobs = tuple(jobs)
        self._wakeups = wakeups
        self._timer = timer
        self._threads: list[JobThread] = []
        self._stopping = threading.Event()

    def start(self, store: Store) -> None:
        """In this process. A second time changes nothing."""
        if self._threads:
            return
        self._stopping.clear()
        self._threads = [JobThread(job, store, self._stopping, self._timer) for job in self._jobs]
        for thread in self._threads:
            for name in thread.job.wake_ups:
                self._wakeups.listen(name, thread.wake)
            thread.start()

    def overdue(self) -> list[str]:
        """Names of jobs that should have run by now and have not, or hang. None where nothing was started."""
        return [thread.job.name for thread in self._threads if thread.is_overdue()]

    def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Let runs come to an end and leases be given back. What still works after so long dies with the process, and
        its lease runs out."""
        self._stopping.set()
        until = time.monotonic() + seconds
        for thread in self._threads:
            thread.wake()
            for name in thread.job.wake_ups:
                self._wakeups.ignore(name, thread.wake)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        left = [thread.job.name for thread in self._threads if thread.is_alive()]
        if left:
            logger.warning("still at work when the process ends: %s", ", ".join(left))
        self._threads = []
