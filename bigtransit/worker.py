"""gunicorn's threaded worker, able to give a connection away: open event streams never occupy a thread."""

from __future__ import annotations

import contextlib
import resource
import socket
import ssl
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

from dashboard.live.handover import OFFER, Application, Handover
from dashboard.live.hub import stop_all

MOST_DESCRIPTORS = 65_536


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    wsgi: Application

    def init_process(self) -> None:
        _raise_descriptor_limit()
        super().init_process()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        self.wsgi = _offering(self.wsgi)

    def run(self) -> None:
        try:
            super().run()
        finally:
            stop_all()

    def handle_request(self, req: Any, conn: Any) -> bool:
        try:
            return bool(super().handle_request(req, conn))
        except Handover as handover:
            sock: socket.socket = conn.sock
            # Without a socket the connection is no longer the server's, see finish_request.
            conn.sock = None
            try:
                handover.start(sock)
            except Exception:
                self.log.exception("A connection could not be handed over")
                sock.close()
            return False

    def finish_request(self, conn: Any, fs: Future[Any]) -> None:
        if conn.sock is None:
            self.nr_conns -= 1
        else:
            super().finish_request(conn, fs)


def _offering(app: Application) -> Application:
    """The application, told that its connection may be handed over: plain HTTP/1 ones, whose bytes are ours alone."""

    def offering(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        sock = environ.get("gunicorn.socket")
        if isinstance(sock, socket.socket) and not isinstance(sock, ssl.SSLSocket):
            environ[OFFER] = environ.get("HTTP_VERSION") != "2"
        return app(environ, start_response)

    return offering


def _raise_descriptor_limit() -> None:
    """Each stream is a descriptor, and the usual soft limit of 1024 is far below what the process may have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_DESCRIPTORS if hard == resource.RLIM_INFINITY else min(hard, MOST_DESCRIPTORS)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
