"""What the minutes of runs are estimated to cost, by pipeline and month. Pure. Definition: docs/metrics.md."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from storage.model.billing import TOO_MANY
from storage.model.facts import Fact
from storage.model.prices import PriceTable, month_of


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """Of one pipeline in one month (as in 2026-01). micros, rerun_micros: millionths of a US dollar, of first attempts
    and of later ones; minutes, rerun_minutes: that these are of. unpriced: minutes of both by label, where the table
    has no price. uncounted: runs of so many jobs that nobody adds them up."""

    pipeline_id: str
    month: str
    runs: int
    micros: int
    rerun_micros: int
    minutes: int
    rerun_minutes: int
    unpriced: tuple[tuple[str, int], ...]
    uncounted: int


@dataclass(slots=True)
class _Sum:
    runs: int = 0
    micros: list[int] = field(default_factory=lambda: [0, 0])
    minutes: list[int] = field(default_factory=lambda: [0, 0])
    unpriced: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    uncounted: int = 0


def cost_estimates(facts: Iterable[Fact], prices: PriceTable) -> list[CostEstimate]:
    """Newest month first; each run by the table of its day."""
    sums: dict[tuple[str, str], _Sum] = defaultdict(_Sum)
    known: dict[tuple[str, int], int | None] = {}
    for fact in facts:
        if not fact.billed:
            continue
        found = sums[month_of(fact.day), fact.pipeline_id]
        found.runs += 1
        for one in fact.billed:
            if one.label == TOO_MANY:
                found.uncounted += 1
                continue
            key = one.label, fact.day
            if key not in known:
                known[key] = prices.micros(*key)
            price = known[key]
            if price is None:
                found.unpriced[one.label] += one.minutes + one.rerun_minutes
                continue
            for place, minutes in enumerate((one.minutes, one.rerun_minutes)):
                found.minutes[place] += minutes
                found.micros[place] += minutes * price
    newest = sorted(sums.items(), key=lambda item: item[0], reverse=True)
    return [_estimate(pipeline_id, month, one) for (month, pipeline_id), one in newest]


def _estimate(pipeline_id: str, month: str, found: _Sum) -> CostEstimate:
    return CostEstimate(
        pipeline_id=pipeline_id,
        month=month,
        runs=found.runs,
        micros=found.micros[0],
        rerun_micros=found.micros[1],
        minutes=found.minutes[0],
        rerun_minutes=found.minutes[1],
        unpriced=tuple(sorted(found.unpriced.items())),
        uncounted=found.uncounted,
    )
