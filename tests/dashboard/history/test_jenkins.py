"""Jenkins' past is read whole, folder by folder, without taking all of its time."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import islice
from random import Random
from typing import Any

import pytest

from dashboard.auth.sealing import seal
from dashboard.history import jenkins as module
from dashboard.history.checking import check
from dashboard.history.registry import reader_of
from dashboard.history.remembered import Remembered
from dashboard.history.working import begin
from dashboard.tool_apis import jenkins as api
from storage.model.backfill import BackfillState
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_jenkins import USER_TOKEN, FakeJenkins, FakeRun
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import Killed, Killer, backfiller, read_all, records, rows
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, MINUTE, Clock

RELEASE = "job/acme/job/release"


@pytest.fixture
def jenkins(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeJenkins:
    monkeypatch.setattr(module, "_without_stages", Remembered(100, module.HOUR_MS))
    for each in (module, api):
        monkeypatch.setattr(each, "PER_PAGE", 20)
        monkeypatch.setattr(each, "JOBS_PER_PAGE", 10)
    return FakeJenkins(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "jenkins", USER_TOKEN)


def reader(store: Store, connection: Connection) -> Any:
    return reader_of(store, connection)


def test_whole_past_is_read_and_newest_runs_have_their_stages(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    jenkins.fill(jobs=2, days=11, runs_a_day=5)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 2, 2 * 55, "")
    assert done.calls == jenkins.calls
    # The jobs; of each three pages, and the stages of the one that runs and of twenty others.
    assert jenkins.calls == 1 + 2 * (3 + 1 + 20)
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["Build", "Test"])
    for history in records(store, team).values():
        newest = sorted(history.all(), key=lambda run: -run.order)
        assert [len(run.stages) for run in newest[:20]] == [2] * 20
        assert [len(run.stages) for run in newest[25:30]] == [0] * 5


def test_first_row_stands_after_a_page_of_runs(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    jenkins.fill(jobs=12, days=1, runs_a_day=2)
    jenkins.runs["job/acme/job/shop-007"][0].began_at += MINUTE
    begin(store, connection, BY)
    for _ in islice(backfiller(store, connection).steps(), 2):
        pass
    (row,) = rows(store, team)
    assert row.name == "shop-007", "what ran last comes first"
    assert [stage.name for stage in row.in_flight[0].stages] == ["Build", "Test"]
    assert jenkins.calls == 1 + 2


def test_jobs_are_found_in_folders_of_folders_page_by_page(
    store: Store, connection: Connection, jenkins: FakeJenkins
) -> None:
    paths = [f"job/top-{number:02d}" for number in range(23)]
    paths += [f"job/a/job/b/job/c/job/d/job/deep-{number}" for number in range(3)]
    paths += ["job/job/job/job", "job/shop/job/main", "job/shop/job/feature%252Fstock"]
    jenkins.runs = {path: [] for path in paths}
    history, cursor, found = reader(store, connection), "", list[str]()
    while True:
        page = history.projects(cursor)
        found += [json.loads(one.told)["path"] for one in page.projects]
        cursor = page.next
        if not cursor:
            break
    assert sorted(found) == sorted(paths)


def test_runs_that_come_while_pages_are_read_hide_none(
    store: Store, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    jenkins.runs[RELEASE] = [FakeRun(n, RELEASE, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 66)]

    def come() -> None:
        clock.move(1000)
        jenkins.runs[RELEASE].append(FakeRun(len(jenkins.runs[RELEASE]) + 1, RELEASE, clock()))

    jenkins.comes = come
    begin(store, connection, BY)
    assert read_all(store, connection).runs == 65, "those that came are for events and repair to tell"


@pytest.mark.parametrize("seed", [1])
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    jenkins: FakeJenkins,
    other_store: Store,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jenkins.fill(jobs=2, days=2, runs_a_day=6)
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
    assert (killed.state, killed.runs) == (BackfillState.DONE, 2 * 12)
    assert killer.kills > 5
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert records(store, team) == records(other_store, team)


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, jenkins: FakeJenkins
) -> None:
    jenkins.fill(jobs=2, days=2, runs_a_day=5)
    jenkins.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 2 * 10, "")


def test_check_says_how_many_jobs_and_what_is_wrong(store: Store, connection: Connection, jenkins: FakeJenkins) -> None:
    jenkins.fill(jobs=2, days=1, runs_a_day=2)
    checked = check(store, connection)
    assert checked.works
    assert "Jenkins accepts what is saved and shows 2 projects" in checked.words
    assert "it tells no limit to calls" in checked.words
    other = replace(connection, api=replace(connection.api, token=seal("bigtransit:another")))
    assert "does not accept the token" in check(store, other).words
    nowhere = replace(connection, api=replace(connection.api, address=""))
    assert not check(store, nowhere).works
    jenkins.runs.clear()
    assert "shows no project" in check(store, connection).words
