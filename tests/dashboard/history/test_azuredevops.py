"""Azure DevOps' past is read whole, by times instead of its tokens, within what it allows."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from random import Random
from typing import Any

import pytest

from dashboard.auth.sealing import seal
from dashboard.history import azuredevops as module
from dashboard.history.checking import check
from dashboard.history.registry import reader_of
from dashboard.history.remembered import Remembered
from dashboard.history.working import begin
from dashboard.tool_apis import azuredevops as api
from storage.model.backfill import BackfillState, Project
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_azuredevops import COLLECTION, TOKEN, FakeAzureDevOps, FakeBuild, project_id
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import Killed, Killer, backfiller, read_all, records, rows
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, MINUTE, Clock

SHOP = "shop"


@pytest.fixture
def azure(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeAzureDevOps:
    monkeypatch.setattr(module, "_collections", Remembered(100, module.DAY_MS))
    monkeypatch.setattr(api, "PER_PAGE", 20)
    monkeypatch.setattr(module, "PER_PAGE", 20)
    return FakeAzureDevOps(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "azuredevops", TOKEN)


def reader(store: Store, connection: Connection) -> Any:
    return reader_of(store, connection)


def the_project() -> Project:
    return Project(SHOP, told=json.dumps({"id": project_id(SHOP), "name": SHOP, "collection": COLLECTION}))


def test_whole_past_is_read_and_newest_runs_have_their_stages(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.fill(projects=2, days=11, builds_a_day=5)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 2, 2 * 55, "")
    assert done.calls == azure.calls
    # The projects and which organisation it is; of each three pages, and the stages of the one that runs and of twenty
    # others, two of which were run again.
    assert azure.calls == 2 + 2 * (3 + 1 + 20 + 2)
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["Build", "Test"])
    for history in records(store, team).values():
        newest = sorted(history.all(), key=lambda run: -run.order)
        assert [len(run.stages) for run in newest[:20]] == [2] * 20
        assert [len(run.stages) for run in newest[25:30]] == [0] * 5


def test_first_row_stands_after_a_page_of_builds(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.fill(projects=12, days=1, builds_a_day=2)
    begin(store, connection, BY)
    for _ in islice(backfiller(store, connection).steps(), 2):
        pass
    (row,) = rows(store, team)
    assert [stage.name for stage in row.in_flight[0].stages] == ["Build", "Test"]
    assert azure.calls == 2 + 2, (
        "the list, which organisation it is; a page of builds and the stages of the one that runs"
    )


def test_projects_are_listed_page_by_page(store: Store, connection: Connection, azure: FakeAzureDevOps) -> None:
    azure.builds = {f"shop {number:02d}": [] for number in range(45)}
    begin(store, connection, BY)
    assert read_all(store, connection).projects == 45


def test_builds_that_come_while_pages_are_read_hide_none(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    azure.builds[SHOP] = [FakeBuild(n, SHOP, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 66)]

    def come() -> None:
        clock.move(1000)
        azure.builds[SHOP].append(FakeBuild(len(azure.builds[SHOP]) + 1, SHOP, clock()))

    azure.comes = come
    begin(store, connection, BY)
    assert read_all(store, connection).runs == 65, "those that came are for events and repair to tell"


@pytest.mark.parametrize("at_once", [30, 45])
def test_builds_of_one_moment_are_all_read_as_far_as_they_are_listed(
    store: Store, connection: Connection, azure: FakeAzureDevOps, clock: Clock, at_once: int
) -> None:
    """A page of one moment tells no way on within it: what more there is of it is left out, what is older is not."""
    moment = clock() - 60 * MINUTE
    azure.builds[SHOP] = [
        *[FakeBuild(n, SHOP, moment) for n in range(100, 100 + at_once)],
        *[FakeBuild(n, SHOP, moment - n * MINUTE) for n in range(1, 31)],
        *[FakeBuild(n, SHOP, moment + n * MINUTE) for n in range(50, 60)],
    ]
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert done.state is BackfillState.DONE
    assert done.runs == 10 + 20 + 30


@pytest.mark.parametrize("seed", [1])
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    azure: FakeAzureDevOps,
    other_store: Store,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    azure.fill(projects=2, days=2, builds_a_day=5)
    begin(store, connection, BY)
    with monkeypatch.context() as patched:
        killer = Killer(Random(seed))
        patched.setattr(store.recorder, "apply", killer.killed_before(store.recorder.apply))
        patched.setattr(store.backfills, "put", killer.killed_after(store.backfills.put))
        for _ in range(300):
            with suppress(Killed):
                read_all(store, connection)
    killed = store.backfills.find(connection.id)
    assert killed is not None
    assert (killed.state, killed.runs) == (BackfillState.DONE, 2 * 10)
    assert killer.kills > 5
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert records(store, team) == records(other_store, team)


def test_too_many_calls_are_waited_for_as_long_as_azure_says(
    store: Store, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    azure.limit = 20
    azure.fill(projects=2, days=3, builds_a_day=5)
    begin(store, connection, BY)
    waits = 0
    for _ in range(50):
        found = read_all(store, connection)
        if not found.state.works:
            break
        assert clock() < found.resumes_at <= clock() + 6 * MINUTE
        clock.now = found.resumes_at
        waits += 1
    assert (found.state, found.runs, found.failures) == (BackfillState.DONE, 2 * 15, 0)
    assert waits > 1


def test_no_more_than_the_share_is_used_once_azure_tells_its_limit(
    store: Store, connection: Connection, azure: FakeAzureDevOps, clock: Clock
) -> None:
    azure.limit = 40
    azure.fill(projects=2, days=6, builds_a_day=5)
    begin(store, connection, BY)
    found = read_all(store, connection, share=0.5)
    assert found.resumes_at > clock()
    assert azure.calls <= 22, "the first answer that tells it, and the rest of that step"
    quota = store.connections.find_quota(connection.id)
    assert quota is not None
    assert quota.limit == 40


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.fill(projects=2, days=4, builds_a_day=5)
    azure.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 2 * 20, "")


def test_project_that_may_not_be_read_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.fill(projects=3, days=1, builds_a_day=2)
    azure.hidden = {"shop 001"}
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    assert len(rows(store, team)) == 2
    told = {one.id: one.problem for one in store.backfills.list_projects(connection.id)}
    assert "hides it" in told["shop 001"]


@pytest.mark.parametrize("signs_in", [False, True], ids=["401", "a page for signing in"])
def test_check_says_how_many_projects_or_that_the_token_is_refused(
    store: Store, connection: Connection, azure: FakeAzureDevOps, signs_in: bool
) -> None:
    azure.fill(projects=2, days=1, builds_a_day=2)
    azure.signs_in = signs_in
    checked = check(store, connection)
    assert checked.works
    assert "Azure DevOps accepts what is saved and shows 2 projects" in checked.words
    other = replace(connection, api=replace(connection.api, token=seal("another")))
    assert "does not accept the token" in check(store, other).words
    nowhere = replace(connection, api=replace(connection.api, address=""))
    assert not check(store, nowhere).works
    azure.builds.clear()
    assert "shows no project" in check(store, connection).words


def test_run_that_has_not_begun_has_nothing_that_ran(
    store: Store, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.builds[SHOP] = [FakeBuild(9, SHOP, azure.clock() - MINUTE, None, waits=True)]
    (run,) = reader(store, connection).runs(the_project(), 0, "").runs
    (changed,) = run.events
    assert (run.moves, run.has_jobs, changed.status, changed.raw_status) == (True, True, Status.QUEUED, "notStarted")


def test_approvals_that_are_not_told_stand_as_the_timeline_has_them(
    store: Store, connection: Connection, azure: FakeAzureDevOps
) -> None:
    azure.silent = True
    azure.builds[SHOP] = [
        FakeBuild(9, SHOP, azure.clock() - 40 * MINUTE, None, holds=True),
        FakeBuild(8, SHOP, azure.clock() - 90 * MINUTE, "failed", holds=True),
    ]
    history = reader(store, connection)
    waits, *_ = history.runs(the_project(), 0, "").runs
    found = [event for event in waits.events if getattr(event, "action", "").startswith("approval/")]
    assert [(event.status, event.deciders, event.by) for event in found] == [(Status.WAITING, (), "")]
    decided = history.jobs(the_project(), "8", 1)
    found = [event for event in decided if getattr(event, "action", "").startswith("approval/")]
    assert [(event.status, event.raw_status) for event in found] == [(Status.FAILED, "rejected")]


def test_job_that_waits_for_an_agent_is_queued_and_one_whose_turn_has_not_come_is_not_told(
    store: Store, connection: Connection, azure: FakeAzureDevOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    azure.builds[SHOP] = [FakeBuild(9, SHOP, azure.clock() - 40 * MINUTE, None)]
    whole = azure.records

    def waiting(build: FakeBuild, *, again: bool) -> Any:
        for one in whole(build, again=again):
            test = one["type"] == "Job" and one["name"] == "Unit tests"
            later = {**one, "id": "0", "parentId": None, "name": "Later", "type": "Job"}
            yield {**one, "state": "pending", "startTime": None} if test else one
            yield {**later, "state": "pending", "startTime": None}

    monkeypatch.setattr(azure, "records", waiting)
    (run,) = reader(store, connection).runs(the_project(), 0, "").runs
    jobs = {event.name: event for event in run.events if hasattr(event, "action")}
    assert (jobs["Unit tests"].status, jobs["Unit tests"].queued_at) == (Status.QUEUED, None)
    assert "Later" not in jobs


def test_pipeline_of_the_designer_has_one_stage(store: Store, connection: Connection, azure: FakeAzureDevOps) -> None:
    azure.builds[SHOP] = [FakeBuild(9, SHOP, azure.clock() - 40 * MINUTE)]
    whole = azure.records
    azure.records = lambda build, *, again: (  # type: ignore[method-assign]
        {**one, "parentId": None} if one["type"] == "Job" else one
        for one in whole(build, again=again)
        if one["type"] in ("Job", "Task")
    )
    found = reader(store, connection).jobs(the_project(), "9", 1)
    assert {event.stage for event in found} == {"Jobs"}


def test_what_makes_no_sense_is_left_out(store: Store, connection: Connection, azure: FakeAzureDevOps) -> None:
    azure.builds[SHOP] = [FakeBuild(n, SHOP, azure.clock() - (9 - n) * 60 * MINUTE) for n in (1, 2)]
    azure.builds[SHOP][1].ended = None
    answer = azure.tool.answer
    lies = [
        (b'"status": "completed", "queueTime"', b'"queueTime"'),
        (b'"name": "Compile"', b'"nome": "x"'),
        (b'"status": "inProgress"', b'"status": "quite new"'),
    ]

    def lie(asked: Any) -> Any:
        told = answer(asked)
        body = told.body
        for true, lied in lies:
            body = body.replace(true, lied)
        return type(told)(told.status, body, told.headers)

    azure.tool.answer = lie  # type: ignore[method-assign]
    (run,) = reader(store, connection).runs(the_project(), 0, "").runs
    *ran, changed = run.events
    assert (run.moves, changed.status, changed.raw_status) == (True, Status.UNKNOWN, "quite new")
    assert {event.name for event in ran if hasattr(event, "action")} == {"Unit tests"}


def test_page_without_times_is_the_last(store: Store, connection: Connection, azure: FakeAzureDevOps) -> None:
    azure.fill(projects=1, days=6, builds_a_day=5)
    answer = azure.tool.answer
    azure.tool.answer = lambda asked: type(told := answer(asked))(  # type: ignore[method-assign]
        told.status, told.body.replace(b"queueTime", b"x"), told.headers
    )
    page = reader(store, connection).runs(
        replace(the_project(), told=the_project().told.replace(project_id(SHOP), project_id("shop 000"))), 0, ""
    )
    assert (len(page.runs), page.next) == (20, "")
