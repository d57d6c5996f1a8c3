"""Between the loop and the WSGI application: gunicorn reads heads and writes answers, Big Transit says the rest."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from gunicorn.http import wsgi
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.errors import ExpectationFailed, LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.http.parser import RequestParser

from bigtransit.serving.application import Refused
from bigtransit.serving.connection import Answer, Connection, Request
from bigtransit.serving.framing import BodyReader, ChunkedBody, SizedBody
from bigtransit.serving.limits import network_of
from dashboard.auth.addresses import believed_address, is_believed
from dashboard.http.body_limits import most_body
from dashboard.http.browser_headers import written_out
from dashboard.http.lanes import lane_of
from dashboard.live.handover import OFFER, Handover

RETRY = "Retry-After: 3\r\n"
WORDS = {503: "Too many ask for this just now. Try again in a few seconds."}
ALIVE = b'{"status": "up"}'
# What a head is refused with that is more than a bad request. A coding that nobody knows is no fault of ours.
REFUSALS: dict[type[ParseException], int] = {LimitRequestLine: 414, LimitRequestHeaders: 431, ExpectationFailed: 417}


class Gateway:
    """`worker`: gunicorn's, for its configuration, log and application."""

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._cfg = worker.cfg

    def parse(self, head: bytes, connection: Connection) -> Request:
        try:
            request = next(RequestParser(self._cfg, [head], connection.peer))
        except ParseException as error:
            peer = connection.peer[0] if isinstance(connection.peer, tuple) else ""
            self._worker.log.warning("Invalid request from ip=%s: %.200s", peer, error)
            raise Refused(self.refusal(REFUSALS.get(type(error), 400))) from error
        except Exception as error:
            self._worker.log.exception("Error reading the head of a request")
            raise Refused(self.refusal(500)) from error
        # A later minor version is answered in the latest one that is known (RFC 9110, section 2.5).
        request.version = min(request.version, (1, 1))
        connection.continues = request._expected_100_continue
        # Told by the loop, not by what makes the answer.
        request._expected_100_continue = False
        return request  # type: ignore[no-any-return]

    def body_of(self, request: Request) -> BodyReader:
        reader, most = request.body.reader, most_body(request.method, request.path)
        if isinstance(reader, ChunkedReader):
            return ChunkedBody(most)
        return SizedBody(reader.length if isinstance(reader, LengthReader) else 0, most)

    def address_of_peer(self, peer: object) -> str:
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        return "" if not address or is_believed(address) else network_of(address)

    def address_of(self, request: Request, connection: Connection) -> str:
        peer = str(connection.peer[0]) if isinstance(connection.peer, tuple) else ""
        if peer and not is_believed(peer):
            return connection.address
        told = ",".join(value for name, value in request.headers if name == "X-FORWARDED-FOR")
        found = believed_address(peer, told)
        return network_of(found) if found != peer else connection.address

    def lane_of(self, request: Request) -> str:
        return lane_of(request.method, request.path, request.headers)

    def at_once(self, request: Request) -> Answer | None:
        """That this process lives is told by the loop: threads may all be busy."""
        if request.path != "/healthz" or request.method not in ("GET", "HEAD"):
            return None
        answer = Answer()
        answer.keep = self._may_keep() and not request.should_close()
        body = ALIVE if request.method == "GET" else b""
        answer.sendall(_head(200, len(ALIVE), keep=answer.keep, kind="application/json") + body)
        return answer

    def refusal(self, code: int) -> bytes:
        words = b'{"message":"%s"}' % WORDS.get(code, HTTPStatus(code).phrase).encode()
        return _head(code, len(words), keep=False, kind="application/json") + words

    def run(self, request: Request, body: bytes, connection: Connection) -> Answer | None:
        _with_length(request, body)
        answer = Answer()
        try:
            self._respond(request, connection, answer)
        except Handover as handover:
            answer.close()
            handover.start(connection.sock)
            return None
        except Exception:
            self._worker.log.exception("Error handling request %s %s", request.method, request.path)
            # What was begun cannot be taken back: an answer cut short says that it is none.
            if not answer.length:
                answer.sendall(self.refusal(500))
            answer.keep = False
        return answer

    def _respond(self, request: Request, connection: Connection, answer: Answer) -> None:
        began = datetime.now()
        self._cfg.pre_request(self._worker, request)
        response, environ = wsgi.create(request, answer, connection.peer, connection.server, self._cfg)
        environ["wsgi.multithread"] = True
        environ["gunicorn.socket"] = connection.sock
        environ[OFFER] = True
        if not self._may_keep():
            response.force_close()
        found: Iterable[bytes] = self._worker.wsgi(environ, response.start_response)
        try:
            for item in found:
                # Django makes the whole answer to a HEAD, too.
                if request.method != "HEAD":
                    response.write(item)
            response.close()
            answer.keep = not response.should_close()
        finally:
            self._worker.log.access(response, request, environ, datetime.now() - began)
            close = getattr(found, "close", None)
            if close is not None:
                close()
            self._cfg.post_request(self._worker, request, environ, response)

    def _may_keep(self) -> bool:
        return bool(self._worker.alive and self._cfg.keepalive)


def _with_length(request: Request, body: bytes) -> None:
    """The application is told a decoded body's length, however it came."""
    if isinstance(request.body.reader, ChunkedReader):
        kept = [(name, value) for name, value in request.headers if name != "TRANSFER-ENCODING"]
        request.headers = [*kept, ("CONTENT-LENGTH", str(len(body)))]
    request.body = io.BytesIO(body)


def _head(code: int, length: int, *, keep: bool, kind: str) -> bytes:
    return (
        f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n"
        f"Connection: {'keep-alive' if keep else 'close'}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n"
        f"{written_out()}{RETRY if code == 503 else ''}\r\n"
    ).encode()
