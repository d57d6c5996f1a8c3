"""Times and timeline of a run, with a script and without, in a zone that is not UTC."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import sign_in, watched
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
ZONE = "Asia/Kolkata"


@pytest.fixture(scope="module")
def run(server: Server) -> str:
    """The address of a run that moves, of a pipeline with six green runs of two stages."""
    made = server.api("POST", "/teams", {"name": "Timelines"})
    found = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})

    def post(event: str, body: dict[str, object]) -> None:
        server.post_github(found["id"], event, body)

    for number in range(100, 106):
        began, turned, ended = ago(900 - number), ago(897 - number), ago(893 - number)
        post("workflow_job", job_event(number, number * 10, "build", "completed", "success", began, turned))
        post("workflow_job", job_event(number, number * 10 + 1, "test", "completed", "success", turned, ended))
        post("workflow_run", run_event(number, "completed", "success", began, ended))
    post("workflow_run", run_event(110, "in_progress", None, ago(1), ago(1)))
    post("workflow_job", job_event(110, 1100, "build", "in_progress", None, ago(1), None))
    (pipeline,) = server.api("GET", f"/teams/{made['id']}/pipelines")["items"]
    return f"{server.url}/executions/{pipeline['latestExecution']['id']}"


def opened(browser: Browser, server: Server, *, scripts: bool) -> Page:
    page, _ = watched(browser.new_context(timezone_id=ZONE, java_script_enabled=scripts))
    sign_in(page, server)
    return page


def test_without_scripts_a_beginning_reads_as_one(server: Server, browser: Browser, run: str) -> None:
    page = opened(browser, server, scripts=False)
    page.goto(run)
    for told in page.locator("time[data-elapsed]").all_inner_texts():
        assert re.match(r"since \d\d:\d\d UTC\b", told), told


def test_with_scripts_times_are_the_readers_and_name_their_zone(server: Server, browser: Browser, run: str) -> None:
    page = opened(browser, server, scripts=True)
    page.goto(run)
    timer = page.locator("#header time[data-elapsed]").first
    expect(timer).to_have_text(re.compile(r"^1:\d\d of ~3:00$"))
    assert "GMT+5:30" in str(timer.get_attribute("title"))
    assert not page.locator('time[title$=" UTC"]').count()


def test_timeline_has_a_line_at_now_and_bars_of_what_is_to_come(server: Server, browser: Browser, run: str) -> None:
    page = opened(browser, server, scripts=True)
    page.goto(run)
    build, test = page.locator(".leg[data-stage=build]"), page.locator(".leg[data-stage=test]")
    expect(test.locator(".leg__state")).to_have_text("to come")
    now = build.locator("summary .gantt__now").bounding_box()
    bar = build.locator("summary .gantt__bar").bounding_box()
    coming = test.locator("summary .gantt__exp").bounding_box()
    assert now is not None
    assert bar is not None
    assert coming is not None
    assert abs(now["x"] - (bar["x"] + bar["width"])) < 3
    assert coming["x"] > now["x"]
