"""python -m tests.bench [--quick] [--engine sqlite|dynamodb]"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests import dynamodb_local
from tests.bench import hooks, pages, streams
from tests.bench.report import EngineResult, lines, save
from tests.bench.server import ROOT, Server
from tests.bench.town import PIPELINES, build, coming

ENGINES = {"sqlite": "SQLite", "dynamodb": "DynamoDB Local"}


@dataclass(frozen=True, slots=True)
class Size:
    """Of the whole bench. seconds: of each stretch of load."""

    rounds: int
    seconds: float
    hook_rounds: int
    events: int
    viewers: int


# Many short rounds in turn: the machine and the interpreter's lock make single stretches differ threefold.
FULL = Size(rounds=20, seconds=1, hook_rounds=10, events=40, viewers=1000)
QUICK = Size(rounds=2, seconds=1, hook_rounds=1, events=6, viewers=200)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description="Measure this build on this machine.")
    parser.add_argument("--quick", action="store_true", help="a short run: figures to look at, not to keep")
    parser.add_argument("--engine", choices=ENGINES, help="only this one")
    arguments = parser.parse_args()
    results: list[EngineResult] = []
    with tempfile.TemporaryDirectory(prefix="bigtransit-bench-") as scratch:
        for engine in [arguments.engine] if arguments.engine else ENGINES:
            try:
                url = _storage_url(engine, Path(scratch))
            except dynamodb_local.Lacking as lacking:
                print(f"\n{ENGINES[engine]} is left out: {lacking}")
                continue
            results.append(_measure(engine, url, Path(scratch), QUICK if arguments.quick else FULL))
            print("\n".join(lines(results[-1])), flush=True)
    print(f"\nkept in {save(results, ROOT / 'var' / 'bench', quick=arguments.quick).relative_to(ROOT)}")


def _storage_url(engine: str, folder: Path) -> str:
    if engine == "sqlite":
        return f"sqlite:///{folder}/store.db"
    return f"dynamodb+http://{dynamodb_local.endpoint().removeprefix('http://')}/bench"


def _measure(engine: str, url: str, folder: Path, size: Size) -> EngineResult:
    with Server(url, folder, workers=pages.WORKERS) as server:
        town, cookie = build(server, url), server.sign_in()
        events = coming(range(PIPELINES))
        seen = pages.measure(server, cookie, town, events, rounds=size.rounds, seconds=size.seconds, folder=folder)
    return EngineResult(
        engine=ENGINES[engine],
        pages=seen,
        hooks=hooks.measure(url, town, folder, rounds=size.hook_rounds, seconds=size.seconds),
        delay=streams.delay(url, town, folder, coming(range(PIPELINES), 80_000_000), size.events),
        crowd=streams.crowd(
            url, town, folder, coming(range(PIPELINES), 90_000_000), viewers=size.viewers, count=size.events // 2
        ),
    )


if __name__ == "__main__":
    main()
