"""Sign in, connect, post signed events, and watch the board follow without a reload."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import EMAIL, PASSWORD, SECRET, Server, ago, job_event, run_event

pytestmark = MARKS


@dataclass(frozen=True)
class Team:
    """A team of a test's own, and its connection."""

    server: Server
    slug: str
    connection: str

    @property
    def board(self) -> str:
        return f"{self.server.url}/teams/{self.slug}"

    def post(self, event: str, body: dict[str, Any]) -> None:
        self.server.post_github(self.connection, event, body)


@pytest.fixture
def team(server: Server) -> Team:
    made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
    found = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})
    return Team(server, made["slug"], found["id"])


def test_board_follows_events_without_reload_and_keeps_focus(server: Server, browser: Browser, team: Team) -> None:
    page, problems = signed_in(server, browser)
    page.goto(team.board)
    expect(page.locator("h2").first).to_have_text("Connect your first pipeline")
    expect(page.locator("#pulse")).to_contain_text("Live")
    page.evaluate("window.stillHere = true")

    team.post("workflow_run", run_event(100, "in_progress", None, ago(3), ago(3)))
    team.post("workflow_job", job_event(100, 1, "build", "in_progress", None, ago(2), None))
    row = page.locator("[data-pipeline]")
    expect(row.locator('[data-stage="build"]')).to_have_attribute("data-status", "running")

    link = row.locator(".who__name a")
    link.focus()
    team.post("workflow_job", job_event(100, 1, "build", "completed", "success", ago(2), ago(1)))
    team.post("workflow_job", job_event(100, 2, "test", "in_progress", None, ago(1), None))
    expect(row.locator('[data-stage="build"]')).to_have_attribute("data-status", "succeeded")
    expect(row.locator('[data-stage="test"]')).to_have_attribute("data-status", "running")
    expect(link).to_be_focused()
    assert page.evaluate("window.stillHere") is True
    assert problems == []


def test_stopped_pipeline_is_taken_and_everybody_sees_it(server: Server, browser: Browser, team: Team) -> None:
    team.post("workflow_run", run_event(200, "in_progress", None, ago(3), ago(3)))
    team.post("workflow_job", job_event(200, 5, "test", "completed", "failure", ago(2), ago(1)))
    team.post("workflow_run", run_event(200, "completed", "failure", ago(3), ago(1)))
    mine, _ = signed_in(server, browser)
    theirs, _ = signed_in(server, browser)
    mine.goto(team.board)
    theirs.goto(f"{server.url}/")
    bulletin = theirs.locator("#attention tr.attention", has=theirs.locator(f"a[href='/teams/{team.slug}']"))
    expect(bulletin).to_contain_text("Nobody yet")
    mine.get_by_role("link", name="Take it").click()
    expect(mine.locator("[data-pipeline]")).to_contain_text("mara has it")
    expect(bulletin.locator(".attention__who")).to_have_text("mara")


def test_execution_page_keeps_folds_while_stages_change(server: Server, browser: Browser, team: Team) -> None:
    team.post("workflow_run", run_event(300, "in_progress", None, ago(3), ago(3)))
    team.post("workflow_job", job_event(300, 7, "build", "completed", "success", ago(3), ago(2)))
    team.post("workflow_job", job_event(300, 8, "test", "in_progress", None, ago(2), None))
    page, _ = signed_in(server, browser)
    page.goto(team.board)
    page.locator('[data-stage="build"] a').click()
    expect(page.locator(".sign__title")).to_contain_text("Running test")
    build = page.locator('details[data-stage="build"]')
    build.locator("summary").click()
    team.post("workflow_job", job_event(300, 8, "test", "completed", "success", ago(2), ago(1)))
    expect(page.locator('details[data-stage="test"]')).to_have_attribute("data-status", "succeeded")
    assert build.evaluate("element => element.open") is True


def test_ended_session_is_told_on_the_open_page(server: Server, browser: Browser, team: Team) -> None:
    team.post("workflow_run", run_event(600, "in_progress", None, ago(3), ago(3)))
    page, _ = signed_in(server, browser)
    page.goto(team.board)
    expect(page.locator("#pulse")).to_contain_text("Live")
    other = page.context.new_page()
    other.goto(f"{server.url}/logout")
    other.get_by_role("button", name="Sign out").click()
    expect(page.locator("#signin-banner")).to_be_visible()
    expect(page.locator("[data-pipeline]").first).to_be_visible()


def test_board_works_without_javascript(server: Server, browser: Browser, team: Team) -> None:
    team.post("workflow_run", run_event(500, "in_progress", None, ago(3), ago(3)))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(team.board)
    page.fill("#id_email", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    expect(page).to_have_url(team.board)
    expect(page.locator("[data-pipeline]")).to_have_count(1)
    expect(page.locator("#board time").first).to_contain_text(":")


def test_killed_server_loses_no_acknowledged_event(tmp_path: Path) -> None:
    server = Server(tmp_path)
    server.start()
    team = server.api("POST", "/teams", {"name": "Checkout"})
    made = server.api("POST", f"/teams/{team['id']}/connections", {"source": "github", "secret": SECRET})
    acknowledged = []
    try:
        for run in range(1, 13):
            assert server.post_github(
                made["id"], "workflow_run", run_event(run, "completed", "success", ago(9), ago(8))
            ) in (200, 202)
            acknowledged.append(run)
            if run % 4 == 0:
                server.kill()
                server.start()
        pipeline = server.api("GET", f"/teams/{team['id']}/pipelines")["items"][0]
        kept = server.api("GET", f"/pipelines/{pipeline['id']}/executions?limit=100")["items"]
        assert sorted(int(item["externalId"]) for item in kept) == acknowledged
    finally:
        server.kill()


def test_board_keeps_to_the_order_its_address_asks_for(server: Server, browser: Browser, team: Team) -> None:
    for place, name in enumerate(("early", "late")):
        run, began = 700 + place, 30 - place * 10
        body = run_event(run, "completed", "failure", ago(began), ago(began - 1))
        body["workflow_run"].update(name=name, workflow_id=70 + place, path=f".github/workflows/{name}.yml")
        team.post("workflow_run", body)
    page, _ = signed_in(server, browser)
    page.goto(f"{team.board}?sort=longest")
    expect(page.locator("#pulse")).to_contain_text("Live")
    names = page.locator("#board .who__name a")
    expect(names).to_have_text(["checkout-api · early", "checkout-api · late"])
    body = run_event(702, "completed", "failure", ago(40), ago(39))
    body["workflow_run"].update(name="first", workflow_id=72, path=".github/workflows/first.yml")
    team.post("workflow_run", body)
    expect(names).to_have_text(["checkout-api · first", "checkout-api · early", "checkout-api · late"])
    expect(page.locator("#tally a").first).to_have_attribute("href", "?sort=longest")
    page.locator("#arrange summary").click()
    page.get_by_role("link", name="Newest trouble").click()
    expect(names).to_have_text(["checkout-api · late", "checkout-api · early", "checkout-api · first"])


def test_due_time_that_is_past_is_not_shown(server: Server, browser: Browser, team: Team) -> None:
    for place in range(6):
        begun, ended = ago(100 - place * 10), ago(98 - place * 10)
        team.post("workflow_job", job_event(800 + place, 80 + place, "build", "completed", "success", begun, ended))
        team.post("workflow_run", run_event(800 + place, "completed", "success", begun, ended))
    team.post("workflow_run", run_event(810, "in_progress", None, ago(1), ago(1)))
    team.post("workflow_job", job_event(810, 90, "build", "in_progress", None, ago(1), None))
    page, _ = signed_in(server, browser)
    page.goto(team.board)
    due = page.locator("#board [data-until]")
    expect(due).to_be_visible()
    expect(due).to_contain_text("due ~")
    due.locator("time").evaluate("element => { element.dateTime = new Date(Date.now() - 1000).toISOString(); }")
    expect(due).to_be_hidden()
