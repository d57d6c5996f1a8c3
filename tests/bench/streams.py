"""Open pages: how long an accepted event takes to them, in its own process and in another, and what a page costs."""

from __future__ import annotations

import http.client
import random
import resource
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.bodies import Event, pipeline_id
from tests.bench.changing import post
from tests.bench.load import percentile
from tests.bench.server import Server
from tests.bench.town import Town
from tests.many_readers import cookies

FEW = 5
PATIENCE = 30.0
OPENING_PATIENCE = 120.0
# The first thing that a viewer hears whose page is up to date.
SERVED = b"event: beat"


@dataclass(frozen=True, slots=True)
class DelayResult:
    """From the first byte of the event's post until a page has its news, in milliseconds."""

    events: int
    same_p50: float
    same_max: float
    other_p50: float
    other_max: float


@dataclass(frozen=True, slots=True)
class CrowdResult:
    """Milliseconds from the post until the first, the middle and the last viewer has the news: medians of `events`,
    and the slowest `last`. opening_seconds: until all of them, come at once, were being served."""

    viewers: int
    events: int
    first: float
    middle: float
    last: float
    last_max: float
    kilobytes_each: float
    opening_seconds: float


class Viewer:
    """An open stream. `arrived` is when the news of the row that is waited for came, 0 before."""

    def __init__(self, port: int, path: str, cookie: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n".encode())
        self._rest = b""
        self.arrived = 0.0

    def take(self, sign: bytes) -> bool:
        """Read what is there. Whether it held the whole of a message with this sign."""
        data = self.sock.recv(262_144)
        now = time.perf_counter()
        if not data:
            raise RuntimeError("the server closed a stream")
        *messages, self._rest = (self._rest + data).split(b"\n\n")
        if self.arrived or not any(sign in message for message in messages):
            return False
        self.arrived = now
        return True


class Crowd:
    """Viewers of one topic, on one or more servers."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self.viewers = viewers
        self._selector = selectors.DefaultSelector()
        for viewer in viewers:
            self._selector.register(viewer.sock, selectors.EVENT_READ, viewer)

    def wait(self, sign: bytes, patience: float = PATIENCE) -> None:
        """Until each has had a message with this sign. Raises RuntimeError when one has not."""
        missing = sum(not viewer.arrived for viewer in self.viewers)
        deadline = time.perf_counter() + patience
        while missing:
            if time.perf_counter() > deadline:
                raise RuntimeError(f"{missing} of {len(self.viewers)} streams have not had their news")
            for key, _ in self._selector.select(0.1):
                missing -= key.data.take(sign)

    def rest(self, seconds: float) -> None:
        """Let time pass, throwing away what comes."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            for key, _ in self._selector.select(left):
                key.data.take(b"\0")
        for viewer in self.viewers:
            viewer.arrived = 0.0

    def close(self) -> None:
        self._selector.close()
        for viewer in self.viewers:
            viewer.sock.close()


def delay(storage_url: str, town: Town, folder: Path, events: Iterator[Event], count: int) -> DelayResult:
    """Two servers of one process each over one store; events go to the first."""
    with ExitStack() as stack:
        servers = [stack.enter_context(Server(storage_url, folder, workers=1)) for _ in range(2)]
        cookie = servers[0].sign_in()
        path = path_of_stream(servers[0], town, cookie)
        crowd = Crowd([Viewer(server.port, path, cookie) for server in servers for _ in range(FEW)])
        stack.callback(crowd.close)
        rounds = _tell(crowd, servers[0], town, events, count)
    same = [each for times in rounds for each in times[:FEW]]
    other = [each for times in rounds for each in times[FEW:]]
    return DelayResult(count, percentile(same, 0.5), max(same), percentile(other, 0.5), max(other))


def crowd(
    storage_url: str, town: Town, folder: Path, events: Iterator[Event], *, viewers: int, count: int
) -> CrowdResult:
    """All of them on one process."""
    allow_descriptors(viewers + 200)
    with ExitStack() as stack:
        server = stack.enter_context(Server(storage_url, folder, workers=1))
        cookie = server.sign_in()
        first = Crowd([Viewer(server.port, path_of_stream(server, town, cookie), cookie)])
        stack.callback(first.close)
        _tell(first, server, town, events, 2)
        before = server.memory_kib()
        readers = cookies(server.environment, viewers)
        path, began = path_of_stream(server, town, cookie), time.perf_counter()
        many = Crowd([Viewer(server.port, path, each) for each in readers])
        stack.callback(many.close)
        many.wait(SERVED, OPENING_PATIENCE)
        opening = time.perf_counter() - began
        rounds = _tell(many, server, town, events, count)
        after = server.memory_kib()
    lasts = [max(times) for times in rounds]
    return CrowdResult(
        viewers=viewers,
        events=count,
        first=median(min(times) for times in rounds),
        middle=median(percentile(times, 0.5) for times in rounds),
        last=median(lasts),
        last_max=max(lasts),
        kilobytes_each=(after - before) / viewers,
        opening_seconds=opening,
    )


def _tell(crowd: Crowd, server: Server, town: Town, events: Iterator[Event], count: int) -> list[list[float]]:
    """Post events one by one; for each, how long every viewer waited."""
    crowd.wait(SERVED)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    rounds = []
    for _ in range(count):
        # At no fixed distance, so as not to keep step with what the servers do periodically.
        crowd.rest(random.uniform(0.3, 0.7))
        event = next(events)
        began = time.perf_counter()
        post(connection, town, event)
        crowd.wait(b"pl-" + pipeline_id(town.team_id, event.service).encode())
        rounds.append([(viewer.arrived - began) * 1000 for viewer in crowd.viewers])
    connection.close()
    return rounds


def path_of_stream(server: Server, town: Town, cookie: str) -> str:
    """The stream's address as the board has it, made just now."""
    asked = {"Cookie": cookie, "HX-Request": "true", "HX-PTag": "none"}
    return f"/live/team:{town.team_id}?tag={server.ask(town.board, send=asked).headers['hx-ptag']}"


def allow_descriptors(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
