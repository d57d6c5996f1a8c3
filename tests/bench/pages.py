"""Pages under load, in turns with a view that does nothing behind the same middleware, sign-in and server."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.bodies import Event
from tests.bench.changing import Changing
from tests.bench.load import NUMBER, Load, load
from tests.bench.server import Cost, Server, cost_of
from tests.bench.town import Town

WORKERS = 2
CHANGES_PER_SECOND = 5
EMPTY, EMPTY_PATH = "empty view", "/bench-empty"


@dataclass(frozen=True, slots=True)
class Seen:
    """Of one page asked in one way: medians of the rounds. ratio: its processor time, of the empty view's in the same
    round; `ratios` of each round."""

    rate: float
    p50: float
    p99: float
    processor: float
    ratio: float
    ratios: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class PageResult:
    """kept: asked again by the same reader. cold: as if by another reader each time, for whom it is made of what is
    kept of its parts. changing: as `kept`, while rows change. size, packed: bytes of its HTML, and with gzip."""

    name: str
    kept: Seen
    cold: Seen
    changing: Seen | None
    size: int
    packed: int
    cost: Cost


def measure(
    server: Server, cookie: str, paths: Mapping[str, str], costs: Mapping[str, Cost], *, rounds: int, seconds: float
) -> dict[str, PageResult]:
    kept = _in_turns(server, cookie, paths, rounds, seconds)
    cold = _in_turns(server, cookie, {name: _as_another_reader(path) for name, path in paths.items()}, rounds, seconds)
    return {
        name: PageResult(name, kept[name], cold[name], None, *_sizes(server, path, cookie), costs[name])
        for name, path in {EMPTY: EMPTY_PATH, **paths}.items()
    }


def while_changing(
    server: Server,
    cookie: str,
    paths: Mapping[str, str],
    town: Town,
    events: Iterator[Event],
    *,
    rounds: int,
    seconds: float,
) -> dict[str, Seen]:
    with Changing(server, town, events, CHANGES_PER_SECOND):
        return _in_turns(server, cookie, paths, rounds, seconds)


def _as_another_reader(path: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}reader={NUMBER}"


def _in_turns(server: Server, cookie: str, paths: Mapping[str, str], rounds: int, seconds: float) -> dict[str, Seen]:
    asked = {EMPTY: EMPTY_PATH, **paths}
    found: dict[str, list[Load]] = {name: [] for name in asked}
    for path in asked.values():
        # The first of all takes long, and several that come at once would each make it.
        server.ask(path, send={"Cookie": cookie})
        load(server, path, cookie, seconds / 2)
    for _ in range(rounds):
        for name, path in asked.items():
            found[name].append(load(server, path, cookie, seconds))
    base = [stretch.processor for stretch in found[EMPTY]]
    return {name: _seen(loads, base) for name, loads in found.items()}


def _seen(loads: list[Load], base: list[float]) -> Seen:
    ratios = tuple(stretch.processor / other for stretch, other in zip(loads, base, strict=True))
    return Seen(
        rate=median(stretch.rate for stretch in loads),
        p50=median(stretch.p50 for stretch in loads),
        p99=median(stretch.p99 for stretch in loads),
        processor=median(stretch.processor for stretch in loads),
        ratio=median(ratios),
        ratios=ratios,
    )


def _sizes(server: Server, path: str, cookie: str) -> tuple[int, int]:
    plain = server.ask(path, send={"Cookie": cookie})
    packed = server.ask(path, send={"Cookie": cookie, "Accept-Encoding": "gzip"})
    if plain.status != 200:
        raise RuntimeError(f"{path} was answered {plain.status}")
    return len(plain.body), len(packed.body)


def costs_of(storage_url: str, paths: Mapping[str, str], folder: Path) -> dict[str, Cost]:
    """From a server of its own: to work the units out costs about as much as the page."""
    with Server(storage_url, folder, workers=1, timing=True) as server:
        cookie = server.sign_in()
        return {
            name: cost_of(server.ask(path, send={"Cookie": cookie}))
            for name, path in {EMPTY: EMPTY_PATH, **paths}.items()
        }
