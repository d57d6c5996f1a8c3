"""Rules about stages in a browser: arranged, previewed, saved, and brought into the runs that are there; with scripts
and without."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS


@pytest.fixture(scope="module")
def team_id(server: Server) -> str:
    """A team with a pipeline of two stages that ran twice; what `ship it` is, its words tell."""
    team = str(server.api("POST", "/teams", {"name": "Rules"})["id"])
    connection = server.api("POST", f"/teams/{team}/connections", {"source": "github", "secret": SECRET})["id"]
    for run in (1, 2):
        began, ended = ago(60 - 20 * run), ago(50 - 20 * run)
        for job, name in enumerate(("build", "ship it"), 10 * run):
            body = job_event(run, job, name, "completed", "success", began, ended)
            server.post_github(connection, "workflow_job", body)
        server.post_github(connection, "workflow_run", run_event(run, "completed", "success", began, ended))
    return team


def add(page: Page, place: int, pattern: str, kind: str) -> None:
    page.get_by_label(f"Names of rule {place}", exact=True).fill(pattern)
    page.get_by_label(f"Kind of rule {place}", exact=True).select_option(kind)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_rules_are_arranged_previewed_saved_and_applied(
    server: Server, browser: Browser, team_id: str, *, scripts: bool
) -> None:
    page, problems = signed_in(server, browser)
    if not scripts:
        state = page.context.storage_state()
        page = browser.new_context(storage_state=state, java_script_enabled=False).new_page()
    # What the other of the two has saved is of another kind here.
    kind = "production" if scripts else "capacity"
    page.goto(f"{server.url}/manage/teams/{team_id}/stage-rules")
    while page.get_by_role("button", name="Remove rule 1", exact=True).count():
        page.get_by_role("button", name="Remove rule 1", exact=True).click()
        page.wait_for_load_state()
    add(page, 1, "*", "other")
    page.get_by_role("button", name="Add another").click()
    add(page, 2, "ship *", kind)
    page.get_by_role("button", name="Preview").last.click()
    preview = page.locator("#preview")
    expect(preview).to_contain_text("“ship *” never counts")

    page.get_by_role("button", name="Rule 2 up").click()
    expect(page.get_by_label("Names of rule 1", exact=True)).to_have_value("ship *")
    expect(preview).to_have_count(0)
    page.get_by_role("button", name="Preview").last.click()
    line = preview.get_by_role("row").filter(has=page.get_by_role("rowheader", name="ship it"))
    expect(line).to_contain_text(kind)
    expect(preview).not_to_contain_text("never counts")
    page.get_by_role("button", name="Save these rules").click()
    expect(page.locator(".saved")).to_have_text("Saved.")

    applied = page.locator("#rules-applied")
    if not scripts:
        page.wait_for_timeout(1000)
        page.reload()
    expect(applied).to_contain_text("Applied to 1 pipeline", timeout=20_000)
    page.goto(f"{server.url}/teams/rules")
    (pipeline,) = server.api("GET", f"/teams/{team_id}/pipelines")["items"]
    shown = server.api("GET", f"/executions/{pipeline['latestExecution']['id']}")
    assert {stage["name"]: stage["kind"] for stage in shown["stages"]} == {"build": "other", "ship it": kind}
    assert problems == []
