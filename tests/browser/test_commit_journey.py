"""A commit in the middle of a push of twelve, over two workflows of which one starts the other: the commit's page, the
environments page and the board say the same, live."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.opening import signed_in
from tests.chromium import MARKS
from tests.real_server import SECRET, Server, ago, job_event, run_event

pytestmark = MARKS
BUILD, RELEASE = (7, "Build"), (8, "Release")
EARLIER = "1" * 40
# What a browser would show is written down instead.
NOTICES = """
window.notices = [];
window.Notification = class extends EventTarget {
  constructor(title, options) { super(); window.notices.push(`${title}: ${options.body}`); }
  static async requestPermission() { return 'granted'; }
};
"""


@dataclass(frozen=True)
class Delivery:
    """A team whose workflow Build brings versions to staging, and Release, which Build starts, to production."""

    server: Server
    slug: str
    connection: str
    head: str

    @property
    def middle(self) -> str:
        return f"{self.head[:30]}{6:010x}"

    def push(self) -> None:
        commits = [
            {"id": self.head if number == 12 else f"{self.head[:30]}{number:010x}", "message": f"Part {number} of it",
             "timestamp": ago(9), "author": {"name": "Ada", "username": "ada"}}
            for number in range(1, 13)
        ]  # fmt: skip
        body = {"ref": "refs/heads/main", "after": self.head, "deleted": False, "commits": commits}
        repository = {**run_event(1, "queued", None, ago(9), ago(9))["repository"], "pushed_at": ago(9)}
        self.server.post_github(self.connection, "push", {**body, "repository": repository})

    def run(self, number: int, workflow: tuple[int, str], status: str, conclusion: str | None, sha: str) -> None:
        body: dict[str, Any] = run_event(number, status, conclusion, ago(8), ago(1))
        kind = "workflow_run" if workflow == RELEASE else "push"
        path = f".github/workflows/{workflow[1].lower()}.yml"
        body["workflow_run"] |= {"workflow_id": workflow[0], "name": workflow[1], "path": path, "event": kind}
        body["workflow_run"] |= {"head_sha": sha, "display_title": "All twelve", "run_number": number}
        body["workflow"] = {"id": workflow[0], "name": workflow[1], "path": path}
        self.server.post_github(self.connection, "workflow_run", body)

    def job(self, run: int, name: str, status: str, conclusion: str | None = None, minutes: float = 5) -> None:
        job = run * 10 + len(name)
        ended = ago(minutes - 1) if conclusion else None
        body = job_event(run, job, name, status, conclusion, ago(minutes), ended)
        body["workflow_job"]["head_sha"] = self.head if run > 200 else EARLIER
        self.server.post_github(self.connection, "workflow_job", body)


@pytest.fixture
def delivery(server: Server) -> Delivery:
    made = server.api("POST", "/teams", {"name": f"Team {uuid.uuid4().hex[:8]}"})
    found = server.api("POST", f"/teams/{made['id']}/connections", {"source": "github", "secret": SECRET})
    return Delivery(server, made["slug"], found["id"], uuid.uuid4().hex + "0" * 8)


@pytest.fixture
def pages(server: Server, browser: Browser, delivery: Delivery) -> Iterator[tuple[Page, Page, Page]]:
    """The commit's page, the environments page of the team, and its board."""
    first, problems = signed_in(server, browser)
    first.add_init_script(NOTICES)
    commit, places, board = first, first.context.new_page(), first.context.new_page()
    commit.goto(f"{server.url}/commits/{delivery.middle}")
    places.goto(f"{server.url}/environments/{delivery.slug}")
    board.goto(f"{server.url}/teams/{delivery.slug}")
    for page in (commit, places, board):
        expect(page.locator("#pulse")).to_contain_text("Live")
        page.evaluate("window.stillHere = true")
    yield commit, places, board
    for page in (commit, places, board):
        assert page.evaluate("window.stillHere") is True
    assert problems == []
    first.context.close()


def test_commit_page_environments_and_board_say_the_same_of_a_commit_on_its_way(
    delivery: Delivery, pages: tuple[Page, Page, Page]
) -> None:
    commit, places, board = pages
    head = commit.locator("#commit-head")
    expect(head).to_contain_text("Not heard of")

    # An earlier version is in production.
    delivery.run(101, RELEASE, "in_progress", None, EARLIER)
    delivery.job(101, "deploy to production", "completed", "success", 7)
    delivery.run(101, RELEASE, "completed", "success", EARLIER)
    delivery.push()
    delivery.run(201, BUILD, "in_progress", None, delivery.head)
    delivery.job(201, "compile", "completed", "success", 6)
    delivery.job(201, "deploy to staging", "in_progress", None, 5)

    expect(head).to_contain_text("Part 6 of it")
    expect(head).to_contain_text("6 of 12 pushed to main")
    expect(head).to_contain_text("Running at deploy to staging")
    build, release = (board.locator("[data-pipeline]", has_text=name) for _, name in (BUILD, RELEASE))
    expect(build).to_contain_text("Running deploy to staging")
    staging = places.locator('tr[data-stage="deploy to staging"]')
    expect(staging).to_contain_text("run 201, running at deploy to staging")

    delivery.job(201, "deploy to staging", "completed", "success", 5)
    delivery.run(201, BUILD, "completed", "success", delivery.head)
    delivery.run(202, RELEASE, "in_progress", None, delivery.head)
    delivery.job(202, "deploy to production", "waiting")
    delivery.run(202, RELEASE, "waiting", None, delivery.head)

    expect(head.locator("h1")).to_contain_text("Waiting for approval at deploy to production")
    expect(head).to_contain_text("staging since")
    way = commit.locator(".way", has_text="Release")
    expect(way).to_contain_text("run 202, started by another workflow")
    expect(way).to_contain_text("has run 101, without it")
    expect(commit.locator(".way", has_text="Build")).to_contain_text("has it since")
    expect(release).to_contain_text("Waiting for approval")
    expect(release).to_contain_text("at deploy to production")
    production = places.locator('tr[data-stage="deploy to production"]')
    expect(production).to_contain_text("run 101")
    expect(production).to_contain_text("run 202, waiting for approval at deploy to production")
    expect(staging).to_contain_text(f"run 201 {delivery.head[:7]}")

    told = commit.get_by_role("button", name="Tell me when it arrives")
    told.click()
    expect(commit.get_by_role("button", name="You will be told here")).to_have_attribute("aria-pressed", "true")
    delivery.job(202, "deploy to production", "completed", "success", 2)
    delivery.run(202, RELEASE, "completed", "success", delivery.head)

    expect(head.locator("h1")).to_contain_text("In production")
    expect(production).to_contain_text(f"run 202 {delivery.head[:7]}")
    expect(release).to_contain_text("Passed")
    assert commit.evaluate("window.notices") == [f"{delivery.middle[:7]} is in production: Part 6 of it"]
