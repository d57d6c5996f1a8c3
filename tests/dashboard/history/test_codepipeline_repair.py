"""Executions are kept as CodePipeline has them: what was lost, what waits at a disabled transition, what is gone."""

from __future__ import annotations

import pytest

from dashboard.history import codepipeline as module
from dashboard.history.remembered import Remembered
from storage.model.entities import Connection, Status, Team
from storage.model.tool_state import tool_state_of
from storage.store import Store
from tests.dashboard.history.codepipeline_hooks import hooks_of
from tests.dashboard.history.fake_codepipeline import REGION, FakeCodePipeline, FakeExecution
from tests.dashboard.history.letting_in import let_in_by_server
from tests.dashboard.history.test_backfill import rows
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import DAY, MINUTE, Clock


@pytest.fixture
def aws(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeCodePipeline:
    monkeypatch.setattr(module, "_settled", Remembered(1000, DAY))
    return FakeCodePipeline(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> Connection:
    return let_in_by_server(store, team, tool, monkeypatch, regions=(REGION,))


def an_execution(aws: FakeCodePipeline, number: int, minutes_ago: int, how: str) -> FakeExecution:
    made = FakeExecution(number, "shop", aws.clock() - minutes_ago * MINUTE + 456, how)
    aws.executions.setdefault("shop", []).append(made)
    return made


def tell(store: Store, team: Team, execution: FakeExecution, hooks: int) -> None:
    """The first so many events of it."""
    for hook in list(hooks_of(execution))[:hooks]:
        store.recorder.apply(team.id, hook.events)


def test_run_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    tell(store, team, an_execution(aws, 7, 40, "failed"), hooks=3)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert row.in_flight == ()
    assert (row.result.status, row.result.stage) == (Status.FAILED, "Build")


def test_what_no_event_tells_is_seen_that_it_waits_at_a_disabled_transition(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    held = an_execution(aws, 7, 40, "gated")
    tell(store, team, held, hooks=99)
    repair(store, connection)
    (row,) = rows(store, team)
    (waiting,) = row.waiting
    assert [(wait.stage, wait.since) for wait in waiting.waits] == [("Release", held.changed // 1000 * 1000)]
    held.became("succeeded")
    clock.move(11 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.waiting, row.in_flight, row.result.status) == ((), (), Status.SUCCEEDED)


def test_execution_that_was_resumed_is_told_again(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    again = an_execution(aws, 7, 60, "failed")
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.FAILED
    again.became("retried")
    clock.move(11 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.SUCCEEDED
    (brief,) = store.executions.list_of_pipeline(row.id, 9).items
    assert store.executions.get(brief.id).attempt == 2


def test_what_has_ended_and_stands_as_it_did_is_asked_for_once(
    store: Store, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    for number in range(1, 5):
        an_execution(aws, number, 400 - 10 * number, "succeeded")
    an_execution(aws, 9, 2, "runs")
    asked = []
    for _ in range(8):
        aws.asked.clear()
        repair(store, connection)
        asked.append([one for one in aws.asked if one != "GetCallerIdentity"])
        clock.move(10 * MINUTE)
    assert asked[3] == ["ListPipelineExecutions", "ListActionExecutions"]
    assert asked[6].count("ListPipelines") == 2, "every hour, which there are, and which are no more"


def test_old_run_is_looked_up_by_its_id_and_unknown_where_it_is_gone(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    old, gone = an_execution(aws, 2, 60 * 24 * 14, "succeeded"), an_execution(aws, 1, 60 * 24 * 15, "succeeded")
    for one in (old, gone, an_execution(aws, 3, 40, "succeeded")):
        tell(store, team, one, hooks=2)
    aws.gone = {gone.id}
    aws.executions["shop"].remove(gone)
    repair(store, connection)
    (row,) = rows(store, team)
    found = [store.executions.get(one.id) for one in store.executions.list_of_pipeline(row.id, 9).items]
    assert [(one.status, one.raw_status) for one in found] == [
        (Status.SUCCEEDED, "SUCCEEDED"),
        (Status.SUCCEEDED, "SUCCEEDED"),
        (Status.UNKNOWN, "gone"),
    ]
    assert found[1].finished_at == old.changed // 1000 * 1000


def test_pipeline_that_was_deleted_says_so_and_its_run_is_unknown(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    an_execution(aws, 6, 90, "succeeded")
    an_execution(aws, 7, 10, "runs")
    repair(store, connection)
    del aws.executions["shop"]
    aws.executions["other"] = []
    clock.move(70 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.in_flight == ()
    record = store.pipelines.find(row.id)
    assert record is not None
    assert tool_state_of(record.text("tool_state"), None).state == "deleted"
