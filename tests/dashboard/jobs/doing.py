"""A job done by hand: its thread is made, and never started."""

from __future__ import annotations

import threading

from dashboard.jobs.job import Job
from dashboard.jobs.job_thread import JobThread
from storage.store import Store


class Timer:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


class Stopping(threading.Event):
    """Rests take no time."""

    def wait(self, timeout: float | None = None) -> bool:
        return self.is_set()


def thread_of(job: Job, store: Store, timer: Timer | None = None, stopping: threading.Event | None = None) -> JobThread:
    return JobThread(job, store, stopping or Stopping(), timer or Timer())


def do(job: Job, store: Store, *subjects: str) -> JobThread:
    """One run, woken."""
    thread = thread_of(job, store)
    for subject in subjects or ("",):
        thread.wake(subject)
    thread.step()
    return thread
