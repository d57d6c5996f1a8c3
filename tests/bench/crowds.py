"""Many people on one board while events keep coming: how long a change takes to each of them, over all."""

from __future__ import annotations

import http.client
import math
import random
import re
import selectors
import sys
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.bodies import Event, pipeline_id
from tests.bench.changing import post
from tests.bench.load import percentile
from tests.bench.server import Server
from tests.bench.streams import OPENING_PATIENCE, SERVED, Crowd, Viewer, allow_descriptors, path_of_stream
from tests.bench.town import Town
from tests.many_readers import cookies

# What comes in this time at the end is waited for, but none are posted.
LAST_SECONDS = 3.0
# Of rows and of their parts, whose ids begin with the first letters of the pipeline's.
ROW = re.compile(rb"\bp(?:l-)?([0-9a-f]{12})")
LETTERS = 12


@dataclass(frozen=True, slots=True)
class SteadyResult:
    """Milliseconds from an event's post until a viewer has a message of its row, over all events and viewers.
    changes: events that were posted a second; silent: those that changed nothing that is shown, which do not count.
    bytes_each: that a viewer was sent for an event. processor: cores that the server kept busy."""

    viewers: int
    processes: int
    changes: float
    p50: float
    p99: float
    slowest: float
    bytes_each: float
    processor: float
    silent: int


def steady(
    storage_url: str,
    town: Town,
    folder: Path,
    shares: list[Iterator[Event]],
    *,
    viewers: int,
    processes: int,
    per_second: float,
    seconds: float,
) -> SteadyResult:
    """`shares`: the events of each sender, of pipelines of its own, so that each pipeline's are posted in order."""
    allow_descriptors(viewers + 200)
    with ExitStack() as stack:
        server = stack.enter_context(Server(storage_url, folder, workers=processes))
        readers = cookies(server.environment, viewers)
        path = path_of_stream(server, town, server.sign_in())
        crowd = Crowd([Viewer(server.port, path, each) for each in readers])
        stack.callback(crowd.close)
        crowd.wait(SERVED, OPENING_PATIENCE)
        before = server.processor_seconds()
        posted = _Posting(server, town, shares, per_second, seconds)
        watched = _Watching(crowd.viewers)
        with posted:
            watched.until(time.perf_counter() + seconds + LAST_SECONDS)
        spent = server.processor_seconds() - before
    times, silent = watched.delays(posted.at)
    return SteadyResult(
        viewers=viewers,
        processes=processes,
        changes=len(posted.at) / seconds,
        p50=percentile(times, 0.5),
        p99=percentile(times, 0.99),
        slowest=max(times),
        bytes_each=watched.bytes / viewers / len(posted.at),
        processor=spent / (seconds + LAST_SECONDS),
        silent=silent,
    )


class _Posting:
    """Posts while the block runs. `at`: when each began, and the row it is of."""

    def __init__(
        self, server: Server, town: Town, shares: list[Iterator[Event]], per_second: float, seconds: float
    ) -> None:
        self.at: list[tuple[float, bytes]] = []
        self._errors: list[Exception] = []
        pause, until = len(shares) / per_second, time.perf_counter() + seconds
        self._threads = [
            threading.Thread(target=self._run, args=(server, town, share, pause, until)) for share in shares
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        for thread in self._threads:
            thread.join()
        if self._errors:
            raise self._errors[0]

    def _run(self, server: Server, town: Town, share: Iterator[Event], pause: float, until: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        due = time.perf_counter() + random.uniform(0, pause)
        try:
            while due < until:
                time.sleep(max(0.0, due - time.perf_counter()))
                event, began = next(share), time.perf_counter()
                post(connection, town, event)
                self.at.append((began, pipeline_id(town.team_id, event.service).encode()[:LETTERS]))
                due += pause
        except Exception as error:
            self._errors.append(error)
        finally:
            connection.close()


class _Watching:
    """Reads all streams, and notes when each viewer had a message of which rows. What many are sent is read once."""

    def __init__(self, viewers: list[Viewer]) -> None:
        self.bytes = 0
        self._viewers = viewers
        self._heard: list[list[tuple[float, frozenset[bytes]]]] = [[] for _ in viewers]
        self._known: dict[bytes, frozenset[bytes]] = {}

    def until(self, end: float) -> None:
        selector, rests = selectors.DefaultSelector(), [b""] * len(self._viewers)
        for place, viewer in enumerate(self._viewers):
            selector.register(viewer.sock, selectors.EVENT_READ, place)
        while (left := end - time.perf_counter()) > 0:
            for key, _ in selector.select(min(left, 0.5)):
                mine: int = key.data
                data, now = self._viewers[mine].sock.recv(262_144), time.perf_counter()
                if not data:
                    raise RuntimeError("the server closed a stream")
                self.bytes += len(data)
                *messages, rests[mine] = (rests[mine] + data).split(b"\n\n")
                self._heard[mine] += [(now, rows) for message in messages if (rows := self._rows(message))]
        selector.close()

    def _rows(self, message: bytes) -> frozenset[bytes]:
        found = self._known.get(message)
        if found is None:
            if len(self._known) > 10_000:
                self._known.clear()
            found = self._known[message] = frozenset(ROW.findall(message))
        return found

    def delays(self, posted: list[tuple[float, bytes]]) -> tuple[list[float], int]:
        """Of each event that changed its row to each viewer, in milliseconds; and how many changed nothing that is
        shown: no viewer had a message of the row before its next event was posted."""
        of_viewers = [_by_row(heard) for heard in self._heard]
        times, silent = [], 0
        for began, row, following in _with_following(posted):
            after = [_first_after(of_row.get(row, []), began) for of_row in of_viewers]
            if min(after) > following:
                silent += 1
            else:
                times += [(at - began) * 1000 for at in after]
        return times, silent


def _by_row(heard: list[tuple[float, frozenset[bytes]]]) -> dict[bytes, list[float]]:
    found: dict[bytes, list[float]] = {}
    for at, rows in heard:
        for row in rows:
            found.setdefault(row, []).append(at)
    return found


def _first_after(times: list[float], began: float) -> float:
    place = bisect_right(times, began)
    return times[place] if place < len(times) else math.inf


def _with_following(posted: list[tuple[float, bytes]]) -> Iterator[tuple[float, bytes, float]]:
    """When it was posted, its row, and when the next one of that row was."""
    following: dict[bytes, float] = {}
    for at, row in sorted(posted, reverse=True):
        yield at, row, following.get(row, sys.float_info.max)
        following[row] = at
