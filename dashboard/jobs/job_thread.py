"""One job's thread: waits until it is due or woken, takes the lease where there is one, works, and notes what came of
it. Whatever goes wrong is tried again; the thread must outlive any of it."""

from __future__ import annotations

import logging
import math
import os
import random
import socket
import threading
from collections.abc import Callable

from dashboard.jobs.job import Job
from storage.errors import StorageError
from storage.model.job_runs import JobRun, Lease
from storage.store import Store

logger = logging.getLogger(__name__)

# So many wake-ups that come together are one run.
SETTLE_SECONDS = 0.1
# A run that failed is tried again after a second, then twice as long each time, or when the next is due anyway.
RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 30.0
# Administrators read of a run this late at most; errors are written at once, where they are others than before.
NOTE_SECONDS = 60.0
OVERDUE_PERIODS, LEAST_OVERDUE_SECONDS = 5, 60.0


def process_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


class JobThread:
    """`wake` is called by other threads; the rest by its own, or by a test in its place."""

    def __init__(self, job: Job, store: Store, stopping: threading.Event, timer: Callable[[], float]) -> None:
        self.job, self.store = job, store
        self._stopping, self._timer = stopping, timer
        self._bell = threading.Event()
        self._lock = threading.Lock()
        self._subjects: dict[str, None] = {}
        self._failures, self._error = 0, ""
        self._noted_at, self._noted_error = -math.inf, ""
        self.due = timer() if job.period_seconds else math.inf
        self._waits_since = timer() if job.period_seconds else math.inf
        self._thread = threading.Thread(target=self._loop, name=f"job {job.name}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def is_alive(self) -> bool:
        return self._thread.is_alive()

    def wake(self, subject: str = "") -> None:
        with self._lock:
            if subject:
                self._subjects[subject] = None
        self._waits_since = min(self._waits_since, self._timer())
        self._bell.set()

    def is_overdue(self) -> bool:
        """Whether nothing has come of it for five periods, a minute at least: since it began, or ended a run, or a run
        said that it goes on; where it has no period, since it was woken."""
        patience = max(OVERDUE_PERIODS * self.job.period_seconds, LEAST_OVERDUE_SECONDS)
        return self._timer() - self._waits_since > patience

    def _loop(self) -> None:
        while not self._stopping.is_set():
            woken = self._bell.wait(None if self.due == math.inf else max(0.0, self.due - self._timer()))
            if woken:
                self._stopping.wait(SETTLE_SECONDS)
            if not self._stopping.is_set():
                self.step()

    def step(self) -> None:
        """One run, if it was woken or is due."""
        woken = self._bell.is_set()
        if not woken and self._timer() < self.due:
            return
        self._bell.clear()
        self._waits_since = began = self._timer()
        with self._lock:
            subjects = tuple(self._subjects)
        run = _Run(self, subjects)
        self._error = self._try(run, woken=woken)
        self._failures = self._failures + 1 if self._error else 0
        self._plan()
        self._note(began, self._error)

    def _try(self, run: _Run, *, woken: bool) -> str:
        """Why it failed; empty where it went well."""
        try:
            if self.job.needed(self.store) and run.enter(woken=woken):
                try:
                    self.job.work(run)
                except BaseException:
                    run.leave(done=False)
                    raise
                run.leave(done=not self._stopping.is_set())
        except Exception as error:
            return self._told(error)
        return ""

    def _told(self, error: Exception) -> str:
        """In words. One that comes again and again is in the log once."""
        words = f"{type(error).__name__}: {error}"
        if words != self._error:
            if isinstance(error, StorageError):
                logger.warning("job %s is put off: %s", self.job.name, error)
            else:
                logger.error("job %s failed", self.job.name, exc_info=error)
        return words

    def _plan(self) -> None:
        """When the next run is due."""
        now, period = self._timer(), self.job.period_seconds
        self.due = now + period * random.uniform(0.8, 1.2) if period else math.inf
        with self._lock:
            left = bool(self._subjects)
        if left or self._failures:
            pause = min(LONGEST_RETRY_SECONDS, RETRY_SECONDS * 2.0 ** min(10, max(0, self._failures - 1)))
            self.due = min(self.due, now + pause)
        self._waits_since = now if self.due < math.inf or self._bell.is_set() else math.inf

    def _note(self, began: float, error: str) -> None:
        """For administrators. Never fails, and is tried again after the next run."""
        ended = self._timer()
        if ended - self._noted_at < NOTE_SECONDS and error in ("", self._noted_error):
            return
        now = self.store.now()
        due = now + round((self.due - ended) * 1000) if self.due < math.inf else 0
        failed_at = now if error else 0
        run = JobRun(self.job.name, now, round((ended - began) * 1000), due, process_name(), error[:300], failed_at)
        try:
            self.store.job_runs.note(run, now - round(NOTE_SECONDS * 1000))
        except StorageError:
            return
        self._noted_at, self._noted_error = ended, error

    # What a run in this thread asks of it

    def progressed(self) -> bool:
        """The job does not hang. Whether the process goes on."""
        self._waits_since = self._timer()
        return not self._stopping.is_set()

    def settled(self, subject: str) -> None:
        with self._lock:
            self._subjects.pop(subject, None)

    def pause(self, seconds: float) -> None:
        self._stopping.wait(seconds)

    def timer(self) -> float:
        return self._timer()


class _Run:
    """dashboard.jobs.job.Run, with its lease."""

    def __init__(self, thread: JobThread, subjects: tuple[str, ...]) -> None:
        self._thread = thread
        self._job = thread.job
        self.store = thread.store
        self.subjects = subjects
        self._lease: Lease | None = None
        self._renew_at = math.inf

    def enter(self, *, woken: bool) -> bool:
        """Take the lease, where there is one. Whether the work is this process's. Woken, it does not matter that
        another did it just now."""
        seconds = self._job.lease_seconds
        if not seconds:
            return True
        done_after = 0 if woken else self.store.now() - round(500 * self._job.period_seconds)
        self._lease = self.store.leases.take(self._job.name, process_name(), seconds, done_after)
        self._renew_at = self._thread.timer() + seconds / 3
        return self._lease is not None

    def leave(self, *, done: bool) -> None:
        if self._lease is not None:
            self.store.leases.release(self._lease, done=done)

    def done(self, subject: str) -> None:
        self._thread.settled(subject)

    def goes_on(self) -> bool:
        if not self._thread.progressed():
            return False
        if self._lease is not None and self._thread.timer() >= self._renew_at:
            self._lease = self.store.leases.renew(self._lease, self._job.lease_seconds)
            self._renew_at = self._thread.timer() + self._job.lease_seconds / 3
            return self._lease is not None
        return self._lease is not None or not self._job.lease_seconds

    def rest(self, seconds: float) -> bool:
        self._thread.pause(seconds)
        return self.goes_on()
