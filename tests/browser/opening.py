"""Opening pages in Chromium, signed in, with everything it complains of written down."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, StorageState, expect

from tests.real_server import EMAIL, PASSWORD, Server

LISTENER = """
window.violations = [];
const seen = e => window.violations.push(`${e.violatedDirective} ${e.blockedURI}`);
document.addEventListener('securitypolicyviolation', seen);
"""
# What a browser says of an answer that a test asks for.
EXPECTED = ("Failed to load resource",)


def opened(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A page in a context of its own, and what goes wrong on it."""
    return watched(browser.new_context(**options))


def watched(context: BrowserContext) -> tuple[Page, list[str]]:
    page = context.new_page()
    page.add_init_script(LISTENER)
    problems: list[str] = []

    def note(text: str) -> None:
        if not text.startswith(EXPECTED):
            problems.append(text)

    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: note(str(error)))
    return page, problems


# Of whom a server knows already: to check a password takes it longer than most tests take.
_states: dict[tuple[str, str], StorageState] = {}


def signed_in(server: Server, browser: Browser, email: str = EMAIL, **options: Any) -> tuple[Page, list[str]]:
    """On the network page. In the session of another test, while that lasts: one that ends it or looks at all signs in
    by itself."""
    page, problems = opened(browser, storage_state=_states.get((server.url, email)), **options)
    page.goto(server.url)
    if page.locator("#id_password").count():
        sign_in(page, server, email)
        _states[server.url, email] = page.context.storage_state()
    expect(page.locator("h1")).to_have_text("Network")
    return page, problems


def sign_in(page: Page, server: Server, email: str = EMAIL, password: str = PASSWORD) -> None:
    page.goto(f"{server.url}/login?next=/")
    page.fill("#id_email", email)
    page.fill("#id_password", password)
    page.click("main button[type=submit]")
    expect(page.locator("h1")).to_have_text("Network")
