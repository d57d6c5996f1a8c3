"""Trends: every point is what `measure` says of its days."""

from __future__ import annotations

from collections.abc import Sequence

from dashboard.readmodels.charts import axes
from dashboard.readmodels.charts.plots import Plot
from dashboard.readmodels.charts.trends import Asked, measured, stretches_of, trends_of
from storage.model.evidence import Measure
from storage.model.facts import DAY_MS, Fact
from storage.model.measures import delivered, measure
from storage.model.windows import window_of
from tests.dashboard.readmodels.charts.facts import MONDAY, a_fact

# A Sunday: the last week is whole.
TODAY = MONDAY + 13 * 7 - 1


def trends(facts: Sequence[Fact], days: int = 90, today: int = TODAY) -> dict[str, Plot]:
    pipelines = [delivered(facts)]
    window, stretches = window_of("t", pipelines, days, today), stretches_of(days, today)
    found = measured(pipelines, stretches, window.known_from)
    asked = Asked(window, days, today * DAY_MS, stretches, found, {"p": "shop"}, lambda of: f"/{of.value}")
    return {plot.key: plot for plot in trends_of(asked)}


def weekdays(weeks: int, **told: int) -> list[Fact]:
    return [a_fact(MONDAY + 7 * week + day, **told) for week in range(weeks) for day in range(5)]  # type: ignore[arg-type]


def test_each_week_has_what_its_days_have() -> None:
    facts = [a_fact(TODAY - place, seconds=300 + 7 * place % 90) for place in range(100)]
    found, pipelines = trends(facts), [delivered(facts)]
    for place, each in enumerate(stretches_of(90, TODAY)):
        told = measure(pipelines, each.first, each.last)
        assert found["frequency"].rows[place].cells == (str(told.deployments),)
        assert found["duration_p50"].rows[place].cells[0] == f"{(told.duration.median or 0) // 60} min"
    assert found["success_rate"].value == "100 %"
    assert found["success_rate"].href == f"/{Measure.SUCCESS_RATE}"


def test_bars_begin_at_nothing_and_are_as_high_as_their_number() -> None:
    plot = trends([*weekdays(13), a_fact(TODAY - 1, 1), a_fact(TODAY - 1, 2)])["frequency"]
    assert {bar.y + bar.height for bar in plot.bars} == {float(plot.floor)}
    assert plot.bars[-1].height / plot.bars[0].height == 7 / 5


def test_few_are_hollow_and_say_so() -> None:
    plot = trends([*weekdays(12), a_fact(TODAY)])["change_lead_time"]
    assert [dot.hollow for dot in plot.dots] == [False] * 12 + [True]
    assert plot.rows[-1].cells == ("1 h", "1, too few")
    assert "too few, under 5" in [one.words for one in plot.legend]


def test_week_that_is_not_over_says_so() -> None:
    plot = trends(weekdays(13), today=TODAY - 3)["frequency"]
    assert plot.bars[-1].hollow
    assert plot.rows[-1].cells == ("4, so far",)


def test_nothing_at_all_is_said_and_nothing_is_drawn() -> None:
    for plot in trends([]).values():
        assert plot.empty
        assert (plot.bars, plot.dots, plot.lines) == ((), (), ())


def test_one_run_is_one_point_without_a_level() -> None:
    plot = trends([a_fact(TODAY)])["duration_p50"]
    assert [(dot.hollow, dot.second) for dot in plot.dots] == [(True, False), (True, True)]
    assert plot.level is None
    assert plot.basis == "median of 1, too few"
    assert plot.says.startswith("Too few in 90 days for one value: 1.")


def test_weeks_before_anything_was_known_are_not_counted_as_empty() -> None:
    plot = trends(weekdays(13)[-10:])["frequency"]
    assert [row.cells for row in plot.rows] == [("not known",)] * 11 + [("5",)] * 2
    assert "lowest" not in plot.says


def test_line_breaks_where_nothing_is_known() -> None:
    facts = [fact for fact in weekdays(13) if not MONDAY + 28 <= fact.day < MONDAY + 35]
    assert trends(facts)["change_lead_time"].lines[0].count("M") == 2


def test_step_is_marked_with_its_date_and_told() -> None:
    facts = [a_fact(TODAY - 90 + place, seconds=300 if place < 50 else 900) for place in range(91)]
    plot = trends(facts)["duration_p50"]
    (mark,) = plot.marks
    assert mark.label == axes.day_label(TODAY - 40)
    assert mark.x == axes.place_of_day(stretches_of(90, TODAY), TODAY - 40)
    assert f"A step on {axes.full_day(TODAY - 40)}: from 5 min to 15 min." in plot.says


def test_wild_week_is_cut_off_with_its_number() -> None:
    facts = [
        a_fact(MONDAY + 7 * week + day, seconds=90_000 if week == 4 else 600) for week in range(13) for day in range(5)
    ]
    plot = trends(facts)["duration_p50"]
    (one,) = plot.beyond
    assert one.label == "1 d"
    assert len([dot for dot in plot.dots if not dot.second]) == 12
    assert all(plot.top <= dot.y <= plot.floor for dot in plot.dots)


def test_year_is_told_by_months() -> None:
    plot = trends([a_fact(TODAY - place) for place in range(400)], days=365)["frequency"]
    assert plot.title == "Deployments a month"
    assert plot.rows[-1].name == "August 2026"
    assert len(plot.rows) == 13
