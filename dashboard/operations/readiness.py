"""Whether a write to the store would succeed, asked of the store once in a while, however many ask us; and whether
this process does its jobs.

Answered before anything looks at the Host header, since balancers ask by address. Strangers are told a word, operators
find the rest in the log.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

from dashboard.jobs.registry import runner
from dashboard.store import get_store
from dashboard.timekeeping import timekeeper
from storage.errors import StorageError, TableMissing, Throttled
from storage.store import Store

logger = logging.getLogger(__name__)

PROBE_SECONDS = 5.0
MISSING, THROTTLED, NO_WRITES = "the table is missing", "the store is throttled", "the store takes no writes"
JOBS = "jobs"


class Readiness:
    """`timer`: seconds by a clock that nobody sets."""

    def __init__(self, timer: Callable[[], float] = time.monotonic) -> None:
        self._timer = timer
        self._lock = threading.Lock()
        self._probed: float | None = None
        self._word = ""
        self._overdue: list[str] = []

    def word(self, store: Store) -> str:
        """What is wrong; empty where nothing is. Whoever asks while somebody waits for the store gets what was last
        known."""
        if self._probed is None:
            with self._lock:
                return self._probe(store) if self._probed is None else self._word
        if self._timer() - self._probed >= PROBE_SECONDS and self._lock.acquire(blocking=False):
            try:
                return self._probe(store)
            finally:
                self._lock.release()
        return self._word

    def word_of_jobs(self, overdue: list[str]) -> str:
        """Which they are is for operators."""
        before, self._overdue = self._overdue, overdue
        if overdue and overdue != before:
            logger.warning("not ready: overdue jobs: %s", ", ".join(overdue))
        return JOBS if overdue else ""

    def forget(self) -> None:
        self._probed, self._word, self._overdue = None, "", []

    def _probe(self, store: Store) -> str:
        before = self._word
        try:
            store.probe()
        except StorageError as error:
            self._word = _word_of(error)
            if self._word != before:
                logger.warning("not ready: %s: %s", type(error).__name__, error)
        else:
            self._word = ""
        self._probed = self._timer()
        return self._word


def _word_of(error: StorageError) -> str:
    if isinstance(error, TableMissing):
        return MISSING
    return THROTTLED if isinstance(error, Throttled) else NO_WRITES


readiness = Readiness()


class Operations:
    """Middleware, before all others: /healthz and /readyz are answered whatever the Host header says."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            if request.path == "/healthz":
                return _told({"status": "up"})
            if request.path == "/readyz":
                return self._ready()
        return self._get_response(request)

    @staticmethod
    def _ready() -> HttpResponse:
        word = readiness.word(get_store()) or readiness.word_of_jobs(runner.overdue())
        if word:
            return _told({"status": "not ready", "reason": word}, 503)
        paused = {"removal": "paused: the clock has jumped"} if timekeeper.jumped_to else {}
        return _told({"status": "ready", **paused})


def _told(body: dict[str, str], status: int = 200) -> HttpResponse:
    response = JsonResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response
