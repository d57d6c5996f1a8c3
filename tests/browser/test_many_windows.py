"""More windows of one browser than it opens connections to a host over HTTP/1.1, which is six: a wall of screens."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
WINDOWS = 8
STREAMS = 4
PATIENCE_MS = 60_000
STATE = "document.getElementById('live')?.dataset.state"


@pytest.fixture
def board(server: Server) -> tuple[str, Callable[[str, str | None], None]]:
    """Its address, and what posts that the build has a status."""
    made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
    connection = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})["id"]

    def tell(status: str, conclusion: str | None) -> None:
        server.post_github(connection, "workflow_run", run_event(1, "in_progress", None, ago(3), ago(3)))
        ended = ago(1) if conclusion else None
        server.post_github(connection, "workflow_job", job_event(1, 1, "build", status, conclusion, ago(2), ended))

    return f"{server.url}/teams/{made['slug']}", tell


def streaming(windows: list[Page]) -> int:
    return sum(window.evaluate(STATE) == "open" for window in windows)


def wait_for_streams(windows: list[Page], wanted: int) -> None:
    for _ in range(PATIENCE_MS // 250):
        if streaming(windows) == wanted:
            return
        windows[0].wait_for_timeout(250)
    assert streaming(windows) == wanted


def test_eight_windows_of_one_browser_are_live_and_a_ninth_opens(
    server: Server, browser: Browser, board: tuple[str, Callable[[str, str | None], None]]
) -> None:
    address, tell = board
    first, _ = signed_in(server, browser)
    windows = [first, *(first.context.new_page() for _ in range(WINDOWS - 1))]
    for window in windows:
        window.goto(address, timeout=PATIENCE_MS)
    for window in windows:
        expect(window.locator("#pulse")).to_have_text("Live", timeout=PATIENCE_MS)
    wait_for_streams(windows, STREAMS)

    tell("in_progress", None)
    for window in windows:
        status = window.locator('[data-stage="build"]')
        expect(status).to_have_attribute("data-status", "running", timeout=PATIENCE_MS)
    ninth = first.context.new_page()
    ninth.goto(address, timeout=PATIENCE_MS)
    expect(ninth.locator('[data-stage="build"]')).to_have_attribute("data-status", "running")
    assert streaming([*windows, ninth]) == STREAMS

    gone = next(window for window in windows if window.evaluate(STATE) == "open")
    gone.close()
    left = [window for window in [*windows, ninth] if window is not gone]
    wait_for_streams(left, STREAMS)
    tell("completed", "success")
    for window in left:
        status = window.locator('[data-stage="build"]')
        expect(status).to_have_attribute("data-status", "succeeded", timeout=PATIENCE_MS)
