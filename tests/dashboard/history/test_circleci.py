"""CircleCI's past is read whole, whatever its tokens do."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from random import Random
from typing import Any

import pytest

from dashboard.auth.sealing import seal
from dashboard.history import circleci as module
from dashboard.history.checking import check
from dashboard.history.registry import reader_of
from dashboard.history.remembered import Remembered
from dashboard.history.working import begin
from storage.model.backfill import BackfillState, Project
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_circleci import TOKEN, FakeCircleCi, FakePipeline
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import Killed, Killer, backfiller, read_all, records, rows
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import BY, DAY, MINUTE, Clock

SHOP = "gh/acme/shop"


@pytest.fixture
def circleci(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeCircleCi:
    monkeypatch.setattr(module, "_projects", Remembered(100, module.HOUR_MS))
    monkeypatch.setattr(module, "_settled", Remembered(1000, module.HOUR_MS))
    return FakeCircleCi(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "circleci", TOKEN)


def numbers(store: Store, team: Team) -> list[int]:
    """Of all runs, of whatever pipeline."""
    found: list[int] = []
    for row in rows(store, team):
        cursor = None
        while True:
            page = store.executions.list_of_pipeline(row.id, 100, cursor)
            found += [int(one.number) for one in page.items]
            cursor = page.next
            if cursor is None:
                break
    return sorted(found)


def test_whole_past_is_read_and_newest_runs_have_their_stages(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi
) -> None:
    circleci.fill(projects=2, days=22, pipelines_a_day=5)
    begin(store, connection, BY)
    done = read_all(store, connection)
    # Of a hundred and ten pipelines eleven were run again, and eleven have no workflows.
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 2, 2 * 110, "")
    assert done.calls == circleci.calls
    # The organisations, what one has and what ran last in it; of each project itself, six pages, and the workflows of
    # each pipeline; the jobs of the one that runs and of twenty others.
    assert circleci.calls == 3 + 2 * (1 + 6 + 110 + 1 + 20)
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["compile", "test"])
    for history in records(store, team).values():
        newest = sorted(history.all(), key=lambda run: -run.order)
        assert [len(run.stages) for run in newest[:20]] == [2] * 20
        assert [len(run.stages) for run in newest[25:30]] == [0] * 5


def test_first_row_stands_after_a_page_of_pipelines(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi
) -> None:
    circleci.fill(projects=30, days=1, pipelines_a_day=2)
    circleci.pipelines["gh/acme/shop-017"][0].created_at += MINUTE
    begin(store, connection, BY)
    for _ in islice(backfiller(store, connection).steps(), 2):
        pass
    (row,) = rows(store, team)
    assert row.repository == "acme/shop-017", "what ran last comes first"
    assert [stage.name for stage in row.in_flight[0].stages] == ["compile", "test"]
    # The list; the project, its pipelines, the workflows of two, the jobs of the one that runs and of the newest.
    assert circleci.calls <= 3 + 6


def test_projects_that_stand_alone_are_found_by_what_ran_last(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi
) -> None:
    circleci.fill(projects=3, days=1, pipelines_a_day=10, organization="circleci/4Ne2")
    circleci.pipelines[SHOP] = [FakePipeline(1, SHOP, circleci.clock() - DAY)]
    begin(store, connection, BY)
    assert read_all(store, connection).projects == 4
    assert {row.repository.partition("/")[0] for row in rows(store, team)} == {"4Ne2", "acme"}


def test_organisation_that_tells_no_insights_is_read_by_what_ran_last(
    store: Store, connection: Connection, circleci: FakeCircleCi, tool: FakeTool
) -> None:
    circleci.fill(projects=2, days=1, pipelines_a_day=2)
    answer = tool.answer
    hidden = ("/insights/", "/nobody")

    def refusing(asked: Any) -> Any:
        if hidden[0] in asked.path or "nobody" in asked.query.get("org-slug", ""):
            return type(answer(asked))(404, b'{"message": "Not found"}')
        return answer(asked)

    tool.answer = refusing  # type: ignore[method-assign]
    circleci.pipelines["gh/nobody/x"] = []
    begin(store, connection, BY)
    assert read_all(store, connection).projects == 2


def test_pipelines_that_come_while_pages_are_read_hide_none(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    circleci.pipelines[SHOP] = [FakePipeline(n, SHOP, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 66)]

    def come() -> None:
        clock.move(1000)
        circleci.pipelines[SHOP].append(FakePipeline(len(circleci.pipelines[SHOP]) + 1, SHOP, clock()))

    circleci.comes = come
    begin(store, connection, BY)
    assert read_all(store, connection).runs == 65, "those that came are for webhooks and repair to tell"
    assert numbers(store, team) == list(range(1, 66))


def test_last_page_that_leads_to_the_first_ends_it(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    circleci.repeats = True
    circleci.pipelines[SHOP] = [FakePipeline(n, SHOP, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 51)]
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs) == (BackfillState.DONE, 50)
    assert numbers(store, team) == list(range(1, 51))


def test_token_that_is_forgotten_is_looked_for_from_the_beginning(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    circleci.pipelines[SHOP] = [FakePipeline(n, SHOP, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 66)]
    begin(store, connection, BY)
    while (found := store.backfills.find(connection.id)) and found.state.works:
        for _ in islice(backfiller(store, connection).steps(), 3):
            pass
        circleci.forgotten += 1
    assert found is not None
    assert (found.state, found.runs, found.problem) == (BackfillState.DONE, 65, "")
    assert numbers(store, team) == list(range(1, 66))


def test_server_that_makes_no_sense_of_its_own_tokens_is_asked_again_later(
    store: Store, connection: Connection, circleci: FakeCircleCi, tool: FakeTool, clock: Clock
) -> None:
    circleci.pipelines[SHOP] = [FakePipeline(n, SHOP, clock() - (90 - n) * 60 * MINUTE) for n in range(1, 40)]
    answer = tool.answer

    def forgetting(asked: Any) -> Any:
        circleci.forgotten += bool(asked.query.get("page-token"))
        return answer(asked)

    tool.answer = forgetting  # type: ignore[method-assign]
    begin(store, connection, BY)
    found = read_all(store, connection)
    assert (found.state, found.failures) == (BackfillState.OLDER, 1)
    assert "answered 400" in found.problem


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    circleci: FakeCircleCi,
    other_store: Store,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    circleci.fill(projects=2, days=10, pipelines_a_day=5)
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
    assert (killed.state, killed.runs) == (BackfillState.DONE, 2 * 50)
    assert killer.kills > 5
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    assert read_all(other_store, connection).state is BackfillState.DONE
    assert records(store, team) == records(other_store, team)


def test_too_many_calls_are_waited_for_as_long_as_circleci_says(
    store: Store, connection: Connection, circleci: FakeCircleCi, clock: Clock
) -> None:
    circleci.limit = 40
    circleci.fill(projects=2, days=10, pipelines_a_day=5)
    begin(store, connection, BY)
    waits = 0
    for _ in range(50):
        found = read_all(store, connection)
        if not found.state.works:
            break
        assert clock() < found.resumes_at <= clock() + 2 * MINUTE
        clock.now = found.resumes_at
        waits += 1
    assert (found.state, found.runs, found.failures) == (BackfillState.DONE, 2 * 50, 0)
    assert waits > 1
    assert store.connections.find_quota(connection.id) is None, "CircleCI tells none"


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, circleci: FakeCircleCi
) -> None:
    circleci.fill(projects=2, days=6, pipelines_a_day=5)
    circleci.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 2 * 30, "")


def test_project_that_may_not_be_read_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, circleci: FakeCircleCi
) -> None:
    circleci.fill(projects=3, days=1, pipelines_a_day=2)
    circleci.hidden = {"gh/acme/shop-001"}
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    assert len(rows(store, team)) == 2
    told = {one.id: one.problem for one in store.backfills.list_projects(connection.id)}
    assert "hides it" in told["gh/acme/shop-001"]


def test_check_says_how_many_projects(store: Store, connection: Connection, circleci: FakeCircleCi) -> None:
    circleci.fill(projects=2, days=1, pipelines_a_day=2)
    checked = check(store, connection)
    assert checked.works
    assert "CircleCI accepts what is saved and shows 2 projects" in checked.words
    assert "it tells no limit to calls" in checked.words
    other = replace(connection, api=replace(connection.api, token=seal("another")))
    assert "does not accept the token" in check(store, other).words
    circleci.pipelines.clear()
    assert "shows no project" in check(store, connection).words


def test_what_makes_no_sense_is_left_out(store: Store, connection: Connection, circleci: FakeCircleCi) -> None:
    circleci.pipelines[SHOP] = [FakePipeline(n, SHOP, circleci.clock() - (9 - n) * 60 * MINUTE) for n in (1, 2)]
    circleci.pipelines[SHOP][1].ended = None
    answer = circleci.tool.answer
    lies = [(b'"status": "success", "started_by"', b'"started_by"'), (b'"name": "compile"', b'"nome": "x"')]

    def lie(asked: Any) -> Any:
        told = answer(asked)
        body = told.body
        for true, lied in [*lies, (b'"status": "running", "project', b'"status": "quite new", "project')]:
            body = body.replace(true, lied)
        body = body.replace(b'"status": "success", "project_slug"', b'"project_slug"')
        return type(told)(told.status, body, told.headers)

    circleci.tool.answer = lie  # type: ignore[method-assign]
    reader: Any = reader_of(store, connection)
    (run,) = reader.runs(Project(SHOP), 0, "").runs
    *jobs, changed = run.events
    assert (run.moves, changed.status, changed.finished) == (True, Status.RUNNING, False)
    assert [(job.name, job.status, job.finished) for job in jobs] == [("test", Status.UNKNOWN, False)]
