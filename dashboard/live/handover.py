"""How a WSGI application gives a connection away: the server's worker hands the socket to whoever will write to it.

Django has signed the reader in and checked the page's permission by then; the response it returns is only a carrier.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable
from typing import Any

Start = Callable[[socket.socket], None]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

OFFER = "bigtransit.handover"


class Handover(Exception):
    """Raised to the worker instead of an answer. `start` owns the socket from then on."""

    def __init__(self, start: Start) -> None:
        super().__init__("connection handed over")
        self.start = start


def offered(environ: dict[str, Any]) -> bool:
    """Whether the server that runs this request takes handovers. If not, the page has to poll."""
    return environ.get(OFFER) is True and "gunicorn.socket" in environ


def with_handover(app: Application) -> Application:
    """The application, except that a response carrying an attribute `handover` gives its connection to it."""

    def handing_over(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        response = app(environ, start_response)
        start: Start | None = getattr(response, "handover", None)
        if start is None or not offered(environ):
            return response
        close = getattr(response, "close", None)
        if close is not None:
            close()
        raise Handover(start)

    return handing_over
