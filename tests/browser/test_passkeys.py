"""Passkeys and codes in a real browser, with Chromium's virtual authenticator."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Iterator

import pyotp
import pytest
from playwright.sync_api import Browser, CDPSession, Page, expect

from tests.browser.opening import opened
from tests.chromium import MARKS
from tests.real_server import PASSWORD, Server

pytestmark = MARKS
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server at an address with a name, as passkeys need one."""
    found = Server(tmp_path_factory.mktemp("named"), workers=1)
    found.url = f"http://localhost:{found.port}"
    found.environment["BIGTRANSIT_BASE_URL"] = found.url
    found.start()
    yield found
    found.kill(signal.SIGTERM)


def with_device(page: Page, **changes: object) -> tuple[CDPSession, str]:
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    added = session.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **changes}})
    return session, str(added["authenticatorId"])


def somebody(server: Server) -> str:
    """Somebody new, without a second factor."""
    email = f"{uuid.uuid4().hex[:8]}@example.com"
    server._manage("create_user", email, "--password", PASSWORD)
    return email


def begin(page: Page, server: Server, email: str, path: str) -> None:
    page.goto(f"{server.url}/login?next={path}")
    page.fill("#id_email", email)
    page.fill("#id_password", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/logout")
    page.get_by_role("button", name="Sign out").click()
    expect(page.locator("h1")).to_have_text("Sign in")


def test_passkey_is_made_asked_for_and_signs_in_by_itself(named: Server, browser: Browser) -> None:
    page, problems = opened(browser)
    email = somebody(named)
    session, device = with_device(page)
    begin(page, named, email, "/account")
    page.get_by_role("link", name="Set one up").click()
    expect(page.locator("h1")).to_have_text("Second factor")
    expect(page.get_by_text("This browser needs scripts")).to_be_hidden()
    page.fill("#passkey-name", "This laptop")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    code = page.locator("#codes li").first.inner_text()
    (kept,) = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert (kept["isResidentCredential"], kept["rpId"]) == (True, "localhost")

    sign_out(page, named)
    begin(page, named, email, "/health")
    expect(page.locator("h1")).to_have_text("Second step")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page.locator("h1")).to_have_text("Delivery health")

    sign_out(page, named)
    page.goto(f"{named.url}/login?next=/account/second-factor")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("h1")).to_have_text("Second factor")
    expect(page.get_by_role("row", name="This laptop")).not_to_contain_text("never")

    page.fill("#passkey-name", "Again")
    page.get_by_role("button", name="Add a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("This device has a passkey for this account already.")

    page.get_by_text("Remove This laptop").first.click()
    page.locator("input[name=proof]").last.fill(code)
    page.get_by_role("button", name="Remove This laptop").click()
    expect(page.get_by_role("row", name="This laptop")).to_have_count(0)
    assert (problems, page.evaluate("window.violations")) == ([], [])


def test_device_that_does_not_know_its_person_signs_nobody_in(named: Server, browser: Browser) -> None:
    page, problems = opened(browser)
    with_device(page, isUserVerified=False)
    page.goto(f"{named.url}/login")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_have_text("Nothing was chosen, or it took too long. Try again.")
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_enabled()
    assert problems == []


def test_app_is_set_up_and_asked_for_without_scripts(named: Server, browser: Browser) -> None:
    page, problems = opened(browser, java_script_enabled=False)
    email = somebody(named)
    begin(page, named, email, "/account/second-factor")
    expect(page.get_by_text("This browser needs scripts")).to_be_visible()
    page.get_by_role("link", name="Set up an app").click()
    picture = page.get_by_alt_text("QR code with the key beside it")
    answer = page.request.get(f"{named.url}{picture.get_attribute('src')}")
    assert answer.headers["content-type"] == "image/svg+xml; charset=utf-8"
    key = page.locator(".enrol__key").inner_text().replace(" ", "")
    page.fill("#id_code", pyotp.TOTP(key).now())
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator("h1")).to_have_text("Recovery codes")
    code = page.locator("#codes li").first.inner_text()

    sign_out(page, named)
    begin(page, named, email, "/health")
    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()
    page.fill("#id_code", code)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("h1")).to_have_text("Delivery health")
    assert problems == []
