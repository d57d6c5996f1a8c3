"""The server's own settings, and in each worker the two faults that only come from inside: a clock that somebody sets
wrong, and a death at a call of the store. `SOAK_CONTROL` is a folder in which the suite says what is to happen.
"""

from __future__ import annotations

import functools
import os
import random
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

_CONTROL = Path(os.environ["SOAK_CONTROL"])
_time, _time_ns = time.time, time.time_ns


def _told(name: str) -> str:
    with suppress(OSError):
        return (_CONTROL / name).read_text()
    return ""


def _ahead() -> int:
    """Seconds by which the clock is wrong."""
    return int(_told("clock") or 0)


# Before anything else looks at the time.
time.time = lambda: _time() + _ahead()
time.time_ns = lambda: _time_ns() + _ahead() * 1_000_000_000

exec((Path(__file__).parents[2] / "bigtransit" / "gunicorn.conf.py").read_text())  # noqa: S102
_init = globals()["post_worker_init"]

CALLS = ("get", "batch_get", "query", "write", "transact")
_webhook = threading.local()


def post_worker_init(worker: Any) -> None:
    from dashboard.webhooks import ingest
    from storage.engines.dynamodb import DynamoEngine
    from storage.engines.sqlite import SqliteEngine

    engines: tuple[type, ...] = (SqliteEngine, DynamoEngine)
    for engine in engines:
        for name in CALLS:
            setattr(engine, name, _deadly(getattr(engine, name)))
    ingest.ingest = _watched(ingest.ingest)
    _init(worker)


def _watched(call: Callable[..., Any]) -> Callable[..., Any]:
    """A webhook: it dies at the call that the file `kill` names, such as `before 2`, which is for one webhook alone."""

    @functools.wraps(call)
    def watched(*args: Any, **kwargs: Any) -> Any:
        _webhook.left, _webhook.when = 0, ""
        with suppress(OSError, ValueError):
            own = _CONTROL / f"kill-{os.getpid()}-{threading.get_ident()}"
            (_CONTROL / "kill").rename(own)
            when, number = own.read_text().split()
            own.unlink()
            _webhook.left, _webhook.when = int(number), when
        try:
            return call(*args, **kwargs)
        finally:
            _webhook.left = 0

    return watched


def _deadly(call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def deadly(*args: Any, **kwargs: Any) -> Any:
        left = getattr(_webhook, "left", 0)
        _webhook.left = left - 1
        if left == 1 and _webhook.when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        _any_may_die()
        answer = call(*args, **kwargs)
        if left == 1 and _webhook.when == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        _any_may_die()
        return answer

    return deadly


def _any_may_die() -> None:
    """At any call of any thread, once in as many as the file `odds` says."""
    odds = int(_told("odds") or 0)
    if odds and random.randrange(odds) == 0:
        os.kill(os.getpid(), signal.SIGKILL)
