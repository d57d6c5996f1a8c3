"""CodePipeline's past is read whole, of one region after the other, with what its API alone tells of attempts."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from random import Random

import pytest
from moto import mock_aws

from dashboard.history import codepipeline as module
from dashboard.history.checking import check
from dashboard.history.registry import reader_of
from dashboard.history.remembered import Remembered
from dashboard.history.working import begin
from dashboard.tool_apis.codepipeline_history import CodePipelineHistoryApi
from dashboard.tool_apis.errors import NothingThere, NotPermitted
from storage.model.backfill import BackfillState, Project
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.codepipeline_hooks import hooks_of
from tests.dashboard.history.fake_codepipeline import ACCOUNT, REGION, FakeCodePipeline, FakeExecution
from tests.dashboard.history.letting_in import let_in_by_server
from tests.dashboard.history.test_backfill import Killed, Killer, backfiller, read_all, records, rows
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, DAY, MINUTE, Clock


@pytest.fixture
def aws(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeCodePipeline:
    monkeypatch.setattr(module, "_settled", Remembered(1000, DAY))
    monkeypatch.setattr(module, "PAGE", 4)
    return FakeCodePipeline(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool, monkeypatch: pytest.MonkeyPatch) -> Connection:
    return let_in_by_server(store, team, tool, monkeypatch, regions=(REGION,))


def test_whole_past_is_read_with_stages_and_attempts(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    aws.fill(pipelines=2, days=5, a_day=2)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 2, 2 * 10, "")
    assert done.calls == aws.calls
    # Who is asked, and which pipelines there are; of each three pages, and the actions of each execution, four at once.
    actions = sum(-(-len(one.actions) // 4) for many in aws.executions.values() for one in many)
    assert aws.calls == 2 + 2 * 3 + actions
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["Source", "Build"])
    for key, history in records(store, team).items():
        assert key.startswith(f"{ACCOUNT}/{REGION}/shop-")
        again = [run for run in history.all() if run.attempt == 2]
        assert [fact.status for fact in again[0].attempts] == [Status.FAILED, Status.SUCCEEDED]
        assert [stage.name for stage in again[0].stages] == ["Source", "Build", "Release"]


def test_first_row_stands_after_a_page_of_executions(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    aws.fill(pipelines=15, days=5, a_day=1)
    begin(store, connection, BY)
    for _ in islice(backfiller(store, connection).steps(), 2):
        pass
    assert len(rows(store, team)) == 1
    assert aws.calls <= 2 + 1 + 2 * 4


def test_only_so_far_back_as_was_asked_for(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    aws.fill(pipelines=1, days=20, a_day=1)
    begin(store, connection, BY, since=clock() - 9 * DAY)
    assert read_all(store, connection).runs == 9


def test_regions_are_read_one_after_the_other(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    aws.fill(pipelines=21, days=1, a_day=1)
    wanted = replace(connection.api, regions=(REGION, "us-east-1"))
    other = store.connections.put(connection, replace(connection, api=wanted), BY, "connection.api_changed")
    begin(store, other, BY)
    assert read_all(store, other).projects == 2 * 21
    keys = {one.id for one in store.backfills.list_projects(connection.id)}
    assert {f"{ACCOUNT}/us-east-1/shop-003", f"{ACCOUNT}/{REGION}/shop-020"} <= keys


def test_regions_that_nobody_named_are_those_that_events_came_from(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline
) -> None:
    wanted = replace(connection, api=replace(connection.api, regions=()))
    other = store.connections.put(connection, wanted, BY, "connection.api_changed")
    assert "name the regions" in check(store, other).words
    aws.fill(pipelines=2, days=1, a_day=1)
    for hook in hooks_of(aws.executions["shop-001"][0]):
        store.recorder.apply(team.id, hook.events)
    begin(store, other, BY)
    assert read_all(store, other).projects == 2


def test_executions_that_come_while_pages_are_read_hide_none(
    store: Store, team: Team, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    aws.executions["shop"] = [FakeExecution(n, "shop", clock() - (90 - n) * 60 * MINUTE) for n in range(1, 18)]

    def come() -> None:
        clock.move(1000)
        aws.executions["shop"].append(FakeExecution(len(aws.executions["shop"]) + 1, "shop", clock()))

    aws.comes = come
    begin(store, connection, BY)
    assert read_all(store, connection).runs == 17, "those that came are for webhooks and repair to tell"


def test_token_that_is_forgotten_is_looked_for_from_the_beginning(
    store: Store, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    aws.executions["shop"] = [FakeExecution(n, "shop", clock() - (90 - n) * 60 * MINUTE) for n in range(1, 15)]
    begin(store, connection, BY)
    while (found := store.backfills.find(connection.id)) and found.state.works:
        for _ in islice(backfiller(store, connection).steps(), 2):
            pass
        aws.forgotten += 1
    assert found is not None
    # The one that was told last is told again.
    assert (found.state, found.problem) == (BackfillState.DONE, "")
    assert 14 <= found.runs <= 18
    (project,) = store.backfills.list_projects(connection.id)
    assert (
        store.executions.list_of_pipeline(project.pipelines[0], 100).items[13].number
        == aws.executions["shop"][0].id[:8]
    )


def test_server_that_knows_none_of_its_own_tokens_is_asked_again_later(
    store: Store, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    aws.executions["shop"] = [FakeExecution(n, "shop", clock() - (90 - n) * 60 * MINUTE) for n in range(1, 10)]

    def forget() -> None:
        aws.forgotten += 1

    aws.comes = forget
    begin(store, connection, BY)
    found = read_all(store, connection)
    assert (found.state, found.failures) == (BackfillState.OLDER, 1)
    assert "token of its own" in found.problem


def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    aws: FakeCodePipeline,
    other_store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    aws.fill(pipelines=1, days=16, a_day=1)
    begin(store, connection, BY)
    with monkeypatch.context() as patched:
        killer = Killer(Random(1))
        patched.setattr(store.recorder, "apply", killer.killed_before(store.recorder.apply))
        patched.setattr(store.backfills, "put", killer.killed_after(store.backfills.put))
        for _ in range(30):
            with suppress(Killed):
                read_all(store, connection)
    killed = store.backfills.find(connection.id)
    assert killed is not None
    assert (killed.state, killed.runs) == (BackfillState.DONE, 16)
    assert killer.kills > 1
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert records(store, team) == records(other_store, team)


def test_throttling_is_waited_for(store: Store, connection: Connection, aws: FakeCodePipeline, clock: Clock) -> None:
    aws.fill(pipelines=2, days=10, a_day=1)
    aws.limit = 30
    begin(store, connection, BY)
    waits = 0
    for _ in range(20):
        found = read_all(store, connection)
        if not found.state.works:
            break
        assert clock() < found.resumes_at <= clock() + 2 * MINUTE
        clock.now = found.resumes_at
        waits += 1
    assert (found.state, found.runs, found.failures) == (BackfillState.DONE, 2 * 10, 0)
    assert waits


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, aws: FakeCodePipeline
) -> None:
    aws.fill(pipelines=1, days=15, a_day=1)
    aws.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 15, "")


def test_execution_that_is_gone_since_it_was_listed_keeps_no_other_waiting(
    store: Store, connection: Connection, aws: FakeCodePipeline
) -> None:
    aws.fill(pipelines=1, days=5, a_day=1)
    aws.gone = {aws.executions["shop-000"][2].id}
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs) == (BackfillState.DONE, 4)


def test_check_says_what_may_not_be_called(store: Store, connection: Connection, aws: FakeCodePipeline) -> None:
    aws.fill(pipelines=2, days=1, a_day=1)
    words = check(store, connection).words
    assert f"shows 2 projects; the runs of {ACCOUNT}/{REGION}/shop-000 can be read; it tells no limit to calls" in words
    aws.denied = {"ListActionExecutions"}
    assert "may not call ListActionExecutions" in check(store, connection).words
    aws.denied = {"ListPipelines"}
    assert not check(store, connection).works


def test_pipeline_of_another_account_is_not_asked_for(
    store: Store, connection: Connection, aws: FakeCodePipeline
) -> None:
    """The role was changed since."""
    aws.fill(pipelines=1, days=1, a_day=1)
    reader = reader_of(store, connection)
    assert reader is not None
    with pytest.raises(NotPermitted, match="of another account than 999999999999"):
        reader.runs(Project(f"999999999999/{REGION}/shop-000"), 0, "")


def test_status_that_nobody_knows_is_unknown_with_its_word(
    store: Store, connection: Connection, aws: FakeCodePipeline, clock: Clock
) -> None:
    aws.executions["shop"] = [FakeExecution(1, "shop", clock() - DAY)]
    aws.executions["shop"][0].status = "Paused"
    aws.executions["shop"][0].actions[1]["status"] = "Pausing"
    del aws.executions["shop"][0].actions[2]["startTime"]
    reader = reader_of(store, connection)
    assert reader is not None
    (run,) = reader.runs(Project(f"{ACCOUNT}/{REGION}/shop"), 0, "").runs
    assert (run.events[-1].status, run.events[-1].raw_status) == (Status.UNKNOWN, "Paused")


def test_pipelines_are_listed_as_moto_plays_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        api = CodePipelineHistoryApi(REGION, now=Clock())
        assert api.account == ACCOUNT
        assert (list(api.pipelines("").found), api.pipelines("").next) == ([], "")
        with pytest.raises(NothingThere):
            api.executions("shop", 10, "")
