"""Workflows are kept as CircleCI has them, without asking for what has long ended each time."""

from __future__ import annotations

import pytest

from dashboard.history import circleci as module
from dashboard.history.remembered import Remembered
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.circleci_hooks import hooks_of
from tests.dashboard.history.fake_circleci import TOKEN, FakeCircleCi, FakePipeline
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import rows
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import DAY, MINUTE, Clock

SHOP = "gh/acme/shop"


@pytest.fixture
def circleci(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeCircleCi:
    monkeypatch.setattr(module, "_projects", Remembered(100, module.HOUR_MS))
    monkeypatch.setattr(module, "_settled", Remembered(1000, module.HOUR_MS))
    return FakeCircleCi(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "circleci", TOKEN)


def a_pipeline(circleci: FakeCircleCi, number: int, minutes_ago: int, ended: str | None = "success") -> FakePipeline:
    made = FakePipeline(number, SHOP, circleci.clock() - minutes_ago * MINUTE, ended, minutes=10)
    circleci.pipelines.setdefault(SHOP, []).append(made)
    return made


def tell(store: Store, team: Team, circleci: FakeCircleCi, pipeline: FakePipeline, hooks: int) -> None:
    """The first so many webhooks of it."""
    for hook in list(hooks_of(circleci, pipeline))[:hooks]:
        store.recorder.apply(team.id, hook.events)


def test_run_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi
) -> None:
    tell(store, team, circleci, a_pipeline(circleci, 7, 40, "failed"), hooks=1)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert row.in_flight == ()
    assert (row.result.status, row.result.stage) == (Status.FAILED, "test")


def test_what_no_webhook_tells_is_seen_what_runs_and_what_is_on_hold(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    held = a_pipeline(circleci, 7, 40, None)
    held.holds = True
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.in_flight[0].status, row.in_flight[0].stages[-1].name) == (Status.WAITING, "Approval: ship-it")
    held.holds = False
    clock.move(11 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING


def test_run_that_is_run_again_under_another_id_is_another(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    again = a_pipeline(circleci, 7, 120, "failed")
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.FAILED
    again.again, again.ended = True, "success"
    clock.move(70 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.SUCCEEDED
    briefs = store.executions.list_of_pipeline(row.id, 9).items
    assert [(one.number, one.status) for one in briefs] == [("7", Status.SUCCEEDED), ("7", Status.FAILED)]


def test_what_has_long_ended_is_asked_for_every_hour_alone(
    store: Store, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    for number in range(1, 11):
        a_pipeline(circleci, number, 400 - 10 * number)
    a_pipeline(circleci, 11, 1, None)
    asked = []
    for _ in range(8):
        before = circleci.calls
        repair(store, connection)
        asked.append(circleci.calls - before)
        clock.move(10 * MINUTE)
    # A page of pipelines, the workflows and the jobs of the one that runs.
    assert asked[2:6] == [3] * 4
    # Which projects there are, and all of it.
    assert asked[7] >= 3 + 3 + 10


def test_old_run_is_looked_up_by_its_id_and_unknown_where_it_is_gone(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    old = FakePipeline(7, SHOP, clock() - 14 * DAY, "success", minutes=10)
    gone = FakePipeline(6, SHOP, clock() - 15 * DAY, "success", minutes=10)
    circleci.pipelines[SHOP] = [old, gone]
    for one in (old, gone):
        tell(store, team, circleci, one, hooks=1)
    tell(store, team, circleci, a_pipeline(circleci, 9, 30), hooks=1)
    circleci.pipelines[SHOP].remove(gone)
    repair(store, connection)
    (row,) = rows(store, team)
    briefs = store.executions.list_of_pipeline(row.id, 9).items
    found = [store.executions.get(one.id) for one in briefs]
    assert [(one.number, one.status, one.raw_status) for one in found] == [
        ("9", Status.SUCCEEDED, "success"),
        ("7", Status.SUCCEEDED, "success"),
        ("6", Status.UNKNOWN, "gone"),
    ]


def test_project_that_is_gone_is_named_and_says_why(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    tell(store, team, circleci, a_pipeline(circleci, 7, 40, None), hooks=1)
    repair(store, connection)
    circleci.hidden = {SHOP}
    clock.move(11 * MINUTE)
    repair(store, connection)
    (project,) = store.backfills.list_projects(connection.id)
    assert "hides it" in project.problem
