"""Every page of the routes under the content security policy, for those inside and those outside; and the first visit
to an empty server."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import opened, signed_in
from tests.chromium import MARKS
from tests.dashboard.views.matrix import ROWS
from tests.real_server import PASSWORD, SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
# Nothing that a browser shows as a page of ours: streams, files, fragments, machines, ways out of the house.
# A page of failures needs one that is like it: tests/dashboard/views/test_failures.py.
# Pages of a GitHub App need GitHub: tests/browser/test_github_app.py.
NO_PAGES = re.compile(
    r"^(failures/|live/|api/|hooks/|healthz|readyz|login/with/|.*\.(?:csv|json|svg)$|.*/check$|.*/body$"
    r"|.*/setup-file$|.*/app/install(?:ed)?$|.*/connect/github/app)"
)
OUTSIDE = {
    "login",
    "logout",
    "setup",
    "reset",
    "reset/<str:token>",
    "join/<str:team_id>/<str:secret>",
    "radiator/<str:key>",
    "reports/unsubscribe/<str:token>",
}
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style\b|\sstyle=|\son[a-z]+=[\"']|javascript:", re.I)
BEGAN = ago(9)
# A page that nothing changes on may draw no further frame.
NEXT_FRAME = """new Promise(done => {
  const tell = () => done(window.violations);
  requestAnimationFrame(tell);
  setTimeout(tell, 500);
})"""


@dataclass(frozen=True)
class House:
    """A team that has one of everything."""

    server: Server
    names: dict[str, str]
    outside: list[str]

    def path(self, path: str) -> str:
        return path.format(**self.names)


def shown_once(page: Page, path: str, button: str, **typed: str) -> str:
    page.goto(path)
    for name, value in typed.items():
        page.fill(f"#id_{name}", value)
    page.get_by_role("button", name=button).click()
    return page.locator("#once").input_value()


@pytest.fixture(scope="module")
def house(server: Server, browser: Browser) -> House:
    team = server.api("POST", "/teams", {"name": "Payments"})["id"]
    connection = server.api("POST", f"/teams/{team}/connections", {"source": "github", "secret": SECRET})["id"]
    server.post_github(connection, "workflow_run", run_event(7, "in_progress", None, BEGAN, BEGAN))
    server.post_github(connection, "workflow_job", job_event(7, 1, "build", "completed", "failure", BEGAN, BEGAN))
    server.post_github(connection, "workflow_run", run_event(7, "completed", "failure", BEGAN, BEGAN))
    page, _ = signed_in(server, browser)
    page.goto(f"{server.url}/teams/payments")
    expect(page.locator('[data-stage="build"]')).to_have_attribute("data-status", "failed")
    pipeline = server.api("GET", f"/teams/{team}/pipelines")["items"][0]["id"]
    execution = server.api("GET", f"/pipelines/{pipeline}/executions")["items"][0]["id"]
    own = f"{server.url}/manage/teams/{team}"
    reset = shown_once(page, f"{server.url}/manage/people", "Create person", email="cleo@example.com")
    page.get_by_role("link", name="Done").click()
    expect(page.locator("h1")).to_have_text("cleo")
    person = page.url.rpartition("/")[2]
    outside = [
        reset,
        shown_once(page, f"{own}/members", "Add or make links"),
        shown_once(page, f"{own}/screens", "Make link", name="Wall"),
        shown_once(page, f"{server.url}/manage/screens", "Make link", name="Foyer"),
    ]
    names = {"team": team, "pipeline": pipeline, "execution": execution, "connection": connection, "person": person}
    return House(server, names, outside)


def complaints(page: Page) -> list[str]:
    """What breaks the policy in either theme, or would if it were followed."""
    found: list[str] = []
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        found += page.evaluate(NEXT_FRAME)
    inline = INLINE.findall(page.request.get(page.url).text())
    return found + [f"inline {each}" for each in inline]


def unusable(page: Page) -> list[tuple[str, str]]:
    findings = Axe().run(page)["violations"]
    return [(rule["id"], rule["nodes"][0]["html"]) for rule in findings if rule["impact"] in ("serious", "critical")]


def pages() -> list[str]:
    """The first visit of each route that shows a page to those who are signed in."""
    shown = [route for route in ROWS if not NO_PAGES.match(route) and route not in OUTSIDE]
    return [row.path for route in shown for row in ROWS[route][:1] if row.method == "GET"]


def test_every_route_keeps_the_policy(house: House, browser: Browser) -> None:
    page, problems = signed_in(house.server, browser)
    assert len(pages()) >= 25
    for path in map(house.path, pages()):
        answer = page.goto(f"{house.server.url}{path}")
        assert answer is not None
        assert (path, answer.status) == (path, 200)
        assert (path, complaints(page), problems) == (path, [], [])


@pytest.mark.parametrize("path", ["/nothing/here", "/teams/no-such-team", "/manage/people/" + "0" * 32])
def test_page_that_says_no_keeps_the_policy(house: House, browser: Browser, path: str) -> None:
    page, problems = signed_in(house.server, browser)
    answer = page.goto(f"{house.server.url}{path}")
    assert answer is not None
    assert answer.status == 404
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert (complaints(page), unusable(page), problems) == ([], [], [])


def test_pages_for_those_outside_keep_the_policy_and_can_be_used(house: House, browser: Browser) -> None:
    page, problems = opened(browser)
    url = house.server.url
    paths = [
        f"{url}/login",
        f"{url}/logout",
        f"{url}/reset",
        f"{url}/reset/nonsense",
        f"{url}/join/x/y",
        *house.outside,
    ]
    for path in paths:
        page.goto(path)
        assert (path, complaints(page)) == (path, [])
        assert (path, unusable(page)) == (path, [])
    assert problems == []


def test_refused_forms_for_those_outside_can_be_used(house: House, browser: Browser) -> None:
    page, problems = opened(browser)
    page.goto(f"{house.server.url}/login")
    page.fill("#id_email", "nobody@example.com")
    page.fill("#id_password", "wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not fit together")
    assert (page.evaluate("window.violations"), unusable(page)) == ([], [])
    page.goto(house.outside[1])
    page.fill("#id_name", "Nia")
    page.fill("#id_email", "nia@example.com")
    page.fill("#id_password", "password")
    page.get_by_role("button", name="Create account and join").click()
    expect(page.locator("#id_password_error p")).to_have_count(2)
    expect(page.locator("#id_email")).to_have_value("nia@example.com")
    expect(page.locator("#id_password")).to_have_value("")
    assert (page.evaluate("window.violations"), unusable(page), problems) == ([], [], [])


def test_settings_in_every_state_can_be_used(house: House, browser: Browser) -> None:
    page, problems = signed_in(house.server, browser, color_scheme="dark")
    url, own = house.server.url, f"{house.server.url}{house.path('/manage/teams/{team}')}"
    visits = [f"{own}/pipelines", f"{own}/pipelines/{house.names['pipeline']}", f"{own}/connect/codepipeline"]
    visits += [f"{own}/tokens", f"{own}/audit", f"{url}/manage/people/{house.names['person']}"]
    for path in visits:
        page.goto(path)
        assert (path, unusable(page)) == (path, [])
    page.goto(f"{own}/screens")
    page.get_by_text("Revoke").first.click()
    page.get_by_label("Type Wall to confirm").fill("Hall")
    page.get_by_label("Type Wall to confirm").press("Enter")
    expect(page.get_by_text("exactly as it stands here")).to_be_visible()
    expect(page.get_by_label("Type Wall to confirm")).to_be_focused()
    assert unusable(page) == []
    page.goto(own)
    page.fill("#id_slug", "Not An Address")
    page.get_by_role("button", name="Save details").click()
    expect(page.locator("#id_slug_error")).to_be_visible()
    assert unusable(page) == []
    page.goto(f"{url}/manage/connections/{house.names['connection']}")
    page.get_by_role("button", name="Rotate").click()
    expect(page.locator("#secret")).to_be_visible()
    assert (unusable(page), page.evaluate("window.violations"), problems) == ([], [], [])


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Server]:
    """A server nobody has set up."""
    found = Server(tmp_path, workers=1)
    for name in ("BIGTRANSIT_ADMIN_EMAIL", "BIGTRANSIT_ADMIN_PASSWORD", "BIGTRANSIT_ADMIN_TOKEN"):
        del found.environment[name]
    found.start()
    yield found
    found.kill(signal.SIGTERM)


def test_first_visitor_with_the_code_becomes_administrator(empty: Server, browser: Browser) -> None:
    page, problems = opened(browser)
    page.goto(f"{empty.url}/")
    expect(page.locator("h1")).to_have_text("Set up Big Transit")
    assert (complaints(page), unusable(page)) == ([], [])
    printed = re.search(r"one-time code: (\S+)", empty.log.read_text())
    assert printed is not None
    for code, expected in (("0000-0000-0000", "Set up Big Transit"), (printed[1], "Admin")):
        page.fill("#id_code", code)
        page.fill("#id_name", "Mara")
        page.fill("#id_email", "mara@example.com")
        page.fill("#id_password", PASSWORD)
        page.get_by_role("button", name="Begin").click()
        expect(page.locator("h1")).to_have_text(expected)
    later, _ = opened(browser)
    later.goto(f"{empty.url}/setup")
    expect(later.locator("h1")).to_have_text("Sign in")
    assert (page.evaluate("window.violations"), problems) == ([], [])
