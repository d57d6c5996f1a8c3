"""An administrator makes a team, invites, connects, sees events arrive, rotates, deletes; with and without scripts."""

from __future__ import annotations

import hashlib
import hmac
import json
import urllib.error
import urllib.request
import uuid

from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import opened, signed_in
from tests.chromium import MARKS
from tests.real_server import PASSWORD, Server, ago, run_event

pytestmark = MARKS
BODY = json.dumps(run_event(1, "in_progress", None, ago(9), ago(9))).encode()


def post(url: str, secret: str, delivery: str = "") -> int:
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "workflow_run",
        "X-GitHub-Delivery": delivery or str(uuid.uuid4()),
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), BODY, hashlib.sha256).hexdigest(),
    }
    try:
        with urllib.request.urlopen(urllib.request.Request(url, BODY, headers), timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def section(page: Page, words: str) -> None:
    page.get_by_label("Team settings").get_by_role("link", name=words).click()
    expect(page.get_by_label("Team settings").locator("[aria-current]")).to_have_text(words)


def new_team(page: Page, server: Server, name: str, kind: str = "closed") -> str:
    """The path of its settings."""
    page.goto(f"{server.url}/manage")
    page.fill("#id_name", name)
    page.select_option("#id_is_open", kind)
    page.get_by_role("button", name="Create team").click()
    expect(page.locator("h1")).to_have_text(name)
    page.get_by_role("link", name="Edit team").click()
    expect(page.locator("h1")).to_have_text(f"Edit {name}")
    return page.url


def test_team_from_its_making_to_its_end(server: Server, browser: Browser) -> None:
    page, problems = signed_in(server, browser)
    settings = new_team(page, server, "Search")

    # Somebody is invited, makes an account, and sees the board, live, but no settings.
    section(page, "Members")
    page.get_by_role("button", name="Add or make links").click()
    link = page.locator("#once").input_value()
    guest, guest_problems = opened(browser)
    guest.goto(link)
    guest.fill("#id_name", "Nia")
    guest.fill("#id_email", "nia@example.com")
    guest.fill("#id_password", PASSWORD)
    guest.get_by_role("button", name="Create account and join").click()
    expect(guest.locator("h1")).to_have_text("Search")
    expect(guest.locator("#pulse")).to_contain_text("Live")
    expect(guest.get_by_role("link", name="Admin")).to_have_count(0)
    assert guest.request.get(settings).status == 403

    # A tool is connected by what the page says, and the page says when the first event comes.
    page.goto(settings)
    section(page, "Connections")
    page.get_by_role("link", name="Connect GitHub Actions").click()
    page.fill("#id_name", "acme")
    page.get_by_role("button", name="Make URL and secret").click()
    expect(page.locator(".howto li").first).to_contain_text("GitHub")
    hook, secret = page.locator("#hook").input_value(), page.locator("#secret").input_value()
    expect(page.locator("#source-check")).to_contain_text("nothing received yet")
    assert post(hook, secret) == 202
    expect(page.locator("#source-check")).to_contain_text("Receiving", timeout=15_000)
    expect(page.locator("#source-check")).to_contain_text("Last event received")

    # The secret is rotated: both work for a while, another does not.
    page.goto(f"{server.url}/manage/connections/{hook.rpartition('/')[2]}")
    expect(page.locator("body")).not_to_contain_text(secret)
    page.get_by_role("button", name="Rotate").click()
    fresh = page.locator("#secret").input_value()
    assert fresh != secret
    assert [post(hook, each) for each in (secret, fresh, "wrong")] == [202, 202, 401]
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.get_by_role("button", name="Replay").first.click()
    expect(page.locator(".banner").filter(has_text="Replayed")).to_be_visible()

    # The guest is removed while the board is open: no news, and nothing to come back to.
    page.goto(f"{settings}/members")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator(".banner").filter(has_text="Nia is no member")).to_be_visible()
    expect(guest.locator("#pulse")).to_contain_text("Not live", timeout=15_000)
    assert guest.request.get(f"{server.url}/teams/search").status == 404
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".person").filter(has_text="Nia")).to_be_visible()

    # The end takes the name, typed.
    page.goto(f"{settings}/delete")
    page.fill("#id_confirm", "Serach")
    page.get_by_role("button", name="Delete team").click()
    expect(page.locator("#id_confirm_error")).to_contain_text("exactly as it stands")
    page.fill("#id_confirm", "Search")
    page.get_by_role("button", name="Delete team").click()
    expect(page.locator("h1")).to_have_text("Admin")
    assert page.request.get(f"{server.url}/teams/search").status == 404
    for _ in range(60):
        if (answer := post(hook, fresh)) == 404:
            break
        page.wait_for_timeout(250)
    assert answer == 404
    assert (problems, guest_problems) == ([], [])
    assert page.evaluate("window.violations") == []


def test_error_stands_beside_its_field_and_has_the_focus(server: Server, browser: Browser) -> None:
    page, _ = signed_in(server, browser)
    path = new_team(page, server, "Errors")
    page.evaluate("window.stillHere = true")
    page.fill("#id_slug", "Not An Address")
    page.get_by_role("button", name="Save details").click()
    expect(page.locator("#id_slug_error")).to_contain_text("lower-case")
    expect(page.locator("#errors")).to_be_focused()
    page.fill("#id_slug", "errors-two")
    page.get_by_role("button", name="Save details").click()
    expect(page.locator(".saved")).to_have_text("Saved.")
    expect(page).to_have_url(f"{path}?saved=1")
    assert page.evaluate("window.stillHere") is True
    page.go_back()
    expect(page.locator("#id_slug")).to_have_value("errors-two")


def test_second_of_two_tabs_is_told(server: Server, browser: Browser) -> None:
    first, _ = signed_in(server, browser)
    path = new_team(first, server, "Tabs")
    second = first.context.new_page()
    second.goto(path)
    first.fill("#id_name", "Tabs of mine")
    first.get_by_role("button", name="Save details").click()
    expect(first.locator(".saved")).to_be_visible()
    second.fill("#id_name", "Tabs of yours")
    second.get_by_role("button", name="Save details").click()
    expect(second.locator("#errors")).to_contain_text("changed this team meanwhile: it is Tabs of mine")
    expect(second.locator("#id_name")).to_have_value("Tabs of yours")
    second.get_by_role("button", name="Save details").click()
    expect(second.locator(".saved")).to_be_visible()


def test_everything_works_without_scripts(server: Server, browser: Browser) -> None:
    page, _ = signed_in(server, browser, java_script_enabled=False)
    path = new_team(page, server, "Plain", "open")
    section(page, "Members")
    page.fill("#id_email", "nobody-yet@example.com")
    page.get_by_role("button", name="Add or make links").click()
    link = page.locator("#once").input_value()
    guest, _ = opened(browser, java_script_enabled=False)
    guest.goto(link)
    expect(guest.locator("#id_email")).to_have_value("nobody-yet@example.com")
    guest.fill("#id_name", "Kofi")
    guest.fill("#id_password", PASSWORD)
    guest.get_by_role("button", name="Create account and join").click()
    expect(guest.locator("h1")).to_have_text("Plain")
    page.goto(f"{path}/members")
    page.locator("select[name=role]").first.select_option("manager")
    page.get_by_role("button", name="Set").first.click()
    guest.goto(path)
    expect(guest.locator("h1")).to_have_text("Edit Plain")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".person").filter(has_text="Kofi")).to_be_visible()
    page.fill("#id_email", "nobody@nowhere")
    page.get_by_role("button", name="Add or make links").click()
    expect(page.locator("#id_email_error")).to_be_visible()
    expect(page.locator("#id_email")).to_have_value("nobody@nowhere")
