"""Rows that change while pages are measured: signed events, so many a second, from a thread of their own."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from tests.bench.bodies import Event, signed
from tests.bench.server import Server
from tests.bench.town import Town


class Changing:
    """Posts `events` to the server while the block runs. `rate` is what came of it."""

    def __init__(self, server: Server, town: Town, events: Iterator[Event], per_second: float) -> None:
        self._server, self._town, self._events, self._pause = server, town, events, 1 / per_second
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="changing")
        self._error: Exception | None = None
        self._posted = 0
        self._began = 0.0
        self.rate = 0.0

    def __enter__(self) -> Self:
        self._began = time.monotonic()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        self.rate = self._posted / (time.monotonic() - self._began)
        if self._error is not None and error is None:
            raise self._error

    def _run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._server.port, timeout=10)
        due = time.monotonic()
        try:
            while not self._done.wait(max(0.0, due - time.monotonic())):
                due += self._pause
                post(connection, self._town, next(self._events))
                self._posted += 1
        except Exception as error:
            self._error = error
        finally:
            connection.close()


def post(connection: http.client.HTTPConnection, town: Town, event: Event) -> None:
    """Raises RuntimeError unless the event was accepted."""
    connection.request("POST", town.path, event.body, signed(event, town.secret))
    answer = connection.getresponse()
    told = answer.read()
    if answer.status != 202:
        raise RuntimeError(f"an event was answered {answer.status}: {told.decode()[:200]}")
