"""The radiator's own script, in today's Chromium; test_old_browser.py has it in an old one."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.opening import opened, signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
# What the page takes for hidden is up to the test.
HIDING = """
window.away = false;
Object.defineProperty(document, 'hidden', { get: () => window.away });
window.hide = away => { window.away = away; document.dispatchEvent(new Event('visibilitychange')); };
"""


@dataclass(frozen=True)
class Screen:
    """A screen of a team of its own, with a row that failed and one that passed."""

    server: Server
    connection: str
    url: str
    links: str

    def run(self, number: int, conclusion: str, workflow: int) -> None:
        event = run_event(number, "completed", conclusion, ago(3), ago(1))
        event["workflow_run"] |= {"workflow_id": workflow, "name": f"CI {workflow}"}
        job = job_event(number, number * 10, "build", "completed", conclusion, ago(2), ago(1))
        self.server.post_github(self.connection, "workflow_run", event)
        self.server.post_github(self.connection, "workflow_job", job)


@pytest.fixture
def screen(server: Server, browser: Browser) -> Screen:
    team = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})["id"]
    connection = server.api("POST", f"/teams/{team}/connections", {"source": "github", "secret": SECRET})["id"]
    page, _ = signed_in(server, browser)
    links = f"{server.url}/manage/teams/{team}/screens"
    page.goto(links)
    page.fill("#id_name", "Kitchen")
    page.get_by_role("button", name="Make link").click()
    found = Screen(server, connection, page.locator("#once").input_value(), links)
    page.context.close()
    found.run(1, "failure", workflow=7)
    found.run(2, "success", workflow=8)
    return found


@pytest.fixture
def page(screen: Screen, browser: Browser) -> Iterator[Page]:
    page, problems = opened(browser)
    page.add_init_script(HIDING)
    page.clock.install()
    page.goto(screen.url)
    expect(page.locator("#pulse")).to_have_text("Live")
    yield page
    page.context.close()
    assert problems == []


def pass_time(page: Page, until: Callable[[], bool]) -> None:
    """A second at a time, until something holds; the network takes real time in between."""
    for _ in range(120):
        if until():
            return
        page.clock.run_for(1000)
        # Not by the page: it may be on its way to another.
        page.request.get(f"{page.url.partition('/radiator')[0]}/healthz")
    assert until()


def failing(page: Page) -> int:
    return page.locator(".rad[data-condition=failing]").count()


def test_only_what_changed_is_another_element(page: Page, screen: Screen) -> None:
    screen.run(3, "failure", workflow=8)
    pass_time(page, lambda: failing(page) == 2)
    page.evaluate("window.kept = document.querySelectorAll('.rad')")
    screen.run(4, "success", workflow=7)
    pass_time(page, lambda: failing(page) == 1)
    rows = page.locator(".rad")
    expect(rows).to_have_count(2)
    still = page.evaluate("[...window.kept].map(row => document.contains(row))")
    assert sorted(still) == [False, True]
    expect(page.locator("#rad-counts")).to_contain_text("1 passing")


def test_screen_says_that_it_is_old_and_recovers(page: Page, screen: Screen) -> None:
    def away(route: Route) -> None:
        route.abort()

    page.route("**/radiator/**", away)
    pass_time(page, lambda: "Not live" in page.locator("#pulse").inner_text())
    expect(page.locator(".radiator")).to_have_class("radiator radiator--stale")
    page.unroute("**/radiator/**", away)
    pass_time(page, lambda: page.locator("#pulse").inner_text() == "Live")
    expect(page.locator(".radiator")).to_have_class("radiator")


def test_answer_of_something_between_is_no_news(page: Page, screen: Screen) -> None:
    page.route("**/radiator/**", lambda route: route.fulfill(status=200, body="<h1>Sign in to the guest network</h1>"))
    pass_time(page, lambda: "Not live" in page.locator("#pulse").inner_text())
    assert failing(page) == 1


def test_screen_goes_when_its_link_is_revoked(page: Page, screen: Screen, browser: Browser) -> None:
    manager, _ = signed_in(screen.server, browser)
    manager.goto(screen.links)
    manager.locator("summary", has_text="Revoke").click()
    manager.get_by_label("Type Kitchen to confirm").fill("Kitchen")
    manager.get_by_role("button", name="Revoke").click()
    expect(manager.locator("td", has_text="None yet.")).to_be_visible()
    pass_time(page, lambda: page.locator(".rad").count() == 0)
    expect(page.locator("h1")).not_to_contain_text("Team")
    manager.context.close()


def test_hidden_screen_asks_nothing_and_asks_at_once_when_seen(page: Page, screen: Screen) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("window.hide(true)")
    page.clock.run_for(60_000)
    page.evaluate("fetch('/healthz')")
    assert [url for url in asked if "/radiator/" in url] == []
    with page.expect_request("**/radiator/**"):
        page.evaluate("window.hide(false)")
