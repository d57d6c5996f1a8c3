"""The pictures of README.md, from a demo that runs: python -m tests.pictures URL

What a machine draws depends on its fonts: those in docs/images were drawn with Inter as the system's font.
"""

from __future__ import annotations

import base64
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from dashboard.simulator.history import EMAIL, PASSWORD
from tests.chromium import ARGUMENTS, CHROMIUM

IMAGES = Path(__file__).resolve().parents[1] / "docs" / "images"
TEAM, SLOW = "checkout", "tax-calculator"
THEMES = ("light", "dark")
WIDTH, HEIGHT = 1440, 860


def main(url: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        page = browser.new_page()
        _sign_in(page, url)
        paths = {
            "network": "/",
            "board": f"/teams/{TEAM}",
            "run": _run(page, url),
            "radiator": _screen_link(page, url),
        }
        for name, path in paths.items():
            for theme in THEMES:
                _draw(browser, page, url + path, theme, IMAGES / f"{name}-{theme}.webp")
        browser.close()


def _sign_in(page: Page, url: str) -> None:
    page.goto(f"{url}/login?next=/")
    page.fill("#id_email", EMAIL)
    page.fill("#id_password", PASSWORD)
    page.click("main button[type=submit]")
    page.wait_for_selector("#attention")


def _run(page: Page, url: str) -> str:
    page.goto(f"{url}/?q={SLOW}")
    return str(page.locator(".attention a[href^='/executions/']").first.get_attribute("href"))


def _screen_link(page: Page, url: str) -> str:
    page.goto(f"{url}/teams/{TEAM}")
    page.get_by_role("link", name="Edit team").click()
    page.get_by_role("link", name="Screen links").click()
    page.fill("input[name=name]", "Picture")
    page.get_by_role("button", name="Make link").click()
    return "/" + page.locator("input[value*='/radiator/']").input_value().partition("://")[2].partition("/")[2]


def _draw(browser: Browser, page: Page, address: str, theme: str, path: Path) -> None:
    context = browser.new_context(
        storage_state=page.context.storage_state(),
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
    )
    shown = context.new_page()
    shown.goto(address)
    shown.wait_for_timeout(1500)
    session = context.new_cdp_session(shown)
    drawn = session.send("Page.captureScreenshot", {"format": "webp", "quality": 80})
    path.write_bytes(base64.b64decode(drawn["data"]))
    context.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"))
