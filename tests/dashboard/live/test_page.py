"""The scripts of static/js in a real browser, on a page of the tiny application."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.chromium import MARKS
from tests.dashboard.live.tiny_server import Server, serving

pytestmark = MARKS


def row(number: int, order: str, text: str = "good", *, note: str = "") -> dict[str, str]:
    name = f"row-{number}"
    html = (
        f'<li id="{name}" data-order="{order}" data-announce="{note}"><a id="link-{number}" href="/page">{text}</a>'
        f'<details id="fold-{number}"><summary>More</summary><input id="box-{number}"></details>'
        f'<time data-since datetime="2020-01-01T00:00:00Z"></time></li>'
    )
    return {"id": name, "html": html}


ROWS = [row(1, "2-001"), row(2, "2-002"), row(3, "2-003")]


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.control(rows=ROWS, stream=200, poll=200, broken=False, notice="team:1")
    return running


@pytest.fixture
def page(browser: Browser, server: Server) -> Iterator[Page]:
    """The page, its clocks in the test's hand, and nothing allowed to go wrong unseen."""
    context = browser.new_context()
    page = context.new_page()
    page.set_default_timeout(10_000)
    expect.set_options(timeout=10_000)
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.extend([said.text] if "Content Security Policy" in said.text else []))
    page.clock.install()
    yield page
    context.close()
    assert faults == []


@pytest.fixture
def visit(page: Page, server: Server) -> Callable[[], None]:
    def visit() -> None:
        page.goto(f"{server.url}/page")

    return visit


@pytest.fixture
def live(page: Page, visit: Callable[[], None]) -> Page:
    """The page with its stream open."""
    visit()
    expect(page.locator("#live")).to_have_attribute("data-state", "open")
    return page


def pass_time(page: Page, seconds: int, until: Callable[[], bool]) -> None:
    """Let a second at a time pass on the page until something holds; the network takes real time in between."""
    for _ in range(seconds):
        if until():
            return
        page.clock.run_for(1000)
        page.evaluate("() => fetch('/control', {method: 'POST', body: '{}'})")
    assert until()


def in_order(page: Page, names: list[str]) -> None:
    page.wait_for_function(
        "names => [...document.querySelectorAll('#board > li')].map(row => row.id).join() === names",
        arg=",".join(names),
    )


def test_change_is_applied_in_place_and_nothing_else_is_touched(live: Page, server: Server):
    live.evaluate("() => { window.before = document.querySelector('#row-2') }")
    server.control(rows=[ROWS[0], row(2, "2-002", "failed"), ROWS[2]], notice="team:1")
    expect(live.locator("#link-2")).to_have_text("failed")
    assert live.evaluate("() => window.before === document.querySelector('#row-2')")
    in_order(live, ["row-1", "row-2", "row-3"])
    assert server.control()["pages"] >= 1


def test_new_rows_come_and_vanished_rows_go(live: Page, server: Server):
    server.control(rows=[ROWS[0], ROWS[2], row(4, "1-000")], notice="team:1")
    expect(live.locator("#row-4")).to_be_visible()
    in_order(live, ["row-4", "row-1", "row-3"])


def test_rows_are_put_in_order_again(live: Page, server: Server):
    server.control(rows=[ROWS[0], ROWS[1], row(3, "0-001", "failed")], notice="team:1")
    expect(live.locator("#link-3")).to_have_text("failed")
    in_order(live, ["row-3", "row-1", "row-2"])


def test_rows_do_not_move_under_the_pointer(live: Page, server: Server):
    live.hover("#link-2")
    server.control(rows=[ROWS[0], ROWS[1], row(3, "0-001", "failed")], notice="team:1")
    expect(live.locator("#link-3")).to_have_text("failed")
    in_order(live, ["row-1", "row-2", "row-3"])
    live.hover("#aside")
    live.clock.run_for(1000)
    in_order(live, ["row-3", "row-1", "row-2"])


def test_rows_do_not_move_under_the_keyboard_and_focus_stays(live: Page, server: Server):
    live.focus("#link-1")
    server.control(rows=[row(1, "9-001", "queued"), ROWS[1], ROWS[2]], notice="team:1")
    expect(live.locator("#link-1")).to_have_text("queued")
    expect(live.locator("#link-1")).to_be_focused()
    in_order(live, ["row-1", "row-2", "row-3"])


def test_unfolded_details_stay_unfolded_and_typed_text_stays(live: Page, server: Server):
    live.click("#row-1 summary")
    live.fill("#box-1", "half a word")
    server.control(rows=[row(1, "2-001", "failed"), ROWS[1], ROWS[2]], notice="team:1")
    expect(live.locator("#link-1")).to_have_text("failed")
    expect(live.locator("#fold-1")).to_have_attribute("open", "")
    assert live.input_value("#box-1") == "half a word"
    expect(live.locator("#box-1")).to_be_focused()


def test_times_are_filled_at_load_and_after_an_update(live: Page, server: Server):
    expect(live.locator("#row-1 time")).to_contain_text(" d")
    server.control(rows=[row(1, "2-001", "failed"), ROWS[1], ROWS[2]], notice="team:1")
    expect(live.locator("#link-1")).to_have_text("failed")
    expect(live.locator("#row-1 time")).to_contain_text(" d")


def test_clock_of_the_browser_is_corrected_by_the_server(page: Page, server: Server):
    page.clock.set_fixed_time("2030-01-01T00:00:00Z")
    page.goto(f"{server.url}/page")
    page.wait_for_function("() => Math.abs(Number(document.documentElement.dataset.skew)) > 86400000")


def test_changed_condition_is_announced_in_one_sentence(live: Page, server: Server):
    rows = [row(1, "2-001", "failed", note="one failed at Smoke"), row(2, "2-002", "x", note="two held"), ROWS[2]]
    server.control(rows=rows, notice="team:1")
    expect(live.locator("#announce")).to_have_text("one failed at Smoke, and 1 more changed")
    rows[2] = row(3, "2-003", "new text")
    live.evaluate("() => { document.querySelector('#announce').textContent = 'untouched' }")
    server.control(rows=rows, notice="team:1")
    expect(live.locator("#link-3")).to_have_text("new text")
    expect(live.locator("#announce")).to_have_text("untouched")


def test_page_older_than_the_stream_is_brought_up_to_date(page: Page, server: Server, visit: Callable[[], None]):
    server.control(stream=404)
    visit()
    server.control(rows=[ROWS[0], row(2, "2-002", "failed")], stream=200, notice="team:1")
    pass_time(page, 70, lambda: page.text_content("#link-2") == "failed")
    in_order(page, ["row-1", "row-2"])


def test_without_streams_the_page_polls_and_is_live(page: Page, server: Server, visit: Callable[[], None]):
    server.control(stream=503)
    visit()
    polls = server.control()["polls"]
    pass_time(page, 20, lambda: server.control()["polls"] > polls)
    expect(page.locator("#pulse")).to_have_text("Live")
    server.control(rows=[ROWS[0], row(2, "2-002", "failed")])
    pass_time(page, 20, lambda: page.text_content("#link-2") == "failed")
    in_order(page, ["row-1", "row-2"])


def test_polling_page_takes_the_stream_when_it_comes_back(page: Page, server: Server, visit: Callable[[], None]):
    server.control(stream=503)
    visit()
    pass_time(page, 5, lambda: server.control()["viewers"] == 0)
    server.control(stream=200)
    pass_time(page, 90, lambda: server.control()["viewers"] == 1)
    polls = server.control()["polls"]
    page.clock.run_for(7000)
    assert server.control()["polls"] == polls


def test_lost_session_shows_the_sign_in_banner_and_stops_asking(page: Page, server: Server, visit: Callable[[], None]):
    server.control(stream=401)
    visit()
    expect(page.locator("#signin-banner")).to_be_visible()
    expect(page.locator("#pulse")).to_contain_text("Signed out, last update")
    in_order(page, ["row-1", "row-2", "row-3"])
    server.control(stream=200)
    polls = server.control()["polls"]
    page.clock.run_for(120_000)
    assert server.control()["viewers"] == 0
    assert server.control()["polls"] == polls


def test_session_lost_while_polling_never_empties_the_page(page: Page, server: Server, visit: Callable[[], None]):
    server.control(stream=503, poll=401)
    visit()
    pass_time(page, 20, lambda: page.is_visible("#signin-banner"))
    in_order(page, ["row-1", "row-2", "row-3"])


def test_stale_store_is_told_and_after_half_a_minute_in_a_banner(live: Page, server: Server):
    server.control(broken=True, notice="team:1")
    expect(live.locator("#pulse")).to_contain_text("Not live, last update")
    expect(live.locator("#pulse")).to_have_class("pulse pulse--stale")
    assert live.is_hidden("#stale-banner")
    pass_time(live, 40, lambda: live.is_visible("#stale-banner"))
    assert ":" in (live.text_content("#stale-banner time") or "")
    server.control(broken=False, notice="team:1")
    expect(live.locator("#pulse")).to_have_text("Live")
    assert live.is_hidden("#stale-banner")


def test_stream_without_beats_is_given_up_and_opened_again(live: Page, server: Server):
    live.evaluate("() => addEventListener('htmx:sse:close', () => { window.gaveUp = true })")
    live.clock.run_for(27_000)
    pass_time(live, 20, lambda: bool(live.evaluate("() => window.gaveUp")))
    pass_time(live, 20, lambda: live.text_content("#pulse") == "Live")
    assert server.control()["viewers"] >= 1


OTHERS = """
const tell = () => {
  for (let n = 1; n <= 4; n += 1) localStorage.setItem(`stream-${n}`, `other-${n} ${Date.now() + 10000}`);
};
const telling = setInterval(tell, 500);
window.giveUp = () => { clearInterval(telling); localStorage.removeItem('stream-3'); };
tell();
"""


def test_window_beyond_the_fourth_polls_and_takes_the_place_of_one_that_goes(
    page: Page, server: Server, visit: Callable[[], None]
):
    page.add_init_script(OTHERS)
    visit()
    server.control(rows=[ROWS[0], row(2, "2-002", "failed"), ROWS[2]], notice="team:1")
    pass_time(page, 30, lambda: page.locator("#link-2").inner_text() == "failed")
    pass_time(page, 30, lambda: server.control()["viewers"] == 0)
    expect(page.locator("#pulse")).to_have_text("Live")
    page.evaluate("window.giveUp()")
    pass_time(page, 30, lambda: page.locator("#live").get_attribute("data-state") == "open")
    assert page.evaluate("localStorage.getItem('stream-3')").partition(" ")[0] not in ("", "other-3")


def test_window_whose_place_another_took_at_the_same_moment_gives_way(live: Page, server: Server):
    live.evaluate(OTHERS)
    pass_time(live, 30, lambda: server.control()["viewers"] == 0)
    server.control(rows=[ROWS[0], row(2, "2-002", "failed"), ROWS[2]], notice="team:1")
    pass_time(live, 30, lambda: live.locator("#link-2").inner_text() == "failed")
    expect(live.locator("#pulse")).to_have_text("Live")


def test_hidden_tab_gives_up_its_stream_and_takes_it_again(live: Page, server: Server):
    hide = "hidden => { Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});"
    hide += " document.dispatchEvent(new Event('visibilitychange', {bubbles: true})) }"
    assert server.control()["viewers"] == 1
    live.evaluate(hide, True)
    pass_time(live, 10, lambda: server.control()["viewers"] == 0)
    live.clock.run_for(120_000)
    assert server.control()["viewers"] == 0
    assert live.evaluate("localStorage.length") == 0
    live.evaluate(hide, False)
    pass_time(live, 10, lambda: server.control()["viewers"] == 1)
    expect(live.locator("#pulse")).to_have_text("Live")


def test_htmx_posts_carry_the_csrf_token(live: Page, server: Server):
    live.click("#send")
    expect(live.locator("#echo")).to_have_text("secret-token")
