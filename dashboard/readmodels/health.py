"""Pipeline health over one team's pipelines, from its board rows. Sorted by name: a team is read against its own past,
not its neighbours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.readmodels.appearance import CONDITION_APPEARANCES, Appearance, timer
from dashboard.readmodels.bottleneck import BottleneckLine, bottlenecks_of
from dashboard.readmodels.delivery import DeliveryHealth, delivery_of_pipelines, name_order
from dashboard.readmodels.facts import facts_of
from dashboard.readmodels.filters import EVERYTHING, Filter
from dashboard.readmodels.lines import Spark, spark_of
from dashboard.readmodels.practices import Practice, practices_of
from dashboard.readmodels.rows import since
from dashboard.readmodels.teams import BoardLine, build
from storage.model.board_row import BoardRow
from storage.model.entities import Condition, Team
from storage.model.run_history import FEWEST_FOR_ESTIMATE
from storage.model.windows import Window
from storage.repositories.pipelines import StoredRow


@dataclass(frozen=True, slots=True)
class PipelineHealth:
    """`percent`: green at the first attempt of `counted`, None with too few;
    `rerun`: how many of the others went green when they were run again. `since`: in this condition."""

    row: BoardRow
    order: str
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
    """`pipelines`: by name."""

    team: Team
    pipelines: tuple[BoardLine, ...]
    delivery: DeliveryHealth
    practices: tuple[Practice, ...] = ()
    bottlenecks: tuple[BottleneckLine, ...] = ()


def build_team(
    team: Team,
    stored: Sequence[StoredRow],
    now: int,
    wanted: Filter = EVERYTHING,
    windows: Sequence[Window] = (),
    days: int = 30,
) -> TeamHealth:
    lines = sorted(build(team, stored, now).lines, key=lambda line: name_order(line.row.label, line.row.id))
    if wanted:
        kept = {facts.key for facts in wanted.keep([facts_of(line.row, team, line.condition) for line in lines])}
        lines = [line for line in lines if line.row.id in kept]
    rows = [line.row for line in lines]
    mine = [window for window in windows if window.days == days]
    return TeamHealth(
        team,
        tuple(lines),
        delivery_of_pipelines(team, rows, windows, days, whole=not wanted),
        practices_of(team, rows, mine),
        bottlenecks_of(team, rows, mine),
    )


def pipeline_health(line: BoardLine) -> PipelineHealth:
    """Follows from the line's stamp."""
    row, state, rate = line.row, line.condition, line.row.rate
    return PipelineHealth(
        row=row,
        order=name_order(row.label, row.id),
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
