"""Which practices of Continuous Delivery pipelines do, from what they did."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.readmodels.practices import Practice, practices_of
from storage.model.board_row import BoardRow, ExecutionRef
from storage.model.entities import StageKind, Status, Team
from storage.model.measures import Measures, Spread
from storage.model.run import StageCell
from storage.model.stage_rules import ConventionLevel, StageBudget
from storage.model.standing import StandingResult
from storage.model.windows import Window

TEAM = Team("t", "Shop", "shop", 0, 0)
TITLES = ("commit stage", "is green", "integrated", "green again", "same day", "One path", "waited for", "Runs begin")


def row(id_: str = "p", **told: Any) -> BoardRow:
    return BoardRow(id_, "t", id_, "github", label=id_, **told)


def found(rows: list[BoardRow], **measured: Any) -> dict[str, Practice]:
    windows = [Window("t", 30, 20_000, now=Measures(**measured), pipeline_id=each.id) for each in rows]
    practices = practices_of(TEAM, rows, windows)
    return {short: next(each for each in practices if short in each.title) for short in TITLES}


def cell(name: str, seconds: int, group: int, kind: StageKind = StageKind.COMMIT) -> StageCell:
    return StageCell(name, kind, group, usual_seconds=seconds)


def test_nothing_is_known_of_what_tells_nothing() -> None:
    assert {practice.known for practice in found([row()]).values()} == {0}
    assert practices_of(TEAM, [row()], []) != ()


@pytest.mark.parametrize(
    ("measured", "short", "met"),
    [
        ({"main_days": 18}, "integrated", True),
        ({"main_days": 17}, "integrated", False),
        ({"to_green": Spread(3, 3600, 9000), "ended": 9}, "green again", True),
        ({"to_green": Spread(3, 3601, 9000), "ended": 9}, "green again", False),
        ({"ended": 9}, "green again", True),
        ({"deployments": 9, "deploy_days": 5, "main_days": 10}, "same day", True),
        ({"deployments": 9, "deploy_days": 4, "main_days": 10}, "same day", False),
        ({"wait": Spread(2, 3601, 4000), "runs": 9}, "waited for", False),
        ({"runs": 9}, "waited for", True),
        ({"queue": Spread(9, 10, 300)}, "Runs begin", True),
        ({"queue": Spread(9, 10, 301)}, "Runs begin", False),
    ],
)
def test_practice_is_done_up_to_its_limit(measured: dict[str, Any], short: str, met: bool) -> None:
    practice = found([row()], **measured)[short]
    assert (practice.known, practice.holds) == (1, met)


def test_commit_stages_side_by_side_count_once() -> None:
    layout = (cell("lint", 200, 0), cell("unit", 500, 0), cell("package", 100, 1), cell("e2e", 900, 2, StageKind.OTHER))
    assert found([row(layout=layout)])["commit stage"].holds
    (missing,) = found([row(layout=(*layout, cell("sign", 1, 3)))])["commit stage"].missing
    assert missing.said == "10:01 of 10 min, the standard"


def titled(rows: list[BoardRow]) -> Practice:
    return next(each for each in found(rows).values() if each.title.startswith("The commit stage"))


def test_commit_stage_is_judged_by_the_budget_that_holds_for_its_pipeline() -> None:
    layout = (cell("unit", 900, 0),)

    def one(id_: str, minutes: int, level: ConventionLevel) -> BoardRow:
        return row(id_, layout=layout, budgets=(StageBudget(StageKind.COMMIT, minutes, level),))

    own, team, other = ConventionLevel.PIPELINE, ConventionLevel.TEAM, ConventionLevel.INSTALLATION
    assert titled([row(layout=layout)]).title == "The commit stage takes under 10 minutes"
    practice = titled([one("a", 15, team), one("b", 15, team)])
    assert (practice.title, practice.holds) == ("The commit stage takes under 15 minutes, as the team says", True)
    practice = titled([one("a", 1, own), one("b", 20, other)])
    assert practice.title == "The commit stage takes no longer than its budget"
    assert [(each.name, each.said) for each in practice.missing] == [("a", "15:00 of 1 min, this pipeline's own")]
    assert titled([one("a", 1, own)]).title == "The commit stage takes under 1 minute, this pipeline's own"
    practice = titled([one("a", 0, own)])
    assert (practice.known, practice.title) == (0, "The commit stage takes under 10 minutes")


def test_red_default_branch_is_named_with_its_stage() -> None:
    red = StandingResult("e", "1", 1, Status.FAILED, 1, 1, "test")
    green = StandingResult("e", "1", 1, Status.SUCCEEDED, 1, 1)
    practice = found([row("a", result=red), row("b", result=green)])["is green"]
    assert (practice.met, practice.known) == (1, 2)
    assert [(one.name, one.said) for one in practice.missing] == [("a", "red at test")]


def test_two_pipelines_of_a_repository_that_deploy_are_two_paths() -> None:
    there = ExecutionRef("e", "1", 1)
    rows = [row(id_, repository="acme/shop", production=there) for id_ in ("a", "b")]
    alone = row("c", repository="acme/other", production=there)
    practice = found([*rows, alone])["One path"]
    assert (practice.met, practice.known) == (1, 3)


def test_of_many_that_do_not_the_first_few_are_named() -> None:
    practice = found([row(f"p{number}") for number in range(9)], main_days=1)["integrated"]
    assert (len(practice.missing), practice.more) == (4, 5)
