"""Somebody connects a whole organisation as a GitHub App, at an enterprise's server that is played here: nothing is
typed but where it is."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.dashboard.tool_apis.fake_github_apps import FakeGitHub
from tests.dashboard.tool_apis.fake_tool import serving
from tests.real_server import Server, ago, run_event

pytestmark = MARKS


@pytest.fixture
def github() -> Iterator[FakeGitHub]:
    with serving(FakeGitHub) as found:
        yield found


def begin(page: Page, server: Server, github: FakeGitHub, team: str) -> None:
    """Up to the page whose form goes to GitHub."""
    made = server.api("POST", "/teams", {"name": team})["id"]
    page.goto(f"{server.url}/manage/teams/{made}/connections")
    page.get_by_role("link", name="Connect GitHub Actions").click()
    expect(page.get_by_role("heading", name="As a GitHub App")).to_be_visible()
    page.fill("#app_organisation", "acme")
    page.fill("#app_server", github.address)
    page.get_by_role("button", name="Go on to GitHub").click()
    expect(page.locator("h1")).to_have_text("Register a GitHub App")


def send(server: Server, github: FakeGitHub, installation: int) -> int:
    (app,) = github.apps.values()
    connection = app.manifest["hook_attributes"]["url"].rpartition("/")[2]
    body = run_event(11, "in_progress", None, ago(2), ago(2)) | {"installation": {"id": installation}}
    return server.post_github(connection, "workflow_run", body, secret=app.secret or "")


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_organisation_is_connected_by_pressing_buttons(
    server: Server, browser: Browser, github: FakeGitHub, scripts: bool
) -> None:
    page, problems = signed_in(server, browser, java_script_enabled=scripts)
    begin(page, server, github, f"Whole organisation {scripts}")
    manifest = json.loads(page.locator("input[name=manifest]").input_value())
    assert manifest["default_permissions"]["actions"] == "read"
    page.get_by_role("button", name="Create it at 127.0.0.1").click()
    expect(page.locator("h1")).to_have_text("Create GitHub App for acme")
    page.get_by_role("button", name="Create GitHub App for acme").click()
    expect(page.locator("h1")).to_contain_text("Install big-transit")
    page.get_by_role("button", name="Install").click()
    expect(page.locator("h1")).to_have_text("GitHub Actions: acme")
    expect(page.locator("#app")).to_contain_text("Used at")
    expect(page.locator("#app")).to_contain_text("acme")
    assert page.url.startswith(f"{server.url}/manage/connections/")
    ((number, _),) = github.installations.items()
    assert send(server, github, number) == 202
    if scripts:
        expect(page.locator("#source-check")).to_contain_text("Receiving", timeout=15_000)
        assert page.evaluate("window.violations") == []
    page.get_by_role("button", name="Check what is saved").click()
    expect(page.locator("#app")).to_contain_text("in use")
    assert problems == []


def test_page_that_goes_to_github_can_be_used_and_keeps_the_policy(
    server: Server, browser: Browser, github: FakeGitHub
) -> None:
    page, problems = signed_in(server, browser)
    begin(page, server, github, "Policy")
    findings = Axe().run(page)["violations"]
    assert [rule["id"] for rule in findings if rule["impact"] in ("serious", "critical")] == []
    assert (page.evaluate("window.violations"), problems) == ([], [])
    policy = page.request.get(f"{server.url}/manage").headers["content-security-policy"]
    assert github.address not in policy
    expect(page.locator("main")).to_contain_text("it is good on this machine alone")


SUBMITS = """address => new Promise(done => {
  document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
  const form = document.createElement('form');
  form.method = 'post';
  form.action = address;
  document.body.append(form);
  form.submit();
})"""


def test_form_of_any_other_page_is_not_sent_to_that_host(server: Server, browser: Browser, github: FakeGitHub) -> None:
    """The browser itself refuses, where the page has not been given leave."""
    page, _ = signed_in(server, browser)
    begin(page, server, github, "Elsewhere")
    page.goto(f"{server.url}/manage")
    assert page.evaluate(SUBMITS, f"{github.address}/settings/apps/new") == "form-action"
    assert github.asked == []


def test_app_that_another_account_installed_is_used_when_chosen(
    server: Server, browser: Browser, github: FakeGitHub
) -> None:
    page, problems = signed_in(server, browser)
    begin(page, server, github, "Chosen")
    page.get_by_role("button", name="Create it at 127.0.0.1").click()
    page.get_by_role("button", name="Create GitHub App for acme").click()
    (app,) = github.apps.values()
    one = github.an_installation(app, "acme-labs")
    page.goto(f"{app.manifest['setup_url']}?installation_id={one.id}&setup_action=install")
    expect(page.locator("#app")).to_contain_text("installed at acme-labs")
    page.get_by_role("button", name="Use it there").click()
    expect(page.locator("#app")).not_to_contain_text("Somebody comes from GitHub")
    expect(page.locator("#app")).to_contain_text("acme-labs")
    assert (problems, page.evaluate("window.violations")) == ([], [])


def test_answer_of_github_that_was_used_before_is_refused_in_words(
    server: Server, browser: Browser, github: FakeGitHub
) -> None:
    page, problems = signed_in(server, browser)
    begin(page, server, github, "Twice")
    page.get_by_role("button", name="Create it at 127.0.0.1").click()
    with page.expect_request(lambda request: "app/registered" in request.url) as sent:
        page.get_by_role("button", name="Create GitHub App for acme").click()
    expect(page.locator("h1")).to_contain_text("Install big-transit")
    page.goto(sent.value.url)
    expect(page.get_by_role("alert")).to_contain_text("belongs to nothing that you began here")
    assert (problems, page.evaluate("window.violations")) == ([], [])
