"""gunicorn's worker: a process that serves by bigtransit.serving.loop, and can give a connection away to a stream."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import time
from typing import Any

from gunicorn.workers.base import Worker as BaseWorker

from bigtransit.serving.gateway import Gateway
from bigtransit.serving.limits import Limits
from bigtransit.serving.loop import Loop
from bigtransit.serving.pool import Pool
from dashboard.http.lanes import MOST_WAITING, THREADS, Lane
from dashboard.live.hub import MOST_VIEWERS, SPARED_DESCRIPTORS, stop_all

MOST_DESCRIPTORS = 65_536
BEAT_SECONDS = 1.0


class Worker(BaseWorker):  # type: ignore[misc]  # gunicorn has no types
    """One process. Its main thread runs the loop, which tells the arbiter that it lives."""

    @classmethod
    def check_config(cls, cfg: Any, log: Any) -> None:  # noqa: ARG003 - gunicorn names it
        if cfg.is_ssl:
            raise SystemExit("TLS belongs to a proxy in front of Big Transit: certfile and keyfile are not taken here")

    def init_process(self) -> None:
        _raise_descriptor_limit()
        super().init_process()

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.alive = False

    def run(self) -> None:
        loop = Loop(
            [listener.sock for listener in self.sockets],
            Gateway(self),
            pools={
                Lane.PAGES: Pool(self.cfg.threads),
                **{lane: Pool(threads, MOST_WAITING[lane]) for lane, threads in THREADS.items()},
            },
            limits=Limits(idle_seconds=float(self.cfg.keepalive)),
            most_connections=_most_connections(),
        )
        signal.siginterrupt(signal.SIGTERM, True)
        try:
            self._serve(loop)
        finally:
            loop.close()
            stop_all()

    def _serve(self, loop: Loop) -> None:
        while self.alive and os.getppid() == self.ppid:
            self._beat(loop)
        loop.stop()
        stop_all()
        until = time.monotonic() + self.cfg.graceful_timeout
        while loop.connections and time.monotonic() < until:
            self._beat(loop)

    def _beat(self, loop: Loop) -> None:
        self.notify()
        loop.step(BEAT_SECONDS)


def _most_connections() -> int:
    """Beside streams, files and what the store needs."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_DESCRIPTORS if soft == resource.RLIM_INFINITY else soft
    return max(64, most - min(MOST_VIEWERS, most // 2) - SPARED_DESCRIPTORS)


def _raise_descriptor_limit() -> None:
    """Each stream is a descriptor, and the usual soft limit of 1024 is far below what the process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
