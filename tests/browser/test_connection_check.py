"""A connection's page stands open while its tool is set up: it says what came and what is wrong, without being loaded
again; and so does a board say that nothing is heard."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.model.quiet import QuietConnection, QuietReason
from storage.store import open_store
from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event, signed_github

pytestmark = MARKS
SOON = 10_000


def post(server: Server, connection: str, event: str = "workflow_run", secret: str = SECRET, **headers: str) -> int:
    began = ago(9)
    body = run_event(1, "in_progress", None, began, began)
    if event == "workflow_job":
        body = job_event(1, 1, "build", "in_progress", None, began, None)
    raw, own = signed_github(body, event, secret=secret)
    sent = {**own, **{name.replace("_", "-"): text for name, text in headers.items()}}
    request = urllib.request.Request(f"{server.url}/hooks/github/{connection}", raw, sent)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def open_page(server: Server, browser: Browser, team: str) -> tuple[Page, list[str], str]:
    """Of a connection to which nothing was sent yet, marked so that loading it again would show."""
    made = server.api("POST", "/teams", {"name": team})["id"]
    connection = server.api("POST", f"/teams/{made}/connections", {"source": "github", "secret": SECRET})["id"]
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/manage/connections/{connection}")
    expect(page.locator("#source-check")).to_contain_text("Waiting for the first event")
    page.evaluate("window.stillHere = true")
    return page, problems, connection


def test_page_says_what_is_wrong_and_turns_when_it_is_right(server: Server, browser: Browser) -> None:
    page, problems, connection = open_page(server, browser, "Watching")
    check = page.locator("#source-check")
    assert post(server, connection, secret="another secret") == 401
    expect(check).to_contain_text("Secret wrong in 1 of the latest posts: enter this connection's", timeout=SOON)
    assert post(server, connection, Content_Type="text/plain") == 415
    expect(check).to_contain_text("it came as text/plain, and is to be application/json", timeout=SOON)
    assert post(server, connection, "workflow_job") == 202
    expect(check).to_contain_text("“Workflow runs” is not ticked in GitHub", timeout=SOON)
    assert post(server, connection) == 202
    expect(check).to_contain_text("Receiving workflow_run.requested of checkout-api", timeout=SOON)
    expect(check).not_to_contain_text("Content type wrong")
    expect(check).not_to_contain_text("is not ticked")
    expect(check).to_contain_text("Secret right since the latest post")
    expect(page.locator("#state")).to_have_text("Receiving")
    rows = page.locator("#deliveries tbody tr")
    expect(rows.locator("[data-label=Answer]")).to_have_text(["202", "202", "415", "401"])
    page.get_by_role("button", name="Replay").first.click()
    expect(page.locator(".banner").filter(has_text="Replayed")).to_be_visible()
    assert page.evaluate("window.stillHere") is True
    assert (page.evaluate("window.violations"), problems) == ([], [])


def test_body_that_is_not_understood_is_said_with_the_reason(server: Server, browser: Browser) -> None:
    page, problems, connection = open_page(server, browser, "Reading")
    raw, headers = signed_github({"workflow_run": {}})
    request = urllib.request.Request(f"{server.url}/hooks/github/{connection}", raw, headers)
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(request, timeout=10)
    expect(page.locator("#source-check")).to_contain_text("Not understood", timeout=SOON)
    expect(page.locator("#source-check")).to_contain_text("Payloads not readable in 1 of the latest posts:")
    assert page.evaluate("window.stillHere") is True
    assert problems == []


def test_open_board_says_since_when_nothing_is_heard_and_takes_it_back(server: Server, browser: Browser) -> None:
    made = server.api("POST", "/teams", {"name": "Silent"})
    connection = server.api("POST", f"/teams/{made['id']}/connections", {"source": "gitlab", "secret": SECRET})["id"]
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/teams/{made['slug']}")
    line = page.locator("#quiet")
    expect(line).to_be_hidden()
    store = open_store(server.environment["BIGTRANSIT_STORAGE_URL"])
    since = store.now() - 3 * 3_600_000
    quiet = QuietConnection(connection, "gitlab", "", QuietReason.SILENT, since)
    told = store.teams.tell_quiet(store.teams.get(made["id"]).team, (quiet,))
    expect(line).to_contain_text("GitLab CI/CD: nothing heard, for longer than is usual", timeout=SOON)
    expect(line).to_contain_text("3 h ago")
    store.teams.tell_quiet(told, ())
    expect(line).to_be_hidden(timeout=SOON)
    assert problems == []
