"""The loop with an application of a few words, over real sockets, on a clock in the test's hand."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bigtransit.serving.application import Refused
from bigtransit.serving.connection import Answer, Connection, Request
from bigtransit.serving.framing import BodyReader, ChunkedBody, SizedBody
from bigtransit.serving.limits import Limits
from bigtransit.serving.loop import Loop
from bigtransit.serving.pool import Pool

LIMITS = Limits(most_unfinished=5)
FEW_BYTES = Limits(most_unfinished=5, most_bytes=50_000)
GET = b"GET /%s HTTP/1.1\r\n\r\n"


@dataclass
class Told:
    """A request as the words of its head: method, path, headers."""

    method: str
    path: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: io.BytesIO = field(default_factory=io.BytesIO)

    def should_close(self) -> bool:
        return ("CONNECTION", "close") in self.headers


class Words:
    """An application whose answer is the path and the length of the body. `/held` waits until `release`d, `/few-…` has
    one thread and room for one that waits, `/given` takes the socket, `/long-<n>` answers so many bytes, `/fails`
    raises."""

    def __init__(self) -> None:
        self.held = threading.Semaphore(0)
        self.given: list[socket.socket] = []
        self.busy = threading.Semaphore(0)
        self.addresses: dict[str, str] = {}

    def parse(self, head: bytes, connection: Connection) -> Request:
        lines = head.decode().split("\r\n")
        method, path, *_ = [*lines[0].split(" "), ""]
        if not path:
            raise Refused(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        headers = [(name.upper(), value) for name, _, value in (line.partition(": ") for line in lines[1:] if line)]
        connection.continues = ("EXPECT", "100-continue") in headers
        return Told(method, path, headers)

    def body_of(self, request: Request) -> BodyReader:
        told = dict(request.headers)
        if "TRANSFER-ENCODING" in told:
            return ChunkedBody(20_000)
        return SizedBody(int(told.get("CONTENT-LENGTH", 0)), 20_000)

    def address_of_peer(self, peer: object) -> str:
        return str(peer[0]) if isinstance(peer, tuple) else ""

    def address_of(self, request: Request, connection: Connection) -> str:
        return dict(request.headers).get("FROM", connection.address)

    def lane_of(self, request: Request) -> str:
        return "few" if request.path.startswith("/few") else "many"

    def at_once(self, request: Request) -> Answer | None:
        return self._answer(request, b"alive") if request.path == "/healthz" else None

    def run(self, request: Request, body: bytes, connection: Connection) -> Answer | None:
        if request.path in ("/held", "/few-held"):
            self.busy.release()
            self.held.acquire()
        if request.path == "/given":
            self.given.append(connection.sock)
            return None
        if request.path == "/fails":
            raise ValueError
        if request.path.startswith("/long-"):
            return self._answer(request, b"x" * int(request.path[6:]))
        return self._answer(request, f"{request.path} {len(body)}".encode())

    def refusal(self, code: int) -> bytes:
        return b"HTTP/1.1 %d Refused\r\n\r\n" % code

    @staticmethod
    def _answer(request: Request, body: bytes) -> Answer:
        answer = Answer()
        answer.keep = not request.should_close()
        answer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        return answer


class Stage:
    """The loop in this thread: it moves while a test waits for something."""

    def __init__(self, **changes: object) -> None:
        self.now = 1000.0
        self.words = Words()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=200)
        most = int(str(changes.pop("most_connections", 1000)))
        limits = changes.pop("limits", LIMITS)
        assert isinstance(limits, Limits)
        self.loop = Loop(
            [self.listener],
            self.words,
            pools={"many": Pool(2), "few": Pool(1, most_waiting=1)},
            limits=limits,
            most_connections=most,
            clock=lambda: self.now,
        )
        self.clients: list[socket.socket] = []

    def client(self, data: bytes = b"", host: str = "127.0.0.1") -> socket.socket:
        sock = socket.create_connection(self.listener.getsockname(), source_address=(host, 0))
        self.clients.append(sock)
        sock.setblocking(False)
        self.send(sock, data)
        self.turn()
        return sock

    def send(self, sock: socket.socket, data: bytes) -> None:
        sock.sendall(data)
        self.turn()

    def turn(self, times: int = 3) -> None:
        for _ in range(times):
            self.loop.step(0.01)

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.turn()

    def read(self, sock: socket.socket, enough: Callable[[bytes], bool] = bool) -> bytes:
        """What comes, until it is enough or the end."""
        found = b""
        for _ in range(400):
            self.loop.step(0.01)
            try:
                piece = sock.recv(1 << 20)
            except BlockingIOError:
                continue
            except ConnectionResetError:
                return found + b" RESET"
            if not piece:
                return found + b" END"
            found += piece
            if enough(found):
                return found
        raise AssertionError(f"nothing more came after {found[:200]!r}")

    def ask(self, path: str = "page", host: str = "127.0.0.3") -> bytes:
        return self.read(self.client(GET % path.encode(), host))

    def is_closed(self, sock: socket.socket) -> bool:
        return self.read(sock, lambda _: False).endswith((b"END", b"RESET"))


def staged(**changes: object) -> Iterator[Stage]:
    found = Stage(**changes)
    yield found
    found.words.held.release(99)
    for sock in [*found.clients, *found.words.given, found.listener]:
        sock.close()
    found.loop.close()
