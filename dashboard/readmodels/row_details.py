"""A row opened in place: what somebody asks next of a pipeline, from its record and its row alone."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.readmodels.appearance import APPEARANCES, Appearance
from dashboard.readmodels.expectations import expected_words
from dashboard.readmodels.over_budget import usually_over
from dashboard.readmodels.row_notes import tool_of
from dashboard.readmodels.rows import RowView, place_of, row_of, view_of
from storage.model.board_row import BoardRow
from storage.model.conditions import condition
from storage.model.entities import Team
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import Run
from storage.model.run_history import RunHistory
from storage.repositories.pipelines import StoredRow

MOST_DOTS, MOST_CHANGES = 20, 10


@dataclass(frozen=True, slots=True)
class Dot:
    """The stage as one run left it."""

    execution_id: str
    number: str
    appearance: Appearance


@dataclass(frozen=True, slots=True)
class RowDetails:
    """`stage`: the one that matters now, else the last of the line; `dots`: as the last 20 runs left it, oldest first.
    `changes`: of the runs after the last green one up to the first red one, newest first, where all of them are
    remembered; `more`: how many others there are. `starred`: by who reads. `tool`: what people call it. `expected`: who
    says when the next run is to come. `over`: kinds of stages that usually take longer than they may."""

    team: Team
    view: RowView
    stage: str
    dots: tuple[Dot, ...]
    changes: tuple[Run, ...]
    more: int
    starred: bool
    tool: str = ""
    expected: str = ""
    over: tuple[str, ...] = ()

    @property
    def row(self) -> BoardRow:
        return self.view.row


def build(team: Team, record: PipelineRecord, stored: StoredRow, now: int, *, starred: bool = False) -> RowDetails:
    """`now`: milliseconds."""
    row = row_of(stored)
    state = condition(row, now)
    line = row.stages
    stage = place_of(row, state) or (line[-1].name if line else "")
    changes = _changes(row, record.history)
    return RowDetails(
        team=team,
        view=view_of(row, stored.version, team.slug, state),
        stage=stage,
        dots=tuple(_dot(run, stage) for run in reversed(record.history.ended[:MOST_DOTS])) if stage else (),
        changes=changes[:MOST_CHANGES],
        more=max(0, len(changes) - MOST_CHANGES),
        starred=starred,
        tool=tool_of(row),
        expected=expected_words(row),
        over=usually_over(row),
    )


def _dot(run: Run, stage: str) -> Dot:
    cell = next((cell for cell in run.stages if cell.name == stage), None)
    return Dot(run.id, run.number, APPEARANCES[cell.status if cell and not cell.pending else None])


def _changes(row: BoardRow, history: RunHistory) -> tuple[Run, ...]:
    """A run a change, the newest of a commit that ran several times."""
    if not row.red or row.result is None or row.last_green is None:
        return ()
    runs = history.ended
    green = next((run for run in runs if row.last_green and run.id == row.last_green.execution_id), None)
    red = next((run for run in runs if row.result and run.id == row.result.first_red_id), None)
    if green is None or red is None:
        return ()
    between = [run for run in runs if green.order < run.order <= red.order]
    return tuple({run.commit or run.id: run for run in reversed(between)}.values())[::-1]
