"""What a television of 2020 makes of the pages: Chromium 85 against the real server."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.old_chromium import Lacking, OldChromium, Page, fetch, running
from tests.chromium import MARKS
from tests.contracts.stylesheets import rules
from tests.real_server import EMAIL, PASSWORD, SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
SHOTS = os.environ.get("BIGTRANSIT_SHOTS")
# Without them a page is less fine, not less readable.
DISPENSABLE = {
    "accent-color",
    "forced-color-adjust",
    "print-color-adjust",
    "scrollbar-width",
    "text-underline-offset",
}
INK = "rgb(17, 19, 22)"


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OldChromium]:
    try:
        fetch()
    except Lacking as lacking:
        pytest.skip(str(lacking))
    with running(tmp_path_factory.mktemp("old")) as browser:
        assert browser.product.startswith("HeadlessChrome/85.")
        yield browser


class Team:
    """With a run that failed and one that passed, of two workflows."""

    def __init__(self, server: Server) -> None:
        made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
        found = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})
        self.server, self.id, self.slug, self._connection = server, made["id"], made["slug"], found["id"]
        self.run(1, "failure", workflow=7)
        self.run(2, "success", workflow=8)

    def run(self, number: int, conclusion: str, workflow: int) -> None:
        event = run_event(number, "completed", conclusion, ago(3), ago(1))
        event["workflow_run"] |= {"workflow_id": workflow, "name": f"CI {workflow}", "path": f".github/{workflow}.yml"}
        job = job_event(number, number * 10, "build", "completed", conclusion, ago(2), ago(1))
        job["workflow_job"]["workflow_name"] = f"CI {workflow}"
        self.server.post_github(self._connection, "workflow_run", event)
        self.server.post_github(self._connection, "workflow_job", job)


@pytest.fixture(scope="module")
def team(server: Server) -> Team:
    return Team(server)


@pytest.fixture(scope="module")
def page(old: OldChromium, server: Server) -> Page:
    """Signed in, by the form."""
    page = old.page()
    page.goto(f"{server.url}/login?next=/")
    shot(page, "old-login")
    assert page.evaluate("getComputedStyle(document.querySelector('main .btn--primary')).backgroundColor") == INK
    submit(page, id_email=EMAIL, id_password=PASSWORD)
    page.wait_for("location.pathname === '/' && document.querySelector('h1').textContent === 'Network'")
    return page


def submit(page: Page, **fields: str) -> None:
    """Type into the form on the page and press its button, as somebody would."""
    for name, value in fields.items():
        page.evaluate(f"document.getElementById({name!r}).value = {value!r}")
    page.evaluate("setTimeout(() => document.querySelector('main button[type=submit].btn--primary').click())")


def shot(page: Page, name: str) -> None:
    """For eyes: only where a folder is named."""
    if SHOTS:
        page.screenshot(Path(SHOTS) / f"{name}.png")


def fills(page: Page, *selectors: str) -> list[str]:
    """The colours of some elements: each another one, and none black, transparent or that of the page."""
    found = [page.evaluate(f"getComputedStyle(document.querySelector({one!r})).color") for one in selectors]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert len({*found, ground, "rgb(0, 0, 0)", "rgba(0, 0, 0, 0)"}) == len(found) + 3, found
    return found


def screen_of(page: Page, team: Team) -> str:
    """A new link, made by the form."""
    page.goto(f"{team.server.url}/manage/teams/{team.id}/screens")
    submit(page, id_name="Kitchen")
    page.wait_for("document.getElementById('once') !== null")
    return str(page.evaluate("document.getElementById('once').value"))


def test_pages_have_their_colours_and_nothing_goes_wrong(old: OldChromium, page: Page, team: Team) -> None:
    page.goto(f"{team.server.url}/")
    fills(page, "tr.attention.st-failed .glyph", ".attention__group .st-failed")
    shot(page, "old-network")
    page.goto(f"{team.server.url}/teams/{team.slug}")
    fills(page, "[data-condition=failing] .who .glyph", "[data-condition=passing] .who .glyph")
    assert page.evaluate("getComputedStyle(document.querySelector('.row')).paddingLeft") == "16px"
    shot(page, "old-board")
    assert old.faults == []


def test_dark_theme_is_dark(page: Page, team: Team) -> None:
    page.goto(f"{team.server.url}/teams/{team.slug}?theme=dark")
    # The document may be another one at this moment.
    page.wait_for("document.body && getComputedStyle(document.body).backgroundColor === 'rgb(10, 11, 13)'")
    fills(page, "[data-condition=failing] .who .glyph", "[data-condition=passing] .who .glyph")
    shot(page, "old-board-dark")


def test_radiator_shows_colours_and_changes_by_itself(old: OldChromium, page: Page, team: Team) -> None:
    page.goto(screen_of(page, team))
    before, _ = fills(page, ".rad[data-condition=failing] > .glyph", ".rad[data-condition=passing] > .glyph")
    page.wait_for("document.querySelector('#pulse').textContent === 'Live'")
    page.evaluate("window.stillHere = true")
    shot(page, "old-radiator")
    old.faults.clear()
    team.run(3, "failure", workflow=8)
    page.wait_for("document.querySelectorAll('.rad[data-condition=failing]').length === 2")
    assert fills(page, ".rad[data-condition=failing]:last-child > .glyph") == [before]
    assert page.evaluate("document.querySelectorAll('.rad').length") == 2
    assert page.evaluate("window.stillHere") is True
    assert old.faults == []


def test_every_declaration_is_understood(page: Page) -> None:
    """But for what a page does without, and what stands in @supports."""
    wanted = sorted({pair for rule in rules() if not rule.is_asked_first for pair in rule.declared})
    known = "([name, value]) => CSS.supports(name, value.replace('!important', '') || ' ')"
    answers = page.evaluate(f"({json.dumps(wanted)}).map({known})")
    unknown = {pair for pair, is_known in zip(wanted, answers, strict=True) if not is_known}
    assert {name for name, _ in unknown} <= DISPENSABLE, unknown
