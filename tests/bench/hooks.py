"""Signed webhook events against one server process, from several senders on kept connections."""

from __future__ import annotations

import http.client
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from tests.bench.bodies import signed
from tests.bench.load import percentile
from tests.bench.server import Cost, Reply, Server, cost_of
from tests.bench.town import PIPELINES, Town, coming

SENDERS = 8
MOST_PER_SECOND = 800
FIRST_RUN = 200_000_000


@dataclass(frozen=True, slots=True)
class HookResult:
    """rate: accepted events a second. processor: milliseconds of work for each. cost: of one event in the middle of a
    run."""

    processes: int
    rate: float
    rates: tuple[float, ...]
    p50: float
    p99: float
    processor: float
    cost: Cost


def measure(storage_url: str, town: Town, folder: Path, *, rounds: int, seconds: float, workers: int) -> HookResult:
    cost = _cost(storage_url, town, folder, FIRST_RUN - workers * 1_000_000)
    rates: list[float] = []
    processor: list[float] = []
    times: list[float] = []
    with Server(storage_url, folder, workers=workers) as server:
        for number in range(rounds + 1):
            posts = _posts(town, server.port, FIRST_RUN + (number + 12 * (workers - 1)) * 1_000_000, seconds)
            before = server.processor_seconds()
            rate, took = _round(server.port, posts, seconds)
            spent = server.processor_seconds() - before
            # The first stretch only warms up.
            if number:
                rates.append(rate)
                processor.append(1000 * spent / len(took))
                times += took
    return HookResult(
        processes=workers,
        rate=median(rates),
        rates=tuple(rates),
        p50=percentile(times, 0.5),
        p99=percentile(times, 0.99),
        processor=median(processor),
        cost=cost,
    )


def rate_of(server: Server, town: Town, first_run: int, seconds: float) -> float:
    """Accepted events a second, of one stretch."""
    return _round(server.port, _posts(town, server.port, first_run, seconds), seconds)[0]


def _posts(town: Town, port: int, first_run: int, seconds: float) -> list[list[bytes]]:
    """Signed ahead of time, for each sender: the runs of its own share of the pipelines, side by side."""
    each = int(MOST_PER_SECOND * seconds) // SENDERS
    shares = [range(number, PIPELINES, SENDERS) for number in range(SENDERS)]
    return [[town.request(event, port) for event in islice(coming(share, first_run), each)] for share in shares]


def _round(port: int, posts: list[list[bytes]], seconds: float) -> tuple[float, list[float]]:
    began = time.perf_counter()
    with ThreadPoolExecutor(SENDERS) as pool:
        done = list(pool.map(lambda mine: _send(port, mine, began + seconds), posts))
    took = time.perf_counter() - began
    times = [each for sender in done for each in sender]
    return len(times) / took, times


def _send(port: int, posts: list[bytes], until: float) -> list[float]:
    """One after the other. Milliseconds of each answer. Raises RuntimeError unless each was accepted."""
    times: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=10) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for post in posts:
            began = time.perf_counter()
            if began >= until:
                return times
            sock.sendall(post)
            answer = b""
            while not answer.endswith(b"}"):
                if not (data := sock.recv(4096)):
                    raise RuntimeError(f"the connection was closed after {answer!r}")
                answer += data
            if not answer.startswith(b"HTTP/1.1 202 "):
                raise RuntimeError(answer.decode())
            times.append((time.perf_counter() - began) * 1000)
    raise RuntimeError("the events did not last: raise MOST_PER_SECOND")


def _cost(storage_url: str, town: Town, folder: Path, first_run: int) -> Cost:
    with Server(storage_url, folder, workers=1, timing=True) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        for event in islice(coming(range(1), first_run), 12):
            connection.request("POST", town.path, event.body, signed(event, town.secret))
            answer = connection.getresponse()
            headers = {name.lower(): value for name, value in answer.getheaders()}
            reply = Reply(answer.status, headers, answer.read())
        connection.close()
        return cost_of(reply)
