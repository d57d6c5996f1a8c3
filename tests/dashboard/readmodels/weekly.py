"""A team's week made of facts, for tests of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboard.readmodels.weekly_report import Week, WeeklyReport, build
from storage.model.board_row import BoardRow
from storage.model.document import replace
from storage.model.entities import Team
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import delivered
from tests.dashboard.readmodels.charts.facts import MONDAY, a_fact, a_stage

TEAM = Team(id="t", name="Shop", slug="shop", created_at=0, updated_at=0)
WEEK = Week(MONDAY)
# Wednesday noon of the week after it.
NOW = (MONDAY + 9) * DAY_MS + DAY_MS // 2


def report_of(facts: Mapping[str, Sequence[Fact]], week: Week = WEEK) -> WeeklyReport:
    """facts: by the name of their pipeline."""
    rows = [BoardRow(name, "t", name, "github", label=name) for name in facts]
    return build(TEAM, rows, facts, [delivered(each) for each in facts.values()], week, NOW)


def fullest_report() -> WeeklyReport:
    """Everything there can be, in the longest words."""
    found = {}
    for place in range(14):
        name = f"{place}-the-service-that-has-the-longest-name-of-all"[:44]
        stages = tuple(a_stage(f"Stage {each} of the longest name there is"[:40], each, each + 9) for each in range(9))
        facts = [
            replace(
                a_fact(MONDAY + day, 10 * place + turn, stages=stages, red=turn == 2,
                       message='Revert "Words of a change that says at length what it is for"'[:60]),
                pipeline_id=name, id=f"{name}{day}{turn}", number="a" * 8,
            )
            for day in range(-80, 7)
            for turn in range(4 if day > -14 else 1)
        ]  # fmt: skip
        found[name] = facts
    return report_of(found)
