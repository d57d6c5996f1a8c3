"""Stages that take longer than their pipeline lets stages of their kind."""

from __future__ import annotations

from typing import Any

from dashboard.readmodels.over_budget import over_at, over_budget, usually_over
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Execution, Stage, StageKind, Status
from storage.model.execution_view import build
from storage.model.merge import EMPTY, merge
from storage.model.run import StageCell
from storage.model.stage_rules import ConventionLevel, StageBudget
from tests.factories import MINUTE, NOW, execution_changed

COMMIT, OTHER = StageKind.COMMIT, StageKind.OTHER
ROW = BoardRow("p", "t", "CI", "github")


def stage(name: str, began: float, ended: float | None, group: int = 0, **told: Any) -> Stage:
    """Began and ended so many minutes after NOW."""
    at = [None if each is None else round(NOW + each * MINUTE) for each in (began, ended)]
    status = Status.RUNNING if ended is None else Status.SUCCEEDED
    base = Stage(name, COMMIT, status, "", 1, at[0], at[0], at[1], group=group)
    return replace(base, **told)


def a_run(*stages: Stage) -> Execution:
    shown = build(merge(EMPTY, [execution_changed()]), execution_id="e", pipeline_id="p", team_id="t")
    return replace(shown, stages=stages)


def said(*stages: Stage, row: BoardRow = ROW, now: float = 30) -> list[tuple[str, str]]:
    return [(one.stage, one.said) for one in over_budget(a_run(*stages), row, round(NOW + now * MINUTE))]


def test_stage_over_its_budget_says_so_and_whose_it_is() -> None:
    assert said(stage("unit", 0, 10)) == []
    assert said(stage("unit", 0, 10.5)) == [("unit", "Took 10:30, and commit stages may take 10 min, the standard.")]
    assert said(stage("unit", 0, 90, kind=OTHER)) == []
    ours = replace(
        ROW, budgets=(StageBudget(OTHER, 60, ConventionLevel.TEAM), StageBudget(COMMIT, 0, ConventionLevel.PIPELINE))
    )
    assert said(stage("unit", 0, 90), row=ours) == []
    assert said(stage("docs", 0, 90, kind=OTHER), row=ours) == [
        ("docs", "Took 1:30:00, and other stages may take 1 h, as the team says.")
    ]


def test_stages_of_a_kind_count_together_those_side_by_side_once_and_the_last_says_so() -> None:
    beside = (stage("unit", 0, 6), stage("lint", 0, 4))
    assert said(*beside, stage("package", 6, 10, 1)) == []
    assert said(*beside, stage("package", 6, 11, 1)) == [
        ("package", "Commit stages took 11:00 together and may take 10 min, the standard.")
    ]


def test_what_this_attempt_did_not_run_and_waits_for_people_do_not_count() -> None:
    assert said(stage("unit", 0, 15, wait_seconds=600)) == []
    for left_out in ({"carried": True}, {"pending": True}, {"status": Status.SKIPPED}):
        assert said(stage("unit", 0, 15, **left_out)) == []


def test_running_stage_goes_over_while_it_runs() -> None:
    moving = (stage("unit", 0, 6), stage("package", 7, None, 1))
    run = a_run(*moving)
    assert said(*moving, now=8) == []
    at = over_at(run, ROW, NOW + 8 * MINUTE)
    assert at == NOW + 11 * MINUTE + 1000
    assert over_at(run, ROW, NOW + 9 * MINUTE) == at
    assert over_budget(run, ROW, at - 1000) == ()
    assert said(*moving, now=(at - NOW) / MINUTE) == [
        ("package", "Longer than commit stages may take: 10 min, the standard.")
    ]
    assert over_at(run, ROW, at) is None
    assert [name for name, _ in said(stage("unit", 0, None), stage("lint", 1, 2), now=12)] == ["unit"]
    assert over_at(a_run(stage("unit", 0, 6)), ROW, NOW) is None


def test_row_says_what_usually_takes_longer() -> None:
    def usual(seconds: int) -> BoardRow:
        return replace(ROW, layout=(StageCell("unit", COMMIT, 0, usual_seconds=seconds), StageCell("docs", OTHER, 1)))

    assert usually_over(usual(600)) == ()
    assert usually_over(usual(601)) == ("commit stages usually take 10:01 and may take 10 min, the standard",)
