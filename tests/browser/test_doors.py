"""Getting in by a real identity provider, and sessions that end."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import opened, sign_in, signed_in
from tests.chromium import MARKS
from tests.dashboard.auth.elsewhere import CLIENT, CLIENT_SECRET, real_provider
from tests.real_server import PASSWORD, Server

pytestmark = MARKS


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that lets in whom a real provider vouches for."""
    with real_provider() as issuer:
        found = Server(tmp_path_factory.mktemp("provided"), workers=1)
        found.environment |= {
            "BIGTRANSIT_OIDC_ISSUER": issuer,
            "BIGTRANSIT_OIDC_CLIENT_ID": CLIENT,
            "BIGTRANSIT_OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "BIGTRANSIT_OIDC_LABEL": "Acme",
            "BIGTRANSIT_GROUP_ROLES": "payments-devs=payments:manager",
        }
        found.start()
        yield found
        found.kill(signal.SIGTERM)


def test_somebody_comes_in_by_openid_connect_with_the_roles_of_their_groups(provided: Server, browser: Browser) -> None:
    provided.api("POST", "/teams", {"name": "Payments"})
    page, problems = opened(browser)
    page.goto(f"{provided.url}/teams/payments")
    page.get_by_role("link", name="Sign in with Acme").click()
    page.locator("[name=sub]").first.fill("ada")
    page.locator("button[type=submit], input[type=submit], button").first.click()
    expect(page.locator("h1")).to_have_text("Payments")
    assert page.url == f"{provided.url}/teams/payments"
    page.get_by_role("link", name="Edit team").click()
    expect(page.locator("h1")).to_have_text("Edit Payments")
    page.goto(f"{provided.url}/account")
    expect(page.locator("h1")).to_have_text("Ada Lovelace")
    expect(page.get_by_role("table").first).to_contain_text("Manager")
    assert page.request.get(f"{provided.url}/manage/people").status == 403
    assert (problems, page.evaluate("window.violations")) == ([], [])


def stolen(page: Page, browser: Browser) -> Page:
    """Somebody else's browser with this one's cookies."""
    thief, _ = opened(browser)
    thief.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    thief.goto(page.url)
    expect(thief.locator("#pulse")).to_contain_text("Live")
    return thief


def expect_out(thief: Page, server: Server) -> None:
    """Told by its open stream, and let in nowhere."""
    expect(thief.locator("#signin-banner")).to_be_visible(timeout=10_000)
    thief.goto(f"{server.url}/health")
    expect(thief.locator("h1")).to_have_text("Sign in")


def test_stolen_cookie_dies_with_the_session(server: Server, browser: Browser) -> None:
    admin, problems = signed_in(server, browser)
    admin.goto(f"{server.url}/manage/people")
    admin.fill("#id_email", "ines@example.com")
    admin.get_by_role("button", name="Create person").click()
    link = admin.locator("#once").input_value()
    admin.get_by_role("link", name="Done").click()
    expect(admin.get_by_role("button", name="End all sessions")).to_be_visible()
    person = admin.url
    victim, _ = opened(browser)
    victim.goto(link)
    victim.fill("#id_password", PASSWORD)
    victim.get_by_role("button", name="Save password").click()
    expect(victim.locator("h1")).to_have_text("Sign in")

    sign_in(victim, server, "ines@example.com")
    thief = stolen(victim, browser)
    victim.goto(f"{server.url}/account")
    victim.get_by_role("button", name="Sign out", exact=True).click()
    expect(victim.locator("h1")).to_have_text("Sign in")
    expect_out(thief, server)

    sign_in(victim, server, "ines@example.com")
    thief = stolen(victim, browser)
    victim.goto(f"{server.url}/account")
    victim.fill("#id_present", PASSWORD)
    victim.fill("#id_password", f"{PASSWORD}-2")
    victim.get_by_role("button", name="Change password").click()
    expect(victim.locator("#id_present")).to_have_value("")
    expect_out(thief, server)

    victim.goto(f"{server.url}/")
    expect(victim.locator("h1")).to_have_text("Network")
    thief = stolen(victim, browser)
    admin.goto(person)
    admin.get_by_role("button", name="End all sessions").click()
    expect(admin.get_by_text("0 open")).to_be_visible()
    expect_out(thief, server)
    assert problems == []
