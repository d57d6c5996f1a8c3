"""Runs of Azure Pipelines are kept as Azure DevOps has them."""

from __future__ import annotations

import pytest

from dashboard.history import azuredevops as module
from dashboard.history.remembered import Remembered
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.model.tool_state import DELETED, DISABLED
from storage.store import Store
from tests.dashboard.history.azuredevops_hooks import hooks_of
from tests.dashboard.history.fake_azuredevops import TOKEN, FakeAzureDevOps, FakeBuild
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import rows
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import DAY, MINUTE, Clock

SHOP = "shop"


@pytest.fixture
def azure(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeAzureDevOps:
    monkeypatch.setattr(module, "_collections", Remembered(100, module.DAY_MS))
    return FakeAzureDevOps(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "azuredevops", TOKEN)


def a_build(azure: FakeAzureDevOps, number: int, minutes_ago: int, ended: str | None = "succeeded") -> FakeBuild:
    made = FakeBuild(number, SHOP, azure.clock() - minutes_ago * MINUTE, ended, minutes=10)
    azure.builds.setdefault(SHOP, []).append(made)
    return made


def tell(store: Store, team: Team, azure: FakeAzureDevOps, build: FakeBuild, hooks: int) -> None:
    """The first so many events of it."""
    for hook in list(hooks_of(azure, build))[:hooks]:
        store.recorder.apply(team.id, hook.events)


def test_run_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps
) -> None:
    tell(store, team, azure, a_build(azure, 7, 40, "failed"), hooks=3)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert row.in_flight == ()
    assert (row.result.status, row.result.stage) == (Status.FAILED, "Test")


def test_short_run_whose_end_was_lost_ends_though_its_beginning_was_told_later(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps
) -> None:
    """Azure DevOps makes events up to some ten seconds after what they tell."""
    short = a_build(azure, 7, 40)
    short.minutes = 0
    begun = next(iter(hooks_of(azure, short)))
    store.recorder.apply(team.id, [replace(event, at=short.ended_at + 5000) for event in begun.events])
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.in_flight, row.result.status) == ((), Status.SUCCEEDED)


def test_run_that_waits_for_somebody_says_for_whom_and_goes_on(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    held = a_build(azure, 7, 40, None)
    held.holds = True
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.in_flight[0].status, row.in_flight[0].stages[-1].name) == (Status.WAITING, "Deploy")
    held.holds = False
    held.queued_at = clock() - 30 * MINUTE
    held.minutes = 60
    clock.move(11 * MINUTE)
    held.ended, held.minutes = "failed", 35
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.FAILED


def test_stage_that_is_run_again_opens_its_run_and_settles_it_again(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    red = a_build(azure, 7, 60, "failed")
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.FAILED
    red.again, red.ended = True, "succeeded"
    clock.move(11 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.SUCCEEDED
    (brief,) = store.executions.list_of_pipeline(row.id, 9).items
    execution = store.executions.get(brief.id)
    assert {stage.name: stage.status for stage in execution.stages}["Test"] is Status.SUCCEEDED
    assert row.rate.rerun == 1, "that it was red at first is not forgotten"


def test_old_run_is_looked_up_by_its_number_and_unknown_where_it_is_gone(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    old = FakeBuild(7, SHOP, clock() - 14 * DAY, minutes=10)
    gone = FakeBuild(6, SHOP, clock() - 15 * DAY, minutes=10)
    azure.builds[SHOP] = [old, gone]
    for one in (old, gone):
        tell(store, team, azure, one, hooks=1)
    tell(store, team, azure, a_build(azure, 9, 30), hooks=1)
    azure.builds[SHOP].remove(gone)
    repair(store, connection)
    (row,) = rows(store, team)
    briefs = store.executions.list_of_pipeline(row.id, 9).items
    found = [store.executions.get(one.id) for one in briefs]
    assert [(one.external_id, one.status, one.raw_status) for one in found] == [
        ("9", Status.SUCCEEDED, "succeeded"),
        ("7", Status.SUCCEEDED, "succeeded"),
        ("6", Status.UNKNOWN, "gone"),
    ]


def test_pipeline_that_is_disabled_or_deleted_says_so(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    a_build(azure, 7, 40)
    azure.definitions, azure.disabled = (6, 7, 8), {7}
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.tool_state.state == DISABLED
    azure.definitions = (6, 8)
    clock.move(70 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.tool_state.state == DELETED


def test_what_has_ended_costs_a_request_for_all_of_it(
    store: Store, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    for number in range(1, 11):
        a_build(azure, number, 400 - 10 * number)
    repair(store, connection)
    clock.move(11 * MINUTE)
    before = azure.calls
    repair(store, connection)
    assert azure.calls - before == 1
