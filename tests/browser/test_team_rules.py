"""An organisation's pipelines come to their teams: rules are tried out and saved, what waits is moved. With and without
scripts, on a phone and a desk."""

from __future__ import annotations

import json
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import opened, sign_in
from tests.chromium import MARKS
from tests.real_server import TOKEN, Server, ago

pytestmark = MARKS


def api(server: Server, path: str, body: dict[str, str]) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{server.url}/api/v1/{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        found: dict[str, str] = json.loads(answer.read())
        return found


class Organisation:
    """A team with an organisation's connection, and two others."""

    def __init__(self, server: Server, suffix: str) -> None:
        names = (f"Platform {suffix}", f"Payments {suffix}", f"Web {suffix}")
        self.platform, self.payments, self.web = (api(server, "teams", {"name": name}) for name in names)
        self.connection = api(server, f"teams/{self.platform['id']}/connections", {"source": "generic"})

    def tell(self, repository: str, name: str = "Deploy") -> None:
        """A first run of its pipeline."""
        body = {"pipeline": f"{repository}/{name}", "run": repository, "status": "succeeded", "at": ago(1)}
        body |= {"name": f"{name} {repository.rpartition('/')[2]}", "repository": repository, "branch": "main"}
        headers = {"Authorization": f"Bearer {self.connection['secret']}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.connection["webhookUrl"], json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 202


def go_by_rules(page: Page, server: Server, organisation: Organisation) -> None:
    page.goto(f"{server.url}/manage/connections/{organisation.connection['id']}")
    page.get_by_role("button", name="Send new ones to teams by rules").click()
    expect(page.get_by_text("To teams by rules; what no rule fits waits in Unassigned")).to_be_visible()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
def test_rules_are_tried_saved_and_followed_and_what_waits_is_moved(
    server: Server, browser: Browser, scripts: bool
) -> None:
    page, problems = opened(browser, java_script_enabled=scripts, viewport={"width": 390, "height": 800})
    sign_in(page, server)
    own = "acme" if scripts else "other"
    organisation = Organisation(server, own)
    go_by_rules(page, server, organisation)
    for repository in (f"{own}/pay-api", f"{own}/site", f"{own}/wiki"):
        organisation.tell(repository)

    # A rule is typed, tried, put first, and saved only as it was shown.
    page.goto(f"{server.url}/manage/team-rules")
    stand = page.locator("fieldset").count()
    page.get_by_role("button", name="Add a rule").click()
    last = page.locator("fieldset").nth(stand)
    last.get_by_label("Repository").fill(f"{own}/pay-*")
    last.get_by_label("Team").select_option(organisation.payments["id"])
    last.get_by_label("Repository").press("Enter")
    expect(page.locator("fieldset").nth(stand)).to_contain_text("of 3 received" if scripts else "received")
    expect(page.locator("fieldset").nth(stand).locator("legend")).to_contain_text(f"{own}/pay-*")
    expect(page.get_by_role("heading", name="What they do with what was received")).to_be_visible()
    if stand:
        page.locator("fieldset").nth(stand).get_by_role("button", name="Up").click()
        expect(page.locator("fieldset legend").first).to_contain_text(f"{own}/pay-*")
    page.get_by_role("button", name="Save rules").click()
    if page.get_by_text("Look, then save.").count():
        page.get_by_role("button", name="Save rules").click()
    expect(page.get_by_text("Saved. New pipelines go by these rules.")).to_be_visible()

    # Those that were received move by the button beside; new ones go by themselves.
    page.get_by_role("button", name="Move 1 pipeline").click()
    expect(page.get_by_text("1 moved.")).to_be_visible()
    organisation.tell(f"{own}/pay-ledger")
    page.goto(f"{server.url}/teams/{organisation.payments['slug']}")
    expect(page.locator("[data-pipeline]")).to_have_count(2)

    # The others wait, and are moved: both ticked, then one back and by its own button.
    page.goto(f"{server.url}/manage/unassigned")
    page.get_by_label("Team", exact=True).select_option(organisation.web["id"])
    for box in page.locator("tbody input[type=checkbox]").all():
        box.check()
    page.get_by_role("button", name="Move those ticked").click()
    expect(page.get_by_text("2 moved.")).to_be_visible()
    expect(page.get_by_text("Nothing waits here.")).to_be_visible()
    page.goto(f"{server.url}/teams/{organisation.web['slug']}")
    expect(page.locator("[data-pipeline]")).to_have_count(2)
    organisation.tell(f"{own}/tools")
    page.goto(f"{server.url}/manage/unassigned")
    page.get_by_label("Team", exact=True).select_option(organisation.web["id"])
    page.get_by_role("row").filter(has_text="Deploy tools").get_by_role("button", name="Move").click()
    expect(page.get_by_text("1 moved.")).to_be_visible()
    assert problems == []
    page.context.close()
