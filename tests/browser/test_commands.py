"""Palette, keyboard sheet, walking rows and opening one in place, by the keyboard alone on one page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import opened, signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
SELECTED = "#palette [aria-selected='true']"


@pytest.fixture(scope="module")
def board(server: Server, browser: Browser) -> Iterator[tuple[Page, list[str], str]]:
    """A board of two pipelines, one failing. One page for all tests, each of which leaves it as it was."""
    made = server.api("POST", "/teams", {"name": "Night shift"})
    hook = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})["id"]
    for number, (name, outcome) in enumerate((("alpha", "success"), ("beta", "success"), ("beta", "failure"))):
        run, began = 900 + number, 30 - number * 8
        body = run_event(run, "completed", outcome, ago(began), ago(began - 2))
        body["workflow_run"].update(name=name, workflow_id=len(name), path=f".github/workflows/{name}.yml")
        server.post_github(
            hook, "workflow_job", job_event(run, run, "test", "completed", outcome, ago(began), ago(began - 1))
        )
        server.post_github(hook, "workflow_run", body)
    page, problems = signed_in(server, browser)
    page.goto(f"{server.url}/teams/{made['slug']}")
    expect(page.locator("[data-pipeline]")).to_have_count(2)
    yield page, problems, page.url
    assert problems == []


@pytest.fixture
def page(board: tuple[Page, list[str], str]) -> Page:
    page, _, url = board
    if page.url != url:
        page.goto(url)
    page.evaluate(
        "document.activeElement.blur(); document.querySelectorAll('dialog[open]').forEach(each => each.close())"
    )
    return page


def ask(page: Page, text: str) -> None:
    """Type into the palette, and wait until the server has answered."""
    with page.expect_response(lambda answer: "/search?q=" in answer.url and answer.ok):
        page.keyboard.press("Control+k")
    with page.expect_response(lambda answer: "/search?q=" in answer.url and answer.ok):
        page.keyboard.type(text)


def test_first_hit_is_preselected_and_enter_goes_there(page: Page) -> None:
    page.keyboard.press("/")
    field = page.get_by_role("combobox", name="Find, or do something")
    expect(field).to_be_focused()
    page.keyboard.type("night")
    expect(page.locator("#palette-found a").first).to_contain_text("Night shift")
    expect(page.locator(SELECTED)).to_contain_text("Night shift")
    assert field.get_attribute("aria-activedescendant") == page.locator(SELECTED).get_attribute("id")
    assert field.get_attribute("aria-expanded") == "true"
    page.keyboard.press("ArrowDown")
    expect(page.locator(SELECTED)).to_contain_text("checkout-api")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("checkout-api")
    page.keyboard.press("Control+k")
    expect(page.locator(SELECTED)).to_contain_text("checkout-api")
    expect(page.locator("#palette-recents .palette__group")).to_have_text("Opened last")
    page.keyboard.press("Escape")
    expect(page.locator("#palette")).to_be_hidden()


def test_enter_before_the_answer_goes_to_the_first_hit_of_what_was_typed(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.keyboard.type("alpha")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("alpha")


def test_verbs_are_of_the_row_that_had_the_focus(page: Page) -> None:
    page.keyboard.press("j")
    ask(page, "take it")
    expect(page.locator(SELECTED)).to_contain_text("Take it")
    page.keyboard.press("Enter")
    expect(page.locator("[data-pipeline]").first).to_contain_text("has it")
    page.keyboard.press(" ")
    expect(page.locator(".opened")).to_contain_text("Give it back")
    ask(page, "give")
    page.keyboard.press("Enter")
    expect(page.locator(".opened")).to_contain_text("Take it")
    expect(page.locator("#announce")).to_have_text("Nobody has it")
    page.keyboard.press("Escape")
    expect(page.locator(".opened")).to_have_count(0)


def test_theme_and_sheet_are_verbs(page: Page) -> None:
    ask(page, "light and dark")
    page.keyboard.press("Enter")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.evaluate("document.querySelector('[data-go=a]').remove()")
    ask(page, "keyboard")
    page.keyboard.press("Enter")
    expect(page.locator("#keys")).to_be_visible()
    expect(page.locator("#keys [data-when='a']")).to_be_hidden()
    expect(page.locator("#keys [data-when='w']")).to_be_visible()


@pytest.mark.parametrize(("key", "title"), [("w", "Waiting for people"), ("q", "Queues")])
def test_two_keys_lead_to_what_waits(page: Page, key: str, title: str) -> None:
    page.keyboard.press("g")
    page.keyboard.press(key)
    expect(page.locator("h1")).to_have_text(title)


def test_rows_are_walked_and_one_opens_in_place(page: Page) -> None:
    names = page.locator("[data-pipeline] .who__name a")
    page.keyboard.press("j")
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press("j")
    expect(names.nth(1)).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press(" ")
    details = page.locator("[data-pipeline] + .opened")
    expect(details).to_contain_text("First red")
    expect(details.locator(".dots li")).to_have_count(2)
    expect(names.nth(0)).to_be_focused()
    page.keyboard.press(" ")
    expect(details).to_have_count(0)
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press(" ")
    expect(details).to_have_count(0)


def test_letters_go_somewhere_but_not_while_one_types_or_has_switched_them_off(page: Page) -> None:
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.locator("#keys-on").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_hidden()
    page.evaluate("localStorage.removeItem('keys')")
    page.reload()
    page.keyboard.press("Control+k")
    page.keyboard.type("gh?")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#palette input")).to_have_value("gh?")
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.locator("h1")).to_contain_text("ealth")


def test_palette_and_sheet_have_no_accessibility_findings(page: Page) -> None:
    for keys, what in ((["Control+k"], "#palette"), (["?"], "#keys")):
        for key in keys:
            page.keyboard.press(key)
        expect(page.locator(what)).to_be_visible()
        found = [each["id"] for each in Axe().run(page)["violations"]]
        assert found == [], what
        page.keyboard.press("Escape")


def test_recents_go_with_who_signs_out_and_the_sign_in_page_has_no_palette(server: Server, browser: Browser) -> None:
    page, _ = signed_in(server, browser)
    page.evaluate("localStorage.setItem('recents:somebody', '[]')")
    page.reload()
    page.keyboard.press("Control+k")
    page.keyboard.type("network")
    expect(page.locator("#palette-verbs a")).to_have_text("Go to Network")
    page.evaluate("localStorage.setItem(`recents:${document.getElementById('palette').dataset.reader}`, '[]')")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('recents')).length") == 1
    page.goto(f"{server.url}/logout")
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{server.url}/login")
    assert page.evaluate("Object.keys(localStorage).filter(key => key.startsWith('recents'))") == []
    expect(page.locator("#palette")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.press("?")
    expect(page.locator("dialog[open]")).to_have_count(0)


def test_search_page_has_the_same_hits_without_scripts(server: Server, browser: Browser) -> None:
    page, _ = opened(browser, java_script_enabled=False)
    page.goto(f"{server.url}/search?q=night")
    page.fill("#id_email", "mara@example.com")
    page.fill("#id_password", "a-long-enough-password")
    page.click("main button[type=submit]")
    expect(page.locator(".palette__results a").first).to_contain_text("Night shift")
