"""Webhooks that GitHub could not deliver are taken as if they had come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.history.missed_deliveries import known_hooks, undelivered
from dashboard.jobs import read_missed_deliveries
from dashboard.tool_apis.github_hooks import HookDelivery
from dashboard.webhooks.connecting import webhook_url
from storage.model.backfill import MissedDeliveries, Project
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.history.fake_organisation import HOUR, time_of
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import Answer, Asked, FakeTool, as_json
from tests.dashboard.visiting import post_github
from tests.factories import MINUTE, NOW, Clock

HOOK = "/orgs/acme/hooks/7"


@pytest.fixture(autouse=True)
def _nothing_is_known() -> Iterator[None]:
    known_hooks.found.clear()
    yield
    known_hooks.found.clear()


def a_try(number: int, guid: str, code: int, at: int) -> dict[str, Any]:
    return {
        "id": number, "guid": guid, "delivered_at": time_of(at), "redelivery": False, "duration": 0.3,
        "status": "OK" if code == 200 else "failed to connect", "status_code": code, "event": "workflow_run",
        "action": "completed", "installation_id": None, "repository_id": 1,
    }  # fmt: skip


class Hook:
    """An organisation's hook: what it sent, newest first, two a page."""

    def __init__(self, tool: FakeTool, connection: Connection) -> None:
        self.tool = tool
        self.tries: list[dict[str, Any]] = []
        self.sent: dict[int, dict[str, Any]] = {}
        url = webhook_url(connection)
        tool.answers["/orgs/acme/hooks"] = as_json(
            [{"id": 6, "config": {"url": "https://other.example"}}, {"id": 7, "config": {"url": url}}]
        )
        tool.answers[f"{HOOK}/deliveries"] = self.page

    def page(self, asked: Asked) -> Answer:
        begin = int(asked.query.get("cursor", 0))
        more = begin + 2 < len(self.tries)
        link = {"Link": f'<{self.tool.address}{HOOK}/deliveries?cursor={begin + 2}>; rel="next"'} if more else {}
        return Answer(200, json.dumps(self.tries[begin : begin + 2]).encode(), link)

    def failed(self, number: int, guid: str, body: dict[str, Any], at: int, code: int = 503) -> None:
        self.tries.insert(0, a_try(number, guid, code, at))
        headers = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": guid, "Content-Type": "application/json"}
        self.tool.answers[f"{HOOK}/deliveries/{number}"] = as_json(
            {**a_try(number, guid, code, at), "request": {"headers": headers, "payload": body}}
        )


@pytest.fixture
def hook(tool: FakeTool, store: Store, connection: Connection) -> Hook:
    store.backfills.put_project(connection.id, Project("acme/checkout"))
    return Hook(tool, connection)


def missed(store: Store, connection: Connection) -> MissedDeliveries:
    found = store.backfills.find_missed(connection.id)
    assert found is not None
    return found


def test_failed_ones_are_taken_and_those_with_one_success_are_not(
    store: Store, team: Team, connection: Connection, hook: Hook
) -> None:
    hook.failed(1, "a", workflow_run(11, status="completed", conclusion="failure"), NOW - 20 * MINUTE)
    hook.failed(2, "b", workflow_run(12), NOW - 15 * MINUTE)
    hook.tries.insert(0, a_try(3, "b", 200, NOW - 10 * MINUTE))
    hook.failed(4, "a", workflow_run(11, status="completed", conclusion="failure"), NOW - 5 * MINUTE)
    do(read_missed_deliveries.JOB, store)
    (stored,) = store.pipelines.list_board(team.id)
    result = stored.row().result
    assert result is not None
    assert (result.status, result.number != "") == (Status.FAILED, True)
    briefs = store.executions.list_of_pipeline(stored.id, 10).items
    assert [brief.external_id for brief in briefs] == ["11"]
    assert (missed(store, connection).count, missed(store, connection).upto) == (1, NOW)
    assert f"{HOOK}/deliveries/1" not in [asked.path for asked in hook.tool.asked], "the latest try is enough"


def test_what_came_another_way_is_no_news(store: Store, connection: Connection, hook: Hook) -> None:
    body = workflow_run(11)
    post_github(connection, body, key="a")
    hook.failed(1, "a", body, NOW - 5 * MINUTE)
    do(read_missed_deliveries.JOB, store)
    assert missed(store, connection).count == 0


def test_next_turn_goes_on_from_there(store: Store, connection: Connection, hook: Hook, clock: Clock) -> None:
    for number in range(6):
        hook.failed(number, f"g{number}", workflow_run(20 + number), NOW - (20 - number) * MINUTE)
    do(read_missed_deliveries.JOB, store)
    clock.move(5 * MINUTE)
    hook.tool.asked.clear()
    hook.failed(9, "new", workflow_run(40), NOW + 4 * MINUTE)
    do(read_missed_deliveries.JOB, store)
    pages = [asked for asked in hook.tool.asked if asked.path == f"{HOOK}/deliveries"]
    assert len(pages) == 1
    assert missed(store, connection).count == 7


def test_very_old_ones_are_left(store: Store, connection: Connection, hook: Hook, clock: Clock) -> None:
    store.backfills.put_missed(MissedDeliveries(connection.id, upto=NOW))
    hook.failed(1, "a", workflow_run(11), NOW + MINUTE)
    clock.move(80 * HOUR)
    do(read_missed_deliveries.JOB, store)
    assert missed(store, connection).count == 0


def test_token_that_may_not_see_hooks_is_asked_once_an_hour(
    store: Store, tool: FakeTool, connection: Connection
) -> None:
    store.backfills.put_project(connection.id, Project("acme/checkout"))
    tool.answers["/orgs/acme/hooks"] = Answer(403, b"{}")
    for _ in range(3):
        do(read_missed_deliveries.JOB, store)
    assert [asked.path for asked in tool.asked] == ["/orgs/acme/hooks", "/repos/acme/checkout/hooks"]


def test_tool_that_is_away_loses_nothing(store: Store, connection: Connection, hook: Hook) -> None:
    hook.failed(1, "a", workflow_run(11), NOW - 5 * MINUTE)
    hook.tool.answers[f"{HOOK}/deliveries"] = Answer(502)
    do(read_missed_deliveries.JOB, store)
    assert store.backfills.find_missed(connection.id) is None
    hook.tool.answers[f"{HOOK}/deliveries"] = hook.page
    do(read_missed_deliveries.JOB, store)
    assert missed(store, connection).count == 1


def test_fault_of_ours_is_told(
    store: Store, connection: Connection, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*given: object) -> None:
        raise ValueError("nonsense")

    monkeypatch.setattr("dashboard.jobs.read_missed_deliveries.read_missed", failing)
    assert "nonsense" in do(read_missed_deliveries.JOB, store)._error


def test_of_several_tries_the_latest_is_read() -> None:
    tries = [HookDelivery(str(number), "a", "x", False, at) for number, at in ((1, 5), (2, 9), (3, 7))]
    assert [one.id for one in undelivered(tries)] == ["2"]
    assert undelivered([*tries, HookDelivery("4", "a", "x", True, 1)]) == []
