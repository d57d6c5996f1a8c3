"""The weekly report fits on two pages of A4, whatever a week brings, without what only a screen needs."""

from __future__ import annotations

import os
import re
from pathlib import Path

from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from dashboard.readmodels.weekly_report import WeeklyReport
from tests.chromium import MARKS
from tests.dashboard.readmodels.weekly import fullest_report, report_of

pytestmark = MARKS
SHOTS = os.environ.get("BIGTRANSIT_SHOTS")
CSS = Path(__file__).parents[2] / "static" / "css"


def opened(browser: Browser, report: WeeklyReport) -> Page:
    page = browser.new_context(color_scheme="dark").new_page()
    page.set_content(render_to_string("health/report.html", {"report": report, "user": {"name": "Mara"}}))
    sheets = [(CSS / name).read_text("utf-8") for name in ("app.css", "charts.css")]
    imports = re.findall(r'@import url\("(.+?)"\)', "\n".join(sheets))
    page.add_style_tag(content="\n".join((CSS / name).read_text("utf-8") for name in imports))
    page.emulate_media(media="print")
    return page


def pages_of(page: Page, name: str) -> int:
    path = Path(SHOTS) / f"{name}.pdf" if SHOTS else None
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", page.pdf(prefer_css_page_size=True, path=path)))


def test_fullest_week_fits_on_two_pages(browser: Browser) -> None:
    assert pages_of(opened(browser, fullest_report()), "fullest") == 2


def test_quiet_week_is_one_page(browser: Browser) -> None:
    assert pages_of(opened(browser, report_of({"service": []})), "quiet") == 1


def test_paper_has_no_menu_no_buttons_and_no_colours_of_the_screen(browser: Browser) -> None:
    page = opened(browser, fullest_report())
    for hidden in (".masthead", ".head__tools", ".crumbs", ".skip"):
        assert not page.locator(hidden).first.is_visible(), hidden
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.querySelector('.report a.link')).textDecorationLine") == "none"
    assert page.evaluate("getComputedStyle(document.querySelector('.report a.link'), '::after').content") == "none"
