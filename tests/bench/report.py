"""What is printed and kept: a table a measure, each figure beside what is asked of it."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.hooks import HookResult
from tests.bench.load import CONNECTIONS, generator
from tests.bench.pages import PageResult
from tests.bench.streams import CrowdResult, DelayResult

# What a figure must reach, and the goal beyond it; only where somebody has said so.
BOARD = {"SQLite": (0.25, 0.5), "DynamoDB Local": (0.12, 0.3)}
HOOKS = {"SQLite": (150.0, 300.0)}
DELAY_MS = (1000.0, 1000.0)
CROWD_MS = (1000.0, 300.0)


@dataclass(frozen=True, slots=True)
class EngineResult:
    engine: str
    pages: list[PageResult]
    hooks: HookResult
    delay: DelayResult
    crowd: CrowdResult


def save(results: Sequence[EngineResult], folder: Path, *, quick: bool) -> Path:
    now = datetime.now(UTC)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    told = {
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": quick,
        "machine": machine,
        "load": {"generator": generator(), "connections": CONNECTIONS},
        "engines": [dataclasses.asdict(result) for result in results],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    return path


def lines(result: EngineResult) -> list[str]:
    return ["", result.engine, *_pages(result), "", *_hooks(result), *_delay(result), *_crowd(result)]


def _pages(result: EngineResult) -> list[str]:
    head = f"  {'page':<12}{'of empty':>9}{'rounds':>13}{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}"
    told = [f"{head}{'KB':>7}{'calls':>7}{'rcu':>7}"]
    for page in result.pages:
        spread = f"{min(page.ratios):.2f}-{max(page.ratios):.2f}"
        row = f"  {page.name:<12}{page.ratio:>9.2f}{spread:>13}{page.rate:>9.0f}{page.p50:>9.1f}{page.p99:>9.1f}"
        row += f"{page.kilobytes:>7.0f}{page.cost.calls:>7}{page.cost.rcu:>7g}"
        if page.name == "board" and result.engine in BOARD:
            row += _judged(page.ratio, BOARD[result.engine])
        told.append(row)
    told.append(f"  while {result.pages[0].changes_per_second:.1f} rows a second changed")
    return told


def _hooks(result: EngineResult) -> list[str]:
    hooks = result.hooks
    spread = f"{min(hooks.rates):.0f}-{max(hooks.rates):.0f}"
    row = f"  webhook, one process: {hooks.rate:.0f} events/s ({spread}), p50 {hooks.p50:.1f}, p99 {hooks.p99:.1f} ms;"
    row += f" {hooks.cost.calls} calls, {hooks.cost.rcu:g} rcu, {hooks.cost.wcu:g} wcu each"
    return [row + (_judged(hooks.rate, HOOKS[result.engine]) if result.engine in HOOKS else "")]


def _delay(result: EngineResult) -> list[str]:
    delay = result.delay
    row = f"  event to an open page: p50 {delay.same_p50:.0f}, at most {delay.same_max:.0f} ms in the same process;"
    row += f" p50 {delay.other_p50:.0f}, at most {delay.other_max:.0f} ms in another ({delay.events} events)"
    return [row + _judged(-delay.other_max, (-DELAY_MS[0], -DELAY_MS[1]))]


def _crowd(result: EngineResult) -> list[str]:
    crowd = result.crowd
    row = f"  {crowd.viewers} viewers on one process: a change reaches the first in {crowd.first:.0f}, the last in"
    row += f" {crowd.last:.0f} ms (at most {crowd.last_max:.0f}); {crowd.kilobytes_each:.0f} KB each,"
    row += f" all served {crowd.opening_seconds:.1f} s after coming at once"
    return [row + _judged(-crowd.last, (-CROWD_MS[0], -CROWD_MS[1]))]


def _judged(value: float, asked: tuple[float, float]) -> str:
    """Greater is better."""
    must, goal = asked
    if value < must:
        return f"  MISSES {abs(must):g}"
    return f"  meets {abs(must):g}" + (f", goal {abs(goal):g} too" if value >= goal else f", misses goal {abs(goal):g}")
