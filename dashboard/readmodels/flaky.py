"""Stages that were red and green with one commit, over a team's pipelines: the ledger of every flip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from storage.model.board_row import BoardRow
from storage.model.entities import Team
from storage.model.facts import Fact
from storage.model.flips import FlakyStage, flaky_stages

# Flips of one stage; how many there are is said.
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class FlakyLine:
    """One stage of one pipeline."""

    pipeline_id: str
    pipeline: str
    found: FlakyStage

    @property
    def percent(self) -> str:
        share = 100 * self.found.rate
        return f"{share:.0f} %" if share >= 1 else "under 1 %"

    @property
    def said(self) -> str:
        return f"{self.found.stage} of {self.pipeline}, {len(self.found.flips)} of {self.found.counted} commits"

    @property
    def shown(self) -> FlakyStage:
        return FlakyStage(self.found.stage, self.found.flips[:MOST_SHOWN], self.found.counted)


@dataclass(frozen=True, slots=True)
class FlakyPage:
    """lines: the most flaky first."""

    team: Team
    days: int
    lines: tuple[FlakyLine, ...]


def build(
    team: Team, rows: Sequence[BoardRow], facts: Mapping[str, Sequence[Fact]], days: int, first_day: int
) -> FlakyPage:
    """`first_day`: from which on runs count, whole days since the epoch."""
    lines = [
        FlakyLine(row.id, row.label, found)
        for row in rows
        for found in flaky_stages(fact for fact in facts.get(row.id, ()) if fact.day >= first_day)
    ]
    lines.sort(key=lambda line: (-line.found.rate, line.pipeline.casefold(), line.found.stage))
    return FlakyPage(team, days, tuple(lines))
