"""python -m tests.bench [--quick] [--engine sqlite|dynamodb]"""

from __future__ import annotations

import argparse
import dataclasses
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import dynamodb_local
from tests.bench import crowds, hooks, pages, streams
from tests.bench.report import EngineResult, lines, save
from tests.bench.server import ROOT, Server
from tests.bench.town import PIPELINES, build, build_many, coming

ENGINES = {"sqlite": "SQLite", "dynamodb": "DynamoDB Local"}
SENDERS = 5


@dataclass(frozen=True, slots=True)
class Size:
    """Of the whole bench. seconds: of each stretch of load."""

    rounds: int
    seconds: float
    hook_rounds: int
    events: int
    viewers: int
    steady_seconds: float


# Many short rounds in turn: the machine and the interpreter's lock make single stretches differ threefold.
FULL = Size(rounds=5, seconds=1, hook_rounds=8, events=40, viewers=1000, steady_seconds=15)
QUICK = Size(rounds=2, seconds=0.5, hook_rounds=1, events=6, viewers=200, steady_seconds=4)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure this build on this machine.")
    parser.add_argument("--quick", action="store_true", help="a short run: figures to look at, not to keep")
    parser.add_argument("--engine", choices=ENGINES, help="only this one")
    arguments = parser.parse_args()
    results: list[EngineResult] = []
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch:
        for engine in [arguments.engine] if arguments.engine else ENGINES:
            try:
                url, many_url = (_storage_url(engine, Path(scratch), name) for name in ("bench", "many"))
            except dynamodb_local.Lacking as lacking:
                print(f"\n{ENGINES[engine]} is left out: {lacking}")
                continue
            size = QUICK if arguments.quick else FULL
            results.append(_measure(engine, url, many_url, Path(scratch), size))
            print("\n".join(lines(results[-1])), flush=True)
    print(f"\nkept in {save(results, ROOT / 'var' / 'bench', quick=arguments.quick).relative_to(ROOT)}")


def _storage_url(engine: str, folder: Path, name: str) -> str:
    if engine == "sqlite":
        return f"sqlite:///{folder}/{name}.db"
    return f"dynamodb+http://{dynamodb_local.endpoint().removeprefix('http://')}/{name}"


def _measure(engine: str, url: str, many_url: str, folder: Path, size: Size) -> EngineResult:
    with Server(url, folder, workers=pages.WORKERS) as server:
        town, cookie = build(server, url), server.sign_in()
        costs = pages.costs_of(url, town.pages(), folder)
        seen = pages.measure(server, cookie, town.pages(), costs, rounds=size.rounds, seconds=size.seconds)
        events = coming(range(PIPELINES))
        changing = pages.while_changing(
            server, cookie, town.pages(), town, events, rounds=size.rounds, seconds=size.seconds
        )
    # Runs have greater numbers from one measure to the next: an older one would change no row.
    steady = [
        crowds.steady(
            url, town, folder,
            [coming(range(sender, PIPELINES, SENDERS), first_run) for sender in range(SENDERS)],
            viewers=viewers, processes=processes, per_second=per_second, seconds=size.steady_seconds,
        )
        for viewers, processes, per_second, first_run in (
            (200, 2, 50, 50_000_000), (size.viewers, 1, 50, 60_000_000), (size.viewers, 2, 50, 70_000_000),
        )
    ]  # fmt: skip
    return EngineResult(
        engine=ENGINES[engine],
        pages=[dataclasses.replace(page, changing=changing[name]) for name, page in seen.items()],
        many=_measure_many(many_url, folder, size),
        steady=steady,
        delay=streams.delay(url, town, folder, coming(range(PIPELINES), 80_000_000), size.events),
        crowd=streams.crowd(
            url, town, folder, coming(range(PIPELINES), 90_000_000), viewers=size.viewers, count=size.events // 2
        ),
        hooks=[
            hooks.measure(url, town, folder, rounds=size.hook_rounds, seconds=size.seconds, workers=workers)
            for workers in (1, 2)
        ],
    )


def _measure_many(url: str, folder: Path, size: Size) -> list[pages.PageResult]:
    """Pages over 200 teams."""
    with Server(url, folder, workers=pages.WORKERS) as server:
        paths = build_many(url)
        costs = pages.costs_of(url, paths, folder)
        return [*pages.measure(
            server, server.sign_in(), paths, costs, rounds=size.rounds, seconds=size.seconds
        ).values()]  # fmt: skip


if __name__ == "__main__":
    main()
