"""The deployment calendar, the flip ledger, and where the time of stages goes."""

from __future__ import annotations

from dashboard.readmodels.charts import axes
from dashboard.readmodels.charts.deployment_calendar import CELL, TOP, Calendar, calendar_of
from dashboard.readmodels.charts.flip_ledger import ledger_of
from dashboard.readmodels.charts.stage_time import bar_of, stage_times
from dashboard.readmodels.flaky import FlakyLine
from storage.model.deployments import deployments_of
from storage.model.facts import DAY_MS, Fact
from storage.model.flips import FlakyStage, Flip
from tests.dashboard.readmodels.charts.facts import MONDAY, a_fact, a_stage

TODAY = MONDAY + 370


def calendar(facts: list[Fact]) -> Calendar:
    return calendar_of(deployments_of(facts), TODAY, min((fact.day for fact in facts), default=None))


def test_column_is_a_week_and_row_a_weekday() -> None:
    found = calendar([a_fact(TODAY - 370), a_fact(TODAY - 4)])
    (day,) = found.busy
    assert axes.day_of(day.day).weekday() == 2
    assert day.x == found.width - CELL
    assert day.y == TOP + 2 * CELL
    assert len(found.days) == 365
    assert found.days[-1].x + CELL <= found.width


def test_day_says_how_many_and_how_many_failed() -> None:
    facts = [a_fact(TODAY - 9), a_fact(TODAY - 8), a_fact(TODAY - 8, 1), a_fact(TODAY - 7, message='Revert "it"')]
    days = {day.day: day for day in calendar([a_fact(TODAY - 380), *facts]).days}
    assert days[TODAY - 8].says == f"{axes.full_day(TODAY - 8)}: 2 deployments, 1 failed"
    assert (days[TODAY - 9].count, days[TODAY - 9].failed, days[TODAY - 9].level) == (1, 0, 2)
    assert days[TODAY - 6].level == 0


def test_days_before_anything_was_known_are_not_drawn() -> None:
    found = calendar([a_fact(TODAY - 3)])
    assert len(found.days) == 4
    assert "the 4 days since" in found.says
    assert calendar([]).says == "Nothing went into production in 365 days."


def test_busiest_day_and_levels_are_in_words() -> None:
    facts = [a_fact(TODAY - 1, place) for place in range(7)] + [a_fact(TODAY - 2)]
    found = calendar(facts)
    assert found.steps == ("1 to 2", "3 to 4", "5 to 7")
    assert f"Busiest on {axes.full_day(TODAY - 1)} with 7." in found.says


def test_ledger_has_a_dot_a_day_within_the_line() -> None:
    flips = [Flip(day * DAY_MS + 5, f"e{day}", "1", "c") for day in (TODAY, TODAY, TODAY - 29)]
    ledger = ledger_of([FlakyLine("p", "shop", FlakyStage("test", tuple(flips), 30))], TODAY - 29, TODAY)
    (line,) = ledger.lines
    assert [dot.x for dot in line.dots] == [ledger.left, ledger.right]
    assert line.dots[1].radius > line.dots[0].radius
    assert line.says == f"test of shop flipped 3 times, with 10 % of its commits, last on {axes.full_day(TODAY)}."
    assert ledger_of([], TODAY - 29, TODAY).lines == ()


def test_time_of_stages_is_all_of_it_in_the_order_they_begin() -> None:
    stages = (a_stage("build", 0, 60, queue=30), a_stage("approve", 60, 240, wait=120))
    runs, times = stage_times([a_fact(TODAY, place, stages=stages) for place in range(6)] + [a_fact(TODAY, 9)])
    assert runs == 6
    assert [(time.stage, time.run, time.queue, time.wait) for time in times] == [
        ("build", 360, 180, 0), ("approve", 360, 0, 720)]  # fmt: skip
    bar = bar_of("p", "shop", runs, times)
    assert bar is not None
    assert [(part.kind, part.number) for part in bar.segments] == [
        ("queue", 0), ("run", 1), ("run", 2), ("wait", 0)]  # fmt: skip
    assert round(sum(part.width for part in bar.segments)) == bar.width - 2
    assert bar.says == (
        "approve takes 67 % of the time of shop's stages, 3 min a run. "
        "Of all of it 11 % queue and 44 % waits for people."
    )
    assert not bar.few
    assert bar_of("p", "shop", 1, []) is None
