"""What a team's runs are estimated to cost, by month and pipeline. Definition: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.model.billing import NOT_TOLD
from storage.model.costs import CostEstimate
from storage.model.entities import Team
from storage.model.prices import PriceTable, dollars

# How many months can be asked for, the usual number first.
MONTHS = ("3", "6", "12")


@dataclass(frozen=True, slots=True)
class CostLine:
    """Of one pipeline in one month, or of all of them together. Money in words. unpriced: minutes without a price and
    their labels."""

    name: str
    found: CostEstimate

    @property
    def first(self) -> str:
        return _money(self.found.micros, self.found.minutes)

    @property
    def reruns(self) -> str:
        return _money(self.found.rerun_micros, self.found.rerun_minutes)

    @property
    def total(self) -> str:
        return _money(self.found.micros + self.found.rerun_micros, self.minutes)

    @property
    def minutes(self) -> int:
        return self.found.minutes + self.found.rerun_minutes

    @property
    def unpriced(self) -> tuple[tuple[str, int], ...]:
        return tuple((label if label != NOT_TOLD else "runner not told", minutes) for label, minutes in self._most)

    @property
    def _most(self) -> list[tuple[str, int]]:
        return sorted(self.found.unpriced, key=lambda one: (-one[1], one[0] == NOT_TOLD, one[0]))


@dataclass(frozen=True, slots=True)
class CostMonth:
    """month: as in 2026-01. lines: by pipeline, what is estimated to cost most first."""

    month: str
    together: CostLine
    lines: tuple[CostLine, ...]


@dataclass(frozen=True, slots=True)
class CostPage:
    """months: of which something is known, newest first; asked: how many were."""

    team: Team
    asked: int
    months: tuple[CostMonth, ...]
    table: PriceTable

    @property
    def lines(self) -> tuple[CostLine, ...]:
        return tuple(line for month in self.months for line in month.lines)


def build(
    team: Team, found: Sequence[CostEstimate], names: Mapping[str, str], asked: int, table: PriceTable
) -> CostPage:
    """`names`: of pipelines, by their ids."""
    by_month: dict[str, list[CostEstimate]] = {}
    for one in found:
        by_month.setdefault(one.month, []).append(one)
    months = tuple(_month(month, of, names) for month, of in sorted(by_month.items(), reverse=True))
    return CostPage(team, asked, months, table)


def _month(month: str, found: Sequence[CostEstimate], names: Mapping[str, str]) -> CostMonth:
    lines = [CostLine(names[one.pipeline_id], one) for one in found]
    lines.sort(key=lambda line: (-line.found.micros - line.found.rerun_micros, line.name.casefold()))
    return CostMonth(month, CostLine("All pipelines", _together(month, found)), tuple(lines))


def _together(month: str, found: Sequence[CostEstimate]) -> CostEstimate:
    unpriced: dict[str, int] = {}
    for one in found:
        for label, minutes in one.unpriced:
            unpriced[label] = unpriced.get(label, 0) + minutes
    return CostEstimate(
        pipeline_id="",
        month=month,
        runs=sum(one.runs for one in found),
        micros=sum(one.micros for one in found),
        rerun_micros=sum(one.rerun_micros for one in found),
        minutes=sum(one.minutes for one in found),
        rerun_minutes=sum(one.rerun_minutes for one in found),
        unpriced=tuple(sorted(unpriced.items())),
        uncounted=sum(one.uncounted for one in found),
    )


def _money(micros: int, minutes: int) -> str:
    """Empty where no minute has a price."""
    return f"${dollars(micros)}" if minutes else ""
