"""Buildkite's past is read whole, within its two quotas, whatever comes meanwhile."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from random import Random
from typing import Any

import pytest

from dashboard.auth.sealing import seal
from dashboard.history.checking import check
from dashboard.history.registry import reader_of
from dashboard.history.working import begin
from dashboard.tool_apis import session
from dashboard.tool_apis.errors import TooMuch
from storage.model.backfill import BackfillState, Project
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_buildkite import TOKEN, FakeBuild, FakeBuildkite
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import Killed, Killer, backfiller, read_all, records, rows
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, DAY, MINUTE, Clock


@pytest.fixture
def buildkite(tool: FakeTool, clock: Clock) -> FakeBuildkite:
    return FakeBuildkite(tool, clock, limit=10_000, user_limit=5_000)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "buildkite", TOKEN)


def all_numbers(store: Store, pipeline_id: str) -> list[str]:
    found: list[str] = []
    cursor = None
    while True:
        page = store.executions.list_of_pipeline(pipeline_id, 100, cursor)
        found += [one.number for one in page.items]
        if page.next is None:
            return found
        cursor = page.next


def test_whole_past_is_read_with_the_stages_of_every_build(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.fill(pipelines=3, days=22, builds_a_day=5)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 3, 3 * 110, "")
    assert done.calls == buildkite.calls
    # Organisations, pipelines, what was built last; three pages of each; builds without jobs are asked for theirs.
    assert buildkite.calls == 3 + 3 * 3 + 3 * 2
    assert done.jobs == 0
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["Build", "Test"])
    for history in records(store, team).values():
        assert all(run.stages for run in history.all() if run.status is not Status.SUPERSEDED)


def test_first_row_stands_after_four_requests(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.fill(pipelines=80, days=1, builds_a_day=2)
    buildkite.builds["shop-042"][0].created_at += MINUTE
    begin(store, connection, BY)
    before = rows(store, team)
    for _ in islice(backfiller(store, connection).steps(), 2):
        pass
    assert (before, buildkite.calls) == ([], 4)
    (row,) = rows(store, team)
    assert row.name == "Shop-042", "the one that was built last comes first"
    assert [stage.name for stage in row.in_flight[0].stages] == ["Build", "Test"]


def test_all_organisations_that_the_token_was_given_are_read(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.organizations = ("acme", "other", "empty")
    buildkite.fill(pipelines=120, days=1, builds_a_day=1)
    buildkite.builds["other-one"] = [FakeBuild(1, "other-one", buildkite.clock() - 60 * MINUTE)]
    begin(store, connection, BY)
    assert read_all(store, connection).projects == 121
    assert {row.repository.partition("/")[0] for row in rows(store, team)} == {"acme", "other"}


def test_builds_that_come_while_pages_are_read_hide_none(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    buildkite.fill(pipelines=1, days=16, builds_a_day=10)
    builds = buildkite.builds["shop-000"]

    def come() -> None:
        clock.move(1_000)
        builds.append(FakeBuild(len(builds) + 1, "shop-000", clock()))

    buildkite.comes = come
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert done.runs == 160, "those that came are for webhooks and repair to tell"
    (row,) = rows(store, team)
    told = all_numbers(store, row.id)
    assert sorted(map(int, told)) == list(range(1, 161))


def test_builds_of_one_second_are_all_read(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    at = clock() - DAY
    buildkite.builds["many"] = [FakeBuild(500 - place, "many", at + place % 7) for place in range(130)]
    buildkite.builds["many"] += [FakeBuild(100 - place, "many", at - MINUTE * (1 + place)) for place in range(30)]
    begin(store, connection, BY)
    assert read_all(store, connection).runs == 160
    (row,) = rows(store, team)
    assert len(set(all_numbers(store, row.id))) == 160


def test_nothing_is_listed_deeper_than_buildkite_allows(
    store: Store, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.deep = 50
    buildkite.fill(pipelines=1, days=12, builds_a_day=10)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.runs, done.problem) == (120, "")


@pytest.mark.parametrize(("padding", "asked"), [(3_000, ["50", "10", "10"]), (20_000, ["50", "10", "100"])])
def test_builds_with_too_many_jobs_are_listed_in_smaller_pages_or_without(
    store: Store,
    team: Team,
    connection: Connection,
    buildkite: FakeBuildkite,
    monkeypatch: pytest.MonkeyPatch,
    padding: int,
    asked: list[str],
) -> None:
    monkeypatch.setattr(session, "MOST_BYTES", 400_000)
    buildkite.fill(pipelines=1, days=12, builds_a_day=5)
    buildkite.padding = padding
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 60, "")
    lists = [one.query["per_page"] for one in buildkite.tool.asked if one.path.endswith("shop-000/builds")]
    assert lists[:3] == asked
    (history,) = records(store, team).values()
    newest = sorted(history.all(), key=lambda run: -run.order)[:20]
    assert all(run.stages for run in newest if run.status is not Status.SUPERSEDED)


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    buildkite: FakeBuildkite,
    other_store: Store,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buildkite.fill(pipelines=2, days=10, builds_a_day=6)
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
    assert (killed.state, killed.runs) == (BackfillState.DONE, 2 * 60)
    assert killer.kills > 5
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert records(store, team) == records(other_store, team)


def test_no_more_than_the_share_of_the_smaller_quota_is_used(
    store: Store, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    buildkite.limit, buildkite.user_limit = 200, 12
    buildkite.fill(pipelines=3, days=12, builds_a_day=10)
    begin(store, connection, BY)
    waits = 0
    for _ in range(50):
        found = read_all(store, connection, share=0.5)
        if not found.state.works:
            break
        assert found.resumes_at <= buildkite.resets_at
        clock.now = buildkite.resets_at
        waits += 1
    assert (found.state, found.runs) == (BackfillState.DONE, 3 * 120)
    assert waits > 2
    assert buildkite.most_used <= 6 + 3, "a step may need a few requests"


def test_quota_that_others_used_up_is_waited_for(
    store: Store, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    buildkite.limit = 0
    buildkite.fill(pipelines=1, days=1, builds_a_day=2)
    begin(store, connection, BY)
    found = read_all(store, connection)
    assert (found.state, found.failures) == (BackfillState.LISTING, 0)
    assert clock() < found.resumes_at <= clock() + MINUTE


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.fill(pipelines=3, days=12, builds_a_day=5)
    buildkite.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 3 * 60, "")


def test_pipeline_that_may_not_be_read_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.fill(pipelines=3, days=2, builds_a_day=2)
    buildkite.hidden = {"shop-001"}
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    assert len(rows(store, team)) == 2
    told = {one.id: one.problem for one in store.backfills.list_projects(connection.id)}
    assert "hides it" in told["acme/shop-001"]


def test_check_says_how_many_pipelines_and_which_quota(
    store: Store, connection: Connection, buildkite: FakeBuildkite
) -> None:
    buildkite.limit, buildkite.user_limit = 200, 50
    buildkite.fill(pipelines=2, days=1, builds_a_day=2)
    checked = check(store, connection)
    assert checked.works
    assert (
        "Buildkite accepts what is saved and shows 2 projects; the runs of acme/shop-000 can be read" in checked.words
    )
    assert "46 of 50 calls remain" in checked.words
    other = replace(connection, api=replace(connection.api, token=seal("bkua_another")))
    assert "does not accept the token" in check(store, other).words
    buildkite.organizations = ()
    assert "shows no project" in check(store, connection).words


def test_organisation_of_more_pipelines_than_are_read_says_so(
    store: Store, connection: Connection, buildkite: FakeBuildkite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dashboard.tool_apis.buildkite.MOST_PAGES", 1)
    buildkite.fill(pipelines=101, days=1, builds_a_day=1)
    reader: Any = reader_of(store, connection)
    found = reader.projects("").projects[0]
    with pytest.raises(TooMuch, match="more than 100 pipelines of acme"):
        reader.pipelines(Project(found.id, told=found.told))


def test_what_makes_no_sense_is_left_out(store: Store, connection: Connection, buildkite: FakeBuildkite) -> None:
    buildkite.fill(pipelines=1, days=1, builds_a_day=3)
    first, second, _ = buildkite.builds["shop-000"]
    answer = buildkite.tool.answer

    def lie(asked: Any) -> Any:
        told = answer(asked)
        lied = told.body.replace(first.id.encode(), b"").replace(b'"type": "script"', b'"type": null', 3)
        return replace_body(told, lied)

    buildkite.tool.answer = lie  # type: ignore[method-assign]
    reader: Any = reader_of(store, connection)
    (found,) = reader.projects("").projects
    runs = reader.runs(Project(found.id, told=found.told), 0, "").runs
    assert next(run.execution for run in runs) == second.id
    assert [len(run.events) for run in runs] == [3, 4]


def replace_body(answer: Any, body: bytes) -> Any:
    return type(answer)(answer.status, body, answer.headers)
