"""Pipeline health: over teams from their summaries, over one team's pipelines from its board rows. Sorted by name: a
team is read against its own past, not its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import CONDITION_APPEARANCES, Appearance, timer
from dashboard.readmodels.delivery import DeliveryHealth, delivery_of_pipelines
from dashboard.readmodels.facts import facts_of
from dashboard.readmodels.filters import EVERYTHING, Filter
from dashboard.readmodels.lines import Spark, spark_of
from dashboard.readmodels.rows import row_of, since
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Condition, Team
from storage.model.run_history import FEWEST_FOR_ESTIMATE
from storage.model.windows import Window
from storage.repositories.pipelines import StoredRow


@dataclass(frozen=True, slots=True)
class PipelineHealth:
    """`percent`: green at the first attempt of `counted`, None with too few;
    `rerun`: how many of the others went green when they were run again. `since`: in this condition."""

    row: BoardRow
    condition: Condition
    appearance: Appearance
    since: int | None
    percent: int | None
    counted: int
    median: str
    green_runs: int
    rerun: int
    spark: Spark


@dataclass(frozen=True, slots=True)
class TeamHealth:
    team: Team
    pipelines: tuple[PipelineHealth, ...]
    delivery: DeliveryHealth


def build_team(
    team: Team,
    stored: Sequence[StoredRow],
    now: int,
    wanted: Filter = EVERYTHING,
    windows: Sequence[Window] = (),
    days: int = 30,
) -> TeamHealth:
    rows = sorted((row_of(each) for each in stored), key=lambda row: (row.label.casefold(), row.id))
    if wanted:
        kept = {facts.key for facts in wanted.keep([facts_of(row, team, condition(row, now)) for row in rows])}
        rows = [row for row in rows if row.id in kept]
    return TeamHealth(
        team, tuple(_pipeline(row, now) for row in rows), delivery_of_pipelines(team, rows, windows, days)
    )


def _pipeline(row: BoardRow, now: int) -> PipelineHealth:
    state, rate = condition(row, now), row.rate
    return PipelineHealth(
        row=row,
        condition=state,
        appearance=CONDITION_APPEARANCES[state],
        since=row.since if state in (Condition.PASSING, Condition.FAILING) else since(row, state),
        percent=round(100 * rate.green / rate.counted) if rate.counted >= FEWEST_FOR_ESTIMATE else None,
        counted=rate.counted,
        median=timer(row.usual_seconds) if row.usual_seconds is not None else "",
        green_runs=rate.green,
        rerun=rate.rerun,
        spark=spark_of(row),
    )
