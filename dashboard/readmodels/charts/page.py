"""The charts of a team, or of one pipeline of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dashboard.links import evidence_href
from dashboard.readmodels import flaky
from dashboard.readmodels.charts.deployment_calendar import Calendar, calendar_of
from dashboard.readmodels.charts.distribution import distribution_of
from dashboard.readmodels.charts.flip_ledger import FlipLedger, ledger_of
from dashboard.readmodels.charts.plots import Plot
from dashboard.readmodels.charts.stage_time import StageBar, bar_of, stage_times
from dashboard.readmodels.charts.trends import Asked, measured, stretches_of, trends_of
from storage.model.board_row import BoardRow
from storage.model.entities import Status, Team, Voice
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import Delivered, first_at
from storage.model.windows import Window

DAYS = ("90", "30", "365")


@dataclass(frozen=True, slots=True)
class ChartsPage:
    """only: the id of the one pipeline that these are of, and its name; empty where of all. pipelines: all that there
    are, by id and name."""

    team: Team
    days: int
    only: str
    of: str
    pipelines: tuple[tuple[str, str], ...]
    trends: tuple[Plot, ...]
    bars: tuple[StageBar, ...]
    calendar: Calendar
    flips: FlipLedger


def build(
    team: Team,
    rows: Sequence[BoardRow],
    facts: Mapping[str, Sequence[Fact]],
    pipelines: Sequence[Delivered],
    window: Window,
    now: int,
    only: str = "",
) -> ChartsPage:
    """facts: of each pipeline, as windows are made of them; pipelines: what these tell, in the order of the rows.
    window: over all of them. only: the id of the one that is asked for, which then is the only row."""
    days, today = window.days, window.last_day
    first = today - days + 1
    query = f"?days={days}" + (f"&pipeline={only}" if only else "")
    stretches = stretches_of(days, today)
    names = {row.id: row.label for row in rows}

    def behind(measure: Measure) -> str:
        return evidence_href(team.slug, measure) + query

    asked = Asked(window, days, now, stretches, measured(pipelines, stretches, window.known_from), names, behind)
    flips = flaky.build(team, rows, facts, days, first)
    return ChartsPage(
        team=team,
        days=days,
        only=only,
        of=names.get(only, ""),
        pipelines=tuple(names.items()),
        trends=(
            *trends_of(asked),
            distribution_of(_durations(pipelines, first, today), window.now.duration, behind(Measure.DURATION_P50)),
        ),
        bars=tuple(bar for row in rows if (bar := _bar(row, facts[row.id], first))),
        calendar=calendar_of((one for each in pipelines for one in each.deployments), today, window.known_from),
        flips=ledger_of(flips.lines, first, today),
    )


def _durations(pipelines: Sequence[Delivered], first: int, last: int) -> list[int]:
    """Those that `measure` takes the median of."""
    return [
        fact.seconds
        for each in pipelines
        for fact in each.firsts
        if fact.first is Status.SUCCEEDED and fact.seconds is not None and first <= first_at(fact) // DAY_MS <= last
    ]


def _bar(row: BoardRow, facts: Sequence[Fact], first: int) -> StageBar | None:
    mine = (fact for fact in facts if fact.voice is Voice.DEFAULT and fact.day >= first)
    return bar_of(row.id, row.label, *stage_times(mine))
