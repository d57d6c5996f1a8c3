"""The timeline of an execution: what is to come, what waits, and where to act on it."""

from __future__ import annotations

from storage.model.entities import Status
from tests.dashboard.views.rows import job, red, run, waits
from tests.dashboard.views.test_execution_page import Page, page
from tests.factories import MINUTE, NOW

__all__ = ["page"]


def test_stages_to_come_have_a_place_and_an_expected_bar(page: Page) -> None:
    page.tell(run(210, 1, None, stages=("build",)))
    built, coming, last = page.built.timeline.stages
    assert (built.name, built.words) == ("build", "running")
    assert (coming.name, coming.words, last.name, last.words) == ("test", "to come", "deploy production", "to come")
    assert coming.expected is not None
    assert last.expected is not None
    assert coming.expected.x + coming.expected.width <= last.expected.x + 1
    assert last.expected.x + last.expected.width <= 1000


def test_nothing_is_to_come_of_a_run_that_is_red(page: Page) -> None:
    page.tell(run(210, 3, None, stages=("build",)), [job(210, "build", Status.FAILED, 1)])
    assert [stage.name for stage in page.built.timeline.stages] == ["build"]


def test_what_waits_has_a_bar_that_grows_and_a_timer(page: Page) -> None:
    page.tell(waits(210, 5))
    stage = next(stage for stage in page.built.timeline.stages if stage.name == "approve")
    assert stage.bar is not None
    assert stage.bar.began == stage.began == NOW - 4 * MINUTE


def test_moving_run_has_a_line_at_now_and_an_ended_one_has_none(page: Page) -> None:
    page.tell(run(210, 1, None, stages=("build",)))
    assert "data-now" in page.text()
    page.tell([job(210, "build", Status.SUCCEEDED, 0)], run(210, 1))
    assert "data-now" not in page.text()


def test_waiting_run_leads_to_where_a_person_acts(page: Page) -> None:
    *begun, _, told_so = waits(210, 5)
    asks = job(210, "approve", Status.WAITING, 4, url="https://ci.example/approve")
    page.tell([*begun, asks, told_so])
    assert page.built.act_url == "https://ci.example/approve"
    assert 'href="https://ci.example/approve" rel="noreferrer">Decide in GitHub Actions</a>' in page.text()


def test_waiting_run_says_who_may_decide_where_told(page: Page) -> None:
    *begun, _, told_so = waits(210, 5)
    page.tell([*begun, job(210, "approve", Status.WAITING, 4), told_so])
    assert " may</span>" not in page.text()
    page.tell([job(210, "approve", Status.WAITING, 4, deciders=("Release managers", "kofi"))])
    assert page.built.deciders == "Release managers, kofi"
    assert "<span>Release managers, kofi may</span>" in page.text()
    page.tell([job(210, "approve", Status.RUNNING, 1)])
    assert page.built.deciders == ""


def test_run_that_waits_for_nobody_offers_no_decision(page: Page) -> None:
    page.tell(run(210, 1, None))
    assert page.built.act_url == ""


def test_facts_name_the_tool_the_run_id_and_the_last_green_run(page: Page) -> None:
    page.tell(red(210, 9))
    assert page.facts["Tool"] == "GitHub Actions"
    assert page.facts["Run ID"] == "210"
    assert page.facts["Last green"].startswith("Run 105")
    assert not {"Source", "Its id there"} & page.facts.keys()


def test_older_run_leads_to_the_newest(page: Page) -> None:
    page.tell(red(210, 9), run(211, 2))
    assert page.facts["Newest"] == "Run 211"
