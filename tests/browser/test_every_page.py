"""Every page with what a demo shows, on a phone, a tablet, a desk and a desk at 200 %, in forced colours and without
scripts: nothing overlaps, nothing scrolls sideways, targets can be hit, and axe-core finds nothing, in both themes.
One browser page for all."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import ROOT, Server

pytestmark = MARKS
MEASURE = Path(__file__).with_name("measure.js").read_text("utf-8")
# 720 is what a desk of 1440 has at 200 %.
WIDTHS = (390, 720, 768, 1440)
# Kinds of pipelines, and the condition each is in.
LIVES = {"failing": "failing", "waiting": "waiting", "late": "slow"}
PREPARE = """
from dashboard.simulator.history import prepare, write_latest
from dashboard.simulator.organisation import blueprints
from dashboard.store import get_store
lives = {each.life.value: each for each in reversed(blueprints())}
store = get_store()
write_latest(store, prepare(store, print, [lives[name] for name in %r]))
for day in list(store.fact_folder.stale_days()):
    store.fact_folder.fold_day(day)
for team in store.fact_folder.list_stale_teams():
    store.fact_folder.fold_stale_team(team)
from storage.model.team_rules import UNASSIGNED, RuledSource, TeamRule, TeamRuleSet
from tests.factories import BY, a_run
store.teams.create_unassigned(BY)
store.recorder.apply(UNASSIGNED, a_run("1"))
home = store.teams.list_all()[0].team
rules = (TeamRule(home.id, repository="acme/*"), TeamRule(home.id, "github", repository="acme/pay-*, acme/bill-*"))
store.team_rule_sets.put(TeamRuleSet(), TeamRuleSet(rules, (RuledSource(home.id, "github"),)), BY)
"""
FIRST = {
    "team": ("/", r'href="(/teams/[a-z0-9-]+)"'),
    "settings": ("/manage", r'href="(/manage/teams/[^"/]+)"'),
    "person": ("/manage/people", r'href="(/manage/people/[0-9a-f-]+)"'),
}
FIXED = (
    "/",
    "/health",
    "/environments",
    "/waiting",
    "/queues",
    "/search?q=a",
    "/account",
    "/account/views",
    "/account/second-factor",
    "/account/second-factor/app",
    "/manage",
    "/manage/people",
    "/manage/jobs",
    "/manage/prices",
    "/manage/stage-rules",
    "/manage/team-rules",
    "/manage/unassigned",
    "/manage/audit",
    "/manage/screens",
    "/nothing-is-here",
)
FOUND = (
    "{team}",
    "{pipeline}",
    "{failing}",
    "{waiting}",
    "{late}",
    "{commit}",
    "/health/{slug}",
    "/health/{slug}/deployments",
    "/health/{slug}/measures/success_rate",
    "/health/{slug}/flaky",
    "/health/{slug}/bottleneck",
    "/health/{slug}/cost",
    "/health/{slug}/charts",
    "/health/{slug}/report",
    "/health/{slug}/charts?days=365",
    "/health/{slug}/deployments?day=2026-01-31",
    "/environments/{slug}",
    "{person}",
    "{settings}",
    "{settings}/members",
    "{settings}/pipelines",
    "{settings}/stage-rules",
    "{settings}/connections",
    "{settings}/connect/github",
    "{settings}/screens",
    "{settings}/tokens",
    "{settings}/audit",
    "{settings}/delete",
    "{connection}",
)


@pytest.fixture(scope="module")
def page(server: Server, browser: Browser) -> Iterator[Page]:
    subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", PREPARE % (list(LIVES),)],
        cwd=ROOT, env=server.environment, check=True, capture_output=True,
    )  # fmt: skip
    opened, _ = signed_in(server, browser)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def plain(browser: Browser, page: Page) -> Iterator[Page]:
    """The same reader without scripts."""
    context = browser.new_context(
        java_script_enabled=False, storage_state=page.context.storage_state(), viewport={"width": 1440, "height": 900}
    )
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def addresses(server: Server, page: Page) -> dict[str, str]:
    """Of pages whose addresses hold ids; executions by the life of their pipeline."""

    def first(path: str, pattern: str) -> str:
        page.goto(server.url + path)
        return str(re.findall(pattern, page.content())[0])

    found = {name: first(*where) for name, where in FIRST.items()}
    items = [
        each
        for team in server.api("GET", "/teams")["items"]
        for each in server.api("GET", f"/teams/{team['id']}/pipelines")["items"]
    ]
    for life, condition in LIVES.items():
        one = next(each for each in items if each["condition"] == condition)
        found[life] = f"/executions/{one['latestExecution']['id']}"
    found["commit"] = first(found["failing"], r'href="(/commits/[0-9a-f]+)"')
    found["pipeline"] = first(found["team"], r'href="(/teams/[^"/]+/pipelines/[0-9a-f]+)"')
    found["connection"] = first(found["settings"] + "/connections", r'href="(/manage/connections/[^"/]+)"')
    return {**found, "slug": found["team"].rpartition("/")[2]}


@pytest.mark.parametrize("path", [*FIXED, *FOUND])
def test_page_can_be_read_and_hit_at_every_width_in_both_themes(
    server: Server, page: Page, addresses: dict[str, str], path: str
) -> None:
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    page.goto(server.url + path.format(**addresses))
    wrong = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wrong += [f"{width} px: {said}" for said in page.evaluate(MEASURE)]
    wrong += violations(page)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    wrong += [f"dark: {said}" for said in violations(page, runOnly=["color-contrast"])]
    page.emulate_media(color_scheme="light", forced_colors="active", reduced_motion="reduce")
    wrong += [f"forced colours: {said}" for said in page.evaluate(MEASURE)]
    page.emulate_media(forced_colors="none")
    assert wrong == []


@pytest.mark.parametrize("path", [*FIXED, *FOUND])
def test_page_can_be_read_without_scripts(server: Server, plain: Page, addresses: dict[str, str], path: str) -> None:
    plain.goto(server.url + path.format(**addresses))
    assert plain.evaluate(MEASURE) == []


def violations(page: Page, **options: object) -> list[str]:
    found = Axe().run(page, options=options)["violations"]
    return [f"{each['id']}: {'; '.join(node['html'][:100] for node in each['nodes'][:2])}" for each in found]


@pytest.mark.parametrize("width", [720, 768, 1024, 1280, 1440])
def test_who_has_what_fails_is_in_sight_on_a_tablet_and_when_zoomed(server: Server, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(server.url)
    button = page.locator(".attention").get_by_text("Take it").first.bounding_box()
    panel = page.get_by_role("region", name="Needs attention, scrollable").bounding_box()
    assert button is not None
    assert panel is not None
    assert button["x"] + button["width"] <= panel["x"] + panel["width"]
