"""Somebody new connects each tool by what the pages say: copies the URL and the secret, gets the secret wrong, then the
content type, then both right, sees the first event and its line on the board, and reads what the tool remembers."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.opening import signed_in
from tests.browser.tools import TOOLS, Tool
from tests.chromium import MARKS
from tests.dashboard.tool_apis.fake_tool import FakeTool, serving
from tests.real_server import Server

pytestmark = MARKS
SOON = 10_000


def now() -> int:
    """The server has the real clock."""
    return int(time.time() * 1000)


def copied(page: Page, of: str) -> str:
    """What its button puts on the clipboard."""
    page.locator(f'[data-copy="{of}"]').click()
    expect(page.locator(f'[data-copy="{of}"].is-done')).to_be_visible()
    return str(page.evaluate("navigator.clipboard.readText()"))


def connect(page: Page, server: Server, tool: Tool) -> tuple[str, str]:
    """From the team's connections on. The URL and the secret, as copied."""
    team = server.api("POST", "/teams", {"name": f"New to {tool.source}"})
    page.goto(f"{server.url}/manage/teams/{team['id']}/connections")
    page.get_by_role("link", name=f"Connect {tool.label}").click()
    page.get_by_role("button", name="Make URL and secret").click()
    expect(page.locator("#source-check")).to_contain_text("Waiting for the first event")
    expect(page.get_by_text("How to set it up")).to_be_visible()
    expect(page.locator(".howto li").first).to_be_visible()
    url, secret = copied(page, "hook"), copied(page, "secret")
    if tool.source == "jenkins":
        assert copied(page, "address") == url.replace("://", f"://jenkins:{secret}@")
    page.evaluate("window.stillHere = true")
    return url, secret


def see_what_is_wrong(page: Page, tool: Tool, url: str, secret: str) -> None:
    """Of a secret that is another, and then of a content type that is."""
    check = page.locator("#source-check")
    assert tool.post(url, "not the secret") == 401
    assert tool.post(url, secret, "application/xml") == (200 if tool.takes_any_type else 415)
    expect(check).to_contain_text(
        f"Secret wrong in 1 of the latest posts: enter this connection's at {tool.label}, or rotate it"
        if not tool.takes_any_type
        else "Secret right since the latest post",
        timeout=SOON,
    )
    expect(check).to_contain_text(
        "Content-Type must be one of: application/json" if tool.takes_any_type else "it came as application/xml"
    )
    expect(check.locator(".st-failed").first).to_be_visible()


def see_it_arrive(page: Page, tool: Tool, url: str, secret: str) -> None:
    check = page.locator("#source-check")
    assert tool.post(url, secret) == 202
    expect(check).to_contain_text(f"Receiving {tool.kind} of {tool.line}", timeout=SOON)
    expect(check).to_contain_text("Secret right")
    expect(check.locator(".st-failed")).to_have_count(0)
    expect(page.locator("#state")).to_have_text("Receiving")
    assert page.evaluate("window.stillHere") is True


def rows(page: Page) -> Locator:
    page.get_by_role("link", name="View board").click()
    expect(page.locator("h1")).to_contain_text("New to")
    return page.locator("[data-pipeline]")


def read_history(page: Page, tool: Tool, address: str) -> None:
    """Of a server of the tool's own, which is played here: its address and a token are all that is typed."""
    page.fill("#api_token", tool.token)
    page.fill("#api_address", address)
    page.locator("#api").get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#api")).to_contain_text("a token is set")
    expect(page.locator("#history-progress")).to_contain_text("All read", timeout=20_000)


@pytest.mark.parametrize("tool", TOOLS, ids=str)
def test_new_user_connects_a_tool_and_is_told_what_is_wrong(server: Server, browser: Browser, tool: Tool) -> None:
    page, problems = signed_in(server, browser, permissions=["clipboard-read", "clipboard-write"])
    url, secret = connect(page, server, tool)
    see_what_is_wrong(page, tool, url, secret)
    see_it_arrive(page, tool, url, secret)
    connection = page.url
    expect(rows(page)).to_contain_text([tool.line.partition(" · ")[0]])
    assert (page.evaluate("window.violations"), problems) == ([], [])
    if tool.remembers is None:
        return
    with serving(FakeTool) as remembering:
        tool.remembers(remembering, now).fill(1, 2, 3)
        page.goto(connection)
        read_history(page, tool, remembering.address)
        expect(rows(page)).to_have_count(2)
    assert (page.evaluate("window.violations"), problems) == ([], [])
