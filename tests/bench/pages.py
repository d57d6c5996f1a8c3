"""Pages under load, in turns with a view that does nothing behind the same middleware, sign-in and server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.bodies import Event
from tests.bench.changing import Changing
from tests.bench.load import Load, load
from tests.bench.server import Cost, Server, cost_of
from tests.bench.town import PIPELINES, Town

WORKERS = 2
CHANGES_PER_SECOND = 5
EMPTY = "empty view"


@dataclass(frozen=True, slots=True)
class PageResult:
    """`ratio`: of the empty view's requests a second, medians of the same run; `ratios`: of each round."""

    name: str
    rate: float
    ratio: float
    ratios: tuple[float, ...]
    p50: float
    p99: float
    kilobytes: float
    cost: Cost
    changes_per_second: float


def measure(
    server: Server, cookie: str, town: Town, events: Iterator[Event], *, rounds: int, seconds: float, folder: Path
) -> list[PageResult]:
    paths = {EMPTY: "/bench-empty", "board": town.board, "execution": f"/executions/{town.execution}"}
    sizes = {name: _size(server, path, cookie, name) for name, path in paths.items()}
    costs = _costs(server.storage_url, paths, folder)
    found: dict[str, list[Load]] = {name: [] for name in paths}
    with Changing(server, town, events, CHANGES_PER_SECOND) as changing:
        for path in paths.values():
            load(server, path, cookie, 1.0)
        for _ in range(rounds):
            for name, path in paths.items():
                found[name].append(load(server, path, cookie, seconds))
    base = [stretch.rate for stretch in found[EMPTY]]
    return [
        PageResult(
            name=name,
            rate=median(stretch.rate for stretch in loads),
            ratio=median(stretch.rate for stretch in loads) / median(base),
            ratios=tuple(stretch.rate / other for stretch, other in zip(loads, base, strict=True)),
            p50=median(stretch.p50 for stretch in loads),
            p99=median(stretch.p99 for stretch in loads),
            kilobytes=sizes[name] / 1024,
            cost=costs[name],
            changes_per_second=changing.rate,
        )
        for name, loads in found.items()
    ]


def _size(server: Server, path: str, cookie: str, name: str) -> int:
    """Of the body, once it is known to be the page that is meant."""
    answer = server.ask(path, send={"Cookie": cookie})
    rows = answer.body.count(b"data-pipeline=")
    if answer.status != 200 or (name == "board" and rows != PIPELINES):
        raise RuntimeError(f"{path} was answered {answer.status} with {rows} rows")
    return len(answer.body)


def _costs(storage_url: str, paths: dict[str, str], folder: Path) -> dict[str, Cost]:
    """From a server of its own: to work the units out costs about as much as the page."""
    with Server(storage_url, folder, workers=1, timing=True) as server:
        cookie = server.sign_in()
        return {name: cost_of(server.ask(path, send={"Cookie": cookie})) for name, path in paths.items()}
