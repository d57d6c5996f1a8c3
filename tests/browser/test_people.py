"""Who comes in by an invitation and what they may see; two who change one thing; pages that lose their server."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.opening import opened, signed_in
from tests.chromium import MARKS
from tests.real_server import PASSWORD, SECRET, Server, ago, run_event

pytestmark = MARKS
POLL = 5000
CHECK = re.compile(r"/check\?")


@dataclass(frozen=True)
class Team:
    """A team of a test's own, and its connection."""

    server: Server
    id: str
    slug: str
    connection: str

    @property
    def board(self) -> str:
        return f"{self.server.url}/teams/{self.slug}"

    @property
    def settings(self) -> str:
        return f"{self.server.url}/manage/teams/{self.id}"

    @property
    def source(self) -> str:
        return f"{self.server.url}/manage/connections/{self.connection}"

    def named(self) -> str:
        return str(self.server.api("GET", f"/teams/{self.id}")["name"])


def new_team(server: Server) -> Team:
    made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
    found = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})
    return Team(server, made["id"], made["slug"], found["id"])


@pytest.fixture
def team(server: Server) -> Team:
    return new_team(server)


def closed(admin: Page, team: Team) -> None:
    admin.goto(team.settings)
    admin.select_option("#id_is_open", "closed")
    admin.get_by_role("button", name="Save details").click()
    expect(admin.locator(".saved")).to_be_visible()


def invite(admin: Page, team: Team) -> str:
    admin.goto(f"{team.settings}/members")
    admin.get_by_role("button", name="Add or make links").click()
    return admin.locator("#once").input_value()


def join(browser: Browser, link: str, name: str) -> Page:
    guest, _ = opened(browser)
    guest.goto(link)
    guest.fill("#id_name", name)
    guest.fill("#id_email", f"{name.lower()}-{uuid.uuid4().hex[:8]}@example.com")
    guest.fill("#id_password", PASSWORD)
    guest.get_by_role("button", name="Create account and join").click()
    expect(guest.locator("#pulse")).to_contain_text("Live")
    return guest


def set_role(admin: Page, name: str, role: str) -> None:
    admin.get_by_label(f"Role of {name}").select_option(role)
    # Until the answer is there, the page shows what was chosen, not what is.
    with admin.expect_response(lambda answer: answer.request.method == "POST") as answered:
        admin.get_by_role("button", name=f"Set role of {name}").click()
    assert answered.value.ok or answered.value.status == 303
    expect(admin.get_by_label(f"Role of {name}")).to_have_value(role)


def statuses(page: Page, *urls: str) -> list[int]:
    return [page.request.get(url).status for url in urls]


def stays(page: Page) -> None:
    """The page is not loaded anew from here on; see `stayed`."""
    page.evaluate("window.stillHere = true")


def stayed(page: Page) -> bool:
    return bool(page.evaluate("window.stillHere === true"))


def test_invitation_is_shown_once_and_lets_in_one_person(server: Server, browser: Browser, team: Team) -> None:
    admin, problems = signed_in(server, browser)
    link = invite(admin, team)
    stays(admin)
    admin.get_by_role("link", name="Done").click()
    expect(admin.locator("h2", has_text="Invitations")).to_be_visible()
    assert link.rpartition("/")[2] not in admin.content()
    guest = join(browser, link, "Nia")
    expect(guest).to_have_url(team.board)

    late, _ = opened(browser)
    answer = late.goto(link)
    assert answer is not None
    assert answer.status == 404
    expect(late.locator("h1")).to_have_text("This link does not work")
    assert problems == []


def test_member_sees_own_team_only_and_no_settings_until_manager(server: Server, browser: Browser, team: Team) -> None:
    admin, _ = signed_in(server, browser)
    other = new_team(server)
    for each in (team, other):
        closed(admin, each)
    guest = join(browser, invite(admin, team), "Ife")
    nav = guest.get_by_label("Main").get_by_role("link", name="Admin")
    expect(nav).to_have_count(0)
    refused = [f"{server.url}/manage", f"{server.url}/manage/people", team.settings, f"{team.settings}/members"]
    assert statuses(guest, *refused) == [403] * 4
    assert statuses(guest, other.board, other.settings, other.source) == [404] * 3

    admin.goto(f"{team.settings}/members")
    set_role(admin, "Ife", "manager")
    guest.reload()
    nav.click()
    expect(guest.get_by_role("link", name=f"Edit {team.named()}")).to_be_visible()
    assert statuses(guest, *refused) == [200, 403, 200, 200]
    assert statuses(guest, f"{team.settings}/delete", other.settings) == [403, 404]


def test_removed_member_hears_of_nothing_more(server: Server, browser: Browser, team: Team) -> None:
    admin, _ = signed_in(server, browser)
    closed(admin, team)
    guest = join(browser, invite(admin, team), "Tam")
    guest.clock.install()
    guest.goto(team.board)
    expect(guest.locator("#pulse")).to_contain_text("Live")
    watching = admin.context.new_page()
    watching.goto(team.board)
    admin.goto(f"{team.settings}/members")
    admin.get_by_role("button", name="Remove Tam").click()
    expect(admin.get_by_text("Tam is no member any more")).to_be_visible()
    expect(guest.locator("#pulse")).to_contain_text("Not live", timeout=15_000)

    body = run_event(1, "in_progress", None, ago(9), ago(9))
    server.post_github(team.connection, "workflow_run", body)
    expect(watching.locator("[data-pipeline]")).to_have_count(1)
    with guest.expect_response(team.board) as polled:
        guest.clock.run_for(4 * POLL)
    assert polled.value.status == 404
    expect(guest.locator("[data-pipeline]")).to_have_count(0)
    answer = guest.reload()
    assert answer is not None
    assert answer.status == 404
    expect(guest.locator("h1")).to_have_text("Nothing is here")


def test_what_is_shown_once_is_copied_and_gone_on_the_next_load(server: Server, browser: Browser, team: Team) -> None:
    page, problems = signed_in(server, browser)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(team.source)
    stays(page)
    page.get_by_role("button", name="Rotate").click()
    secret = page.locator("#secret").input_value()
    page.locator("[data-copy=secret]").click()
    expect(page.locator("#announce")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    assert stayed(page)
    expect(page).to_have_url(team.source)
    page.reload()
    expect(page.locator("#source-check")).to_be_visible()
    assert secret not in page.content()

    page.goto(f"{server.url}/account")
    page.fill("#id_token-name", "of my script")
    page.get_by_role("button", name="Create token").click()
    token = page.locator("#once").input_value()
    page.reload()
    expect(page.get_by_role("rowheader", name="of my script")).to_be_visible()
    assert token not in page.content()
    assert problems == []


def test_section_that_is_shown_is_in_sight_on_a_narrow_screen(server: Server, browser: Browser, team: Team) -> None:
    page, problems = signed_in(server, browser, viewport={"width": 390, "height": 800})
    page.goto(f"{team.settings}/delete")
    here = page.locator(".sidenav [aria-current]")
    expect(here).to_have_text("Delete team")
    # The strip ends within a fraction of a pixel.
    expect(here).to_be_in_viewport(ratio=0.99)
    page.get_by_label("Team settings").get_by_role("link", name="Audit log").click()
    expect(here).to_have_text("Audit log")
    expect(here).to_be_in_viewport(ratio=1)
    assert problems == []


def test_two_clicks_make_one_connection(server: Server, browser: Browser, team: Team) -> None:
    page, _ = signed_in(server, browser)
    page.goto(f"{team.settings}/connect/github")
    page.get_by_role("button", name="Make URL and secret").dblclick()
    expect(page.locator("#secret")).not_to_be_empty()
    hook = page.locator("#hook").input_value()
    expect(page).to_have_url(f"{server.url}/manage/connections/{hook.rpartition('/')[2]}")
    page.goto(f"{team.settings}/connections")
    expect(page.locator("tbody tr")).to_have_count(2)  # with the one of the fixture


def test_wrong_name_is_told_beside_its_field_without_a_reload(server: Server, browser: Browser, team: Team) -> None:
    page, _ = signed_in(server, browser)
    page.goto(f"{team.settings}/delete")
    stays(page)
    page.fill("#id_confirm", "Another team")
    with page.expect_response(f"{team.settings}/delete") as refused:
        page.get_by_role("button", name="Delete team").click()
    assert refused.value.status == 400
    expect(page.locator("#id_confirm_error")).to_contain_text("exactly as it stands")
    expect(page.locator("#id_confirm")).to_be_focused()
    page.locator("#id_confirm").fill(team.named())
    page.locator("#id_confirm").press("Enter")
    expect(page.locator("h1")).to_have_text("Admin")
    assert stayed(page)
    expect(page).to_have_url(f"{server.url}/manage")
    assert statuses(page, team.board, team.settings, team.source) == [404] * 3


def test_second_of_two_who_change_a_role_is_told(server: Server, browser: Browser, team: Team) -> None:
    first, _ = signed_in(server, browser)
    join(browser, invite(first, team), "Ren")
    second = first.context.new_page()
    for page in (first, second):
        page.goto(f"{team.settings}/members")
    role = second.get_by_label("Role of Ren")
    set_role(first, "Ren", "manager")
    role.select_option("viewer")
    second.get_by_role("button", name="Set role of Ren").click()
    expect(second.locator("#errors")).to_contain_text("Somebody changed this role meanwhile")
    expect(second.locator("#errors")).to_be_focused()
    expect(role).to_have_value("manager")
    expect(second).to_have_url(f"{team.settings}/members")
    role.select_option("viewer")
    second.get_by_role("button", name="Set role of Ren").click()
    expect(second.locator("#errors")).to_have_count(0)
    expect(role).to_have_value("viewer")


def poll_refused(page: Page, status: int) -> None:
    """The check asks again, twice, and the page stands as it was."""
    for _ in range(2):
        with page.expect_response(CHECK) as polled:
            page.clock.run_for(POLL)
        assert polled.value.status == status
    expect(page.locator("#source-check")).to_contain_text("Waiting for the first event")
    expect(page.locator("h1")).to_have_count(1)
    expect(page.locator("main")).to_have_count(1)


def test_refused_check_takes_nothing_off_the_page(server: Server, browser: Browser, team: Team) -> None:
    page, problems = signed_in(server, browser)
    page.clock.install()
    page.goto(team.source)
    page.get_by_role("button", name="Rotate").click()
    secret = page.locator("#secret").input_value()
    other = page.context.new_page()
    other.goto(team.source)
    other.fill("#id_confirm", "github")
    other.get_by_role("button", name="Delete connection").click()
    expect(other.get_by_text("No connection yet")).to_be_visible()
    poll_refused(page, 404)

    page.context.clear_cookies(name="bt_session")
    poll_refused(page, 401)
    expect(page.locator("#secret")).to_have_value(secret)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("h1")).to_have_text("Sign in")
    assert problems == []


def test_store_out_of_reach_is_told_where_the_page_was(server: Server, browser: Browser, team: Team) -> None:
    def unavailable(route: Route) -> None:
        route.fulfill(status=503, content_type="text/html", body=render_to_string("errors/unavailable.html"))

    page, _ = signed_in(server, browser)
    page.goto(team.source)
    page.route("**/pause", unavailable)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("main h1")).to_have_text("Big Transit cannot reach its store")
    page.get_by_role("link", name="Try now").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page).to_have_url(team.source)


def test_form_without_an_answer_keeps_what_was_typed(server: Server, browser: Browser, team: Team) -> None:
    page, _ = signed_in(server, browser)
    page.goto(team.settings)
    page.fill("#id_description", "Typed with care")
    page.route(team.settings, lambda route: route.abort())
    for _ in range(2):
        page.get_by_role("button", name="Save details").click()
        expect(page.get_by_role("alert")).to_contain_text("did not answer")
        expect(page.get_by_role("alert")).to_be_focused()
    expect(page.locator("#id_description")).to_have_value("Typed with care")
    page.unroute(team.settings)
    page.get_by_role("button", name="Save details").click()
    expect(page.locator(".saved")).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
