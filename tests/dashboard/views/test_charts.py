"""Charts of a team and of one pipeline: the same numbers as health pages have, in words and as a table, too."""

from __future__ import annotations

import re

import pytest

from dashboard.readmodels.charts.page import DAYS, ChartsPage, build
from dashboard.readmodels.measure_values import value_of
from dashboard.screens.behind import read_behind
from storage.model.entities import Team
from storage.model.evidence import Measure
from storage.model.windows import window_of
from storage.store import Store
from storage.table import metered
from tests.dashboard.views.delivering import delivering_team
from tests.dashboard.visiting import Visitor
from tests.factories import NOW, a_team


@pytest.fixture
def team(store: Store) -> Team:
    return delivering_team(store)


def charts(store: Store, team: Team, days: int) -> ChartsPage:
    behind = read_behind(store, team, days)
    pipelines = behind.delivered()
    window = window_of(team.id, pipelines, days, behind.today)
    return build(team, behind.rows, behind.facts, pipelines, window, behind.now)


@pytest.mark.parametrize("days", [30, 90, 365])
def test_numbers_are_those_of_health_and_measure_pages(store: Store, visitor: Visitor, team: Team, days: int) -> None:
    (kept,) = (each for one in store.windows.list_all() for each in one.windows if each.days == days)
    page = charts(store, team, days)
    plots = {plot.key: plot for plot in page.trends}
    for measure in (Measure.CHANGE_LEAD_TIME, Measure.CHANGE_FAIL_RATE, Measure.DURATION_P50, Measure.SUCCESS_RATE):
        value, plot = value_of(measure, kept, days, NOW), plots[measure]
        assert value.value is not None
        behind = visitor.text(plot.href)
        assert f">{plot.value}<" in behind
        assert f"of {value.sample}" in plot.basis
    assert f"{kept.now.deployments} in {days} days" in plots["frequency"].basis
    told = [row.cells[0].partition(",")[0] for row in plots["frequency"].rows]
    assert sum(int(count) for count in told if count.isdigit()) == kept.now.deployments
    assert page.calendar.total == kept.now.deployments
    assert sum(day.failed for day in page.calendar.days) == kept.now.failed
    assert plots["distribution"].basis.startswith(f"median of {kept.now.duration.count},")


def test_every_drawing_has_a_name_a_finding_and_a_table(visitor: Visitor, team: Team) -> None:
    text = visitor.text(f"/health/{team.slug}/charts")
    drawings = re.findall(r'<svg class="plot[ "].*?</svg>', text, re.DOTALL)
    assert len(drawings) >= 6 + 1 + 2
    for drawing in drawings:
        assert re.search(r'role="(img|group)"', drawing)
        assert re.search(r"<title id=\"[\w-]+\">\w", drawing)
        assert re.search(r"<desc id=\"[\w-]+\">\w", drawing)
    assert text.count("<summary>Table</summary>") == len(drawings)
    assert "style=" not in text
    assert len(set(re.findall(r' id="([^"]+)"', text))) == len(re.findall(r' id="([^"]+)"', text))


def test_day_of_the_calendar_leads_to_its_deployments(store: Store, visitor: Visitor, team: Team) -> None:
    day = charts(store, team, 90).calendar.newest[0]
    href = f"/health/{team.slug}/deployments?day={day.iso}"
    assert f'href="{href}"' in visitor.text(f"/health/{team.slug}/charts")
    page = visitor.text(href)
    assert f'<h2 id="list-h">{day.count} deployment' in page
    assert "Into production on" in page
    rows = visitor.get(f"/health/{team.slug}/deployments.json?day={day.iso}").json()["items"]
    assert {row["at"][:10] for row in rows} == {day.iso}
    assert len(rows) == day.count


@pytest.mark.parametrize("said", ["2026-13-01", "20260101", "yesterday", ""])
def test_day_that_is_none_is_passed_over(visitor: Visitor, team: Team, said: str) -> None:
    assert "up to today" in visitor.text(f"/health/{team.slug}/deployments?day={said}")


def test_charts_of_one_pipeline_are_of_it_alone(visitor: Visitor, store: Store, team: Team) -> None:
    rows = read_behind(store, team, 30).rows
    text = visitor.text(f"/health/{team.slug}/charts?days=30&pipeline={rows[0].id}")
    assert f"Charts of {rows[0].label}" in text
    assert rows[1].label not in text
    assert f"/health/{team.slug}/charts?days=30&amp;pipeline={rows[0].id}" not in text
    assert visitor.get(f"/health/{team.slug}/charts?pipeline=nobody").status_code == 404
    assert f"charts?pipeline={rows[0].id}" in visitor.text(f"/teams/{team.slug}/pipelines/{rows[0].id}")


def test_other_days_are_ninety(visitor: Visitor, team: Team) -> None:
    assert DAYS[0] == "90"
    assert "90 days up to today" in visitor.text(f"/health/{team.slug}/charts?days=7")


def test_team_without_anything_has_a_page_that_says_so(visitor: Visitor, store: Store) -> None:
    a_team(store, "Quiet", "quiet")
    text = visitor.text("/health/quiet/charts?days=365")
    assert text.count("plotcard__empty") == 6
    assert "Nothing went into production in 365 days." in text
    assert "No stage was timed" in text


def test_charts_read_each_pipeline_once(visitor: Visitor, team: Team) -> None:
    with metered() as meter:
        visitor.get(f"/health/{team.slug}/charts?days=365")
    assert meter.operations == ["batch_get", "query", "query", "query", "query"]
