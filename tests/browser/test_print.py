"""Paper is white, whatever theme the screen has: what is printed can be read."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
SHOTS = os.environ.get("BIGTRANSIT_SHOTS")
# Every text that shows, its contrast (WCAG 2.2, 1.4.3) with what is behind it on paper: a ground is printed only where
# it says so, else the paper is white.
FAINT = """() => {
  const rgb = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map(v => linear(v / 255))
    .reduce((sum, v, at) => sum + v * [.2126, .7152, .0722][at], 0);
  const ground = el => {
    for (let at = el; at; at = at.parentElement) {
      const style = getComputedStyle(at), [r, g, b, a = 1] = rgb(style.backgroundColor);
      if (a > .5 && style.printColorAdjust === 'exact') return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const el = node.parentElement;
    if (!node.textContent.trim() || !el.checkVisibility() || el.closest('.vh, script')) continue;
    const [one, other] = [light(rgb(getComputedStyle(el).color)), light(ground(el))].sort((a, b) => b - a);
    if ((one + .05) / (other + .05) < 4.5) faint.push(`${el.className} ${node.textContent.trim()}`);
  }
  return faint;
}"""
FILL = "one => getComputedStyle(document.querySelector(one)).color"


@pytest.fixture(scope="module")
def board(server: Server) -> str:
    """The path of a board with a run that failed and one that still runs."""
    made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
    connection = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})["id"]
    for run, ended in ((1, "failure"), (2, None)):
        status = "completed" if ended else "in_progress"
        event = run_event(run, status, ended, ago(3), ago(1))
        event["workflow_run"] |= {"workflow_id": run, "name": f"CI {run}"}
        job = job_event(run, run * 10, "build", status, ended, ago(2), ago(1) if ended else None)
        server.post_github(connection, "workflow_run", event)
        server.post_github(connection, "workflow_job", job)
    return f"/teams/{made['slug']}"


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser) -> Page:
    page, _ = signed_in(server, browser, color_scheme="dark")
    return page


def printed(page: Page, server: Server, path: str) -> None:
    """A dark page, as it goes to paper."""
    page.emulate_media(media="screen", color_scheme="dark")
    page.goto(f"{server.url}{path}?theme=dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(10, 11, 13)"
    page.emulate_media(media="print", color_scheme="dark")
    if SHOTS:
        page.pdf(path=Path(SHOTS) / f"print{path.replace('/', '-')[:12]}.pdf")


def test_dark_pages_print_dark_on_white(page: Page, server: Server, board: str) -> None:
    page.goto(f"{server.url}{board}")
    expect(page.locator('[data-stage="build"]')).to_have_count(2)
    execution = page.locator(".stop__in[href*='/executions/']").first.get_attribute("href") or ""
    paths = ["/", board, execution.partition("#")[0], "/health", "/account", "/manage"]
    for path in paths:
        printed(page, server, path)
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert (path, page.evaluate(FAINT)) == (path, [])


def test_statuses_stay_apart_on_paper(page: Page, server: Server, board: str) -> None:
    printed(page, server, board)
    failing = page.evaluate(FILL, "[data-condition=failing] .who .glyph")
    running = page.evaluate(FILL, "[data-condition=running] .who .glyph")
    assert (failing, running) == ("rgb(207, 47, 18)", "rgb(22, 96, 216)")
    train = page.evaluate("getComputedStyle(document.querySelector('.train')).printColorAdjust")
    assert train == "exact"
