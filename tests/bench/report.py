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

from tests.bench.crowds import SteadyResult
from tests.bench.hooks import HookResult
from tests.bench.load import CONNECTIONS
from tests.bench.pages import PageResult, Seen
from tests.bench.streams import CrowdResult, DelayResult

# What a figure must reach, and the goal beyond it; only where somebody has said so.
HOOKS = {"SQLite": (150.0, 300.0)}
DELAY_MS = (1000.0, 1000.0)
CROWD_MS = (1000.0, 300.0)
# p99 over all.
STEADY_MS = (500.0, 150.0)
# Processor time, of the empty view's.
KEPT, COLD = 3.0, 6.0


@dataclass(frozen=True, slots=True)
class EngineResult:
    """many: pages over 200 teams."""

    engine: str
    pages: list[PageResult]
    many: list[PageResult]
    hooks: list[HookResult]
    delay: DelayResult
    crowd: CrowdResult
    steady: list[SteadyResult]


def save(results: Sequence[EngineResult], folder: Path, *, quick: bool) -> Path:
    now = datetime.now(UTC)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "machine": platform.machine()}
    told = {
        "at": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "quick": quick,
        "machine": machine,
        "connections": CONNECTIONS,
        "engines": [dataclasses.asdict(result) for result in results],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{now:%Y%m%dT%H%M%SZ}.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    return path


def lines(result: EngineResult) -> list[str]:
    told = ["", result.engine, *page_lines(result.pages), "", *page_lines(result.many), ""]
    for hooks in result.hooks:
        told += _hooks(hooks, result.engine)
    return [*told, *_delay(result), *_crowd(result), *(_steady(each) for each in result.steady)]


def page_lines(pages: Sequence[PageResult]) -> list[str]:
    head = f"  {'':<18}{'kept':>25}{'cold':>25}{'while rows change':>25}{'bytes':>16}{'store':>12}"
    heads = f"{'x empty':>8}{'cpu ms':>8}{'req/s':>9}"
    told = [head, f"  {'page':<18}{heads}{heads}{heads}{'HTML':>9}{'gzip':>7}{'calls':>6}{'rcu':>6}"]
    for page in pages:
        row = f"  {page.name:<18}{_seen(page.kept)}{_seen(page.cold)}{_seen(page.changing)}"
        row += f"{page.size:>9}{page.packed:>7}{page.cost.calls:>6}{page.cost.rcu:>6g}"
        told.append(row + _over(page))
    return told


def _seen(seen: Seen | None) -> str:
    return f"{seen.ratio:>8.2f}{seen.processor:>8.2f}{seen.rate:>9.0f}" if seen else " " * 25


def _over(page: PageResult) -> str:
    over = [
        f"{name} over {limit:g}"
        for name, seen, limit in (("kept", page.kept, KEPT), ("cold", page.cold, COLD))
        if seen.ratio > limit
    ]
    return f"  {', '.join(over)}" if over else ""


def _hooks(hooks: HookResult, engine: str) -> list[str]:
    spread = f"{min(hooks.rates):.0f}-{max(hooks.rates):.0f}"
    row = (
        f"  webhook, processes: {hooks.processes}: {hooks.rate:.0f} events/s ({spread}), cpu {hooks.processor:.1f} ms,"
    )
    row += f" p50 {hooks.p50:.1f}, p99 {hooks.p99:.1f} ms;"
    row += f" {hooks.cost.calls} calls, {hooks.cost.rcu:g} rcu, {hooks.cost.wcu:g} wcu each"
    judged = hooks.processes == 1 and engine in HOOKS
    return [row + (_judged(hooks.rate, HOOKS[engine]) if judged else "")]


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


def _steady(steady: SteadyResult) -> str:
    row = f"  {steady.viewers} viewers, processes: {steady.processes}, {steady.changes:.0f} events/s:"
    row += f" p50 {steady.p50:.0f}, p99 {steady.p99:.0f}, slowest {steady.slowest:.0f} ms over all;"
    row += f" {steady.bytes_each:.0f} bytes an event, {steady.processor:.2f} cores;"
    row += f" {steady.silent} events changed nothing shown"
    return row + (_judged(-steady.p99, (-STEADY_MS[0], -STEADY_MS[1])) if steady.viewers == 200 else "")


def _judged(value: float, asked: tuple[float, float]) -> str:
    """Greater is better."""
    must, goal = asked
    if value < must:
        return f"  MISSES {abs(must):g}"
    return f"  meets {abs(must):g}" + (f", goal {abs(goal):g} too" if value >= goal else f", misses goal {abs(goal):g}")
