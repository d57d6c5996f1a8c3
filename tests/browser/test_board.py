"""A board of 50 pipelines in a real browser: what it costs to open, and what a filter and a change do to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from storage.model.entities import Status
from storage.recording.rebuild import Rebuilder
from storage.store import Store, open_store
from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.dashboard.views.town import workflow_of
from tests.factories import MINUTE, a_run, a_team, record
from tests.real_server import Server

pytestmark = MARKS
PIPELINES = 50
MOST_REQUESTS, MOST_BYTES = 6, 60_000


@pytest.fixture(scope="module")
def store(server: Server) -> Iterator[Store]:
    found = open_store(server.environment["BIGTRANSIT_STORAGE_URL"])
    yield found
    found.table.engine.close()


@pytest.fixture(scope="module")
def team_id(store: Store) -> str:
    """Each pipeline with twelve runs, of which some failed; one of five with a run under way."""
    team, now = a_team(store, "Big", "big"), store.now()
    for place in range(PIPELINES):
        ref = workflow_of(f"service-{place}", place + 1)
        for run in range(12):
            outcome = Status.FAILED if (place + run) % 7 == 0 else Status.SUCCEEDED
            began = now - (60 * (14 - run) + place) * MINUTE
            events = a_run(f"{place}-{run}", ref=ref, began=began, outcome=outcome, number=str(run))
            store.recorder.apply(team.id, events)
        if place % 5 == 0:
            store.recorder.apply(team.id, a_run(f"{place}-20", ref=ref, began=now - 2 * MINUTE, outcome=None))
    Rebuilder(store.table, store.now).rename(team.id)
    return team.id


def counted(page: Page) -> tuple[list[str], list[int]]:
    """Addresses of what a page asks for from now on, and bytes of what arrived, headers included."""
    asked: list[str] = []
    arrived: list[int] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.requestWillBeSent", lambda event: asked.append(event["request"]["url"]))
    session.on("Network.loadingFinished", lambda event: arrived.append(event["encodedDataLength"]))
    session.on("Network.dataReceived", lambda event: arrived.append(0))
    return asked, arrived


def test_cold_board_of_fifty_takes_six_requests_and_sixty_kilobytes(
    server: Server, browser: Browser, team_id: str
) -> None:
    visited, _ = signed_in(server, browser)
    context = browser.new_context(storage_state=visited.context.storage_state())
    page = context.new_page()
    asked, arrived = counted(page)
    page.goto(f"{server.url}/teams/big")
    expect(page.locator("#board > .row")).to_have_count(PIPELINES)
    expect(page.locator("#pulse")).to_contain_text("Live")
    failing = page.locator("#board > [data-condition=failing]").count()
    expect(page).to_have_title(f"● {failing} · Big · Big Transit")
    # The stream never ends, and browsers without a window ask for no icon.
    unseen = [name for name in ("/live/", "favicon") if not any(name in address for address in asked)]
    assert len(asked) + len(unseen) <= MOST_REQUESTS, asked
    assert sum(arrived) + 1500 <= MOST_BYTES, arrived


def test_filter_narrows_the_board_in_place_and_its_stream_keeps_to_it(
    server: Server, browser: Browser, store: Store, team_id: str
) -> None:
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/teams/big")
    page.evaluate("window.stillHere = true")
    page.fill("#filter", "service-7")
    expect(page.locator("#board > .row")).to_have_count(1)
    expect(page).to_have_url(f"{server.url}/teams/big?q=service-7")
    expect(page.locator("#filter")).to_be_focused()
    expect(page.locator("#pulse")).to_contain_text("Live")
    ref = workflow_of("service-7", 8)
    record(store, a_run("7-30", ref=ref, began=store.now() - MINUTE, outcome=None)[:3], team_id)
    expect(page.locator("#board .train")).to_have_count(1)
    expect(page.locator("#board > .row")).to_have_count(1)
    page.locator("#tally a").first.click()
    expect(page.locator("#board > .row")).to_have_count(PIPELINES)
    page.go_back()
    expect(page.locator("#board > .row")).to_have_count(1)
    assert problems == []


def test_change_of_a_stage_touches_that_stage_alone(
    server: Server, browser: Browser, store: Store, team_id: str
) -> None:
    ref = workflow_of("service-9", 10)
    run = a_run("9-40", ref=ref, began=store.now() - 3 * MINUTE, outcome=None)
    record(store, run[:3], team_id)
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/teams/big?q=service-9")
    row = page.locator("#board > .row")
    expect(row.locator(".train")).to_have_count(1)
    expect(page.locator("#pulse")).to_contain_text("Live")
    page.evaluate(_WATCH)
    record(store, run[3:4], team_id)
    expect(row.locator(".train")).to_have_count(0)
    changed: list[Any] = page.evaluate("window.changed")
    assert row.get_attribute("data-pipeline")
    assert "row" not in changed
    assert problems == []


_WATCH = """() => {
  window.changed = [];
  new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(node => node.classList?.forEach(
    name => window.changed.push(name))))).observe(document.getElementById('board'), { childList: true, subtree: true });
}"""


def test_taking_a_pipeline_is_told_and_keeps_the_keyboard(server: Server, browser: Browser, team_id: str) -> None:
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/teams/big?q=is:failing")
    expect(page.locator("#pulse")).to_contain_text("Live")
    row = page.locator("#board > .row").first
    name = row.locator(".who__name").inner_text()
    row.get_by_role("link", name="Take it").focus()
    page.keyboard.press("Enter")
    expect(row).to_contain_text("mara has it")
    expect(page.locator("#announce")).to_have_text(f"You have {name} now")
    expect(row.locator(".who__name a")).to_be_focused()
    assert problems == []


def test_taking_a_pipeline_that_fails_says_so(server: Server, browser: Browser, team_id: str) -> None:
    page, _ = signed_in(server, browser)
    page.goto(f"{server.url}/teams/big?q=is:failing")
    expect(page.locator("#pulse")).to_contain_text("Live")
    page.route("**/take", lambda route: route.abort())
    row = page.locator("#board > .row", has_text="Take it").first
    row.get_by_role("link", name="Take it").click()
    expect(page.locator("#announce")).to_contain_text("did not answer")
    expect(row.locator("#not-taken")).to_be_visible()
