"""A tool's past is read newest first, within its quota, and goes on where it was whenever it was killed."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

import pytest

from dashboard.history.backfill import Backfiller
from dashboard.history.registry import reader_of
from dashboard.history.working import begin, stop, work_on
from storage.model.backfill import Backfill, BackfillState
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import FakeOrganisation, FakeRun
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool
from tests.factories import BY, DAY, MINUTE, Clock, a_connection


def backfiller(store: Store, connection: Connection, share: float = 1.0) -> Backfiller:
    reader, backfill = reader_of(store, connection), store.backfills.find(connection.id)
    assert reader is not None
    assert backfill is not None
    return Backfiller(store, connection, reader, backfill, share)


def read_all(store: Store, connection: Connection, share: float = 1.0) -> Backfill:
    for _ in backfiller(store, connection, share).steps():
        pass
    found = store.backfills.find(connection.id)
    assert found is not None
    return found


def rows(store: Store, team: Team) -> list[Any]:
    """What the board is drawn of, without what counts how often it was written."""
    return [stored.row() for stored in store.pipelines.list_board(team.id)]


def records(store: Store, team: Team) -> dict[str, Any]:
    ids = [row.id for row in rows(store, team)]
    return {one.key: one.history for one in store.pipelines.list_records(ids).values()}


def test_whole_past_is_read_and_newest_runs_have_their_stages(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=90, runs_a_day=2)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 3, 3 * 180, "")
    assert done.calls == organisation.calls
    assert done.oldest_at == min(run.created_at for run in organisation.runs["shop-000"]) // 1000 * 1000
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["build", "test"])
        assert row.result.status is Status.SUCCEEDED
    for history in records(store, team).values():
        newest = sorted(history.all(), key=lambda run: -run.order)
        assert [len(run.stages) for run in newest[:19]] == [2] * 19


def test_first_row_stands_after_the_list_and_two_more_requests(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=250, days=2, runs_a_day=2)
    begin(store, connection, BY)
    for _ in islice(backfiller(store, connection).steps(), 4):
        pass
    (row,) = rows(store, team)
    assert [stage.name for stage in row.in_flight[0].stages] == ["build", "test"]
    assert organisation.calls == 3 + 2, "three pages of repositories, a page of runs, jobs of the one that runs"


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store,
    team: Team,
    connection: Connection,
    organisation: FakeOrganisation,
    other_store: Store,
    seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organisation.fill(repositories=2, days=40, runs_a_day=4)
    organisation.runs["shop-001"][5].attempt = 3
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
    assert (killed.state, killed.runs) == (BackfillState.DONE, 2 * 160)
    assert killer.kills > 20
    assert records(store, team) == _unbroken(other_store, team, connection)


class Killed(BaseException):
    """The process died."""


@dataclass
class Killer:
    """Kills once in some thirty writes."""

    chance: Random
    kills: int = 0

    def killed_before(self, write: Any) -> Any:
        def killing(*given: Any, **named: Any) -> Any:
            self._perhaps()
            return write(*given, **named)

        return killing

    def killed_after(self, write: Any) -> Any:
        def killing(*given: Any, **named: Any) -> Any:
            done = write(*given, **named)
            self._perhaps()
            return done

        return killing

    def _perhaps(self) -> None:
        if self.chance.random() < 0.03:
            self.kills += 1
            raise Killed


def _unbroken(store: Store, team: Team, connection: Connection) -> dict[str, Any]:
    store.connections.create(replace(connection, version=1), BY)
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    return records(store, team)


def test_run_that_was_run_again_tells_what_its_first_attempt_came_to(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=1, days=2, runs_a_day=4)
    organisation.runs["shop-000"][2].attempt = 2
    begin(store, connection, BY)
    read_all(store, connection)
    (history,) = records(store, team).values()
    (again,) = [run for run in history.runs if run.attempt == 2]
    assert [fact.status for fact in again.attempts] == [Status.FAILED, Status.SUCCEEDED]


def test_no_more_than_the_share_of_the_quota_is_used_and_it_goes_on_by_itself(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.limit = 40
    organisation.fill(repositories=6, days=20, runs_a_day=10)
    begin(store, connection, BY)
    waits = 0
    for _ in range(200):
        found = read_all(store, connection, share=0.5)
        if not found.state.works:
            break
        assert found.resumes_at == organisation.resets_at // 1000 * 1000
        assert organisation.used <= 20 + 3, "a step may need a few requests"
        clock.now = organisation.resets_at
        waits += 1
    assert (found.state, found.runs) == (BackfillState.DONE, 6 * 200)
    assert waits > 5
    assert organisation.most_used <= 23


def test_repository_that_may_not_be_read_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=2, runs_a_day=2)
    organisation.hidden = {"shop-001"}
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    assert len(rows(store, team)) == 2
    told = {one.id: one.problem for one in store.backfills.list_projects(connection.id)}
    assert "hides it" in told["acme/shop-001"]
    assert told["acme/shop-000"] == ""


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=10, runs_a_day=4)
    organisation.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 3 * 40, "")


def test_tool_that_is_away_is_asked_again_later_and_said_so(
    store: Store, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.fill(repositories=1, days=1, runs_a_day=2)
    organisation.fails_every = 1
    begin(store, connection, BY)
    found = read_all(store, connection)
    assert (found.state, found.failures) == (BackfillState.LISTING, 1)
    assert "answered 502" in found.problem
    assert found.resumes_at > clock()
    organisation.fails_every = 0
    assert read_all(store, connection).problem == ""


def test_token_that_is_refused_ends_it_with_the_reason(
    store: Store, connection: Connection, organisation: FakeOrganisation, tool: FakeTool
) -> None:
    tool.answer = lambda asked: Answer(401, b"{}")  # type: ignore[method-assign]
    begin(store, connection, BY)
    found = read_all(store, connection)
    assert (found.state, found.ended_at) == (BackfillState.STOPPED, store.now())
    assert "does not accept the token" in found.problem


def test_runs_of_one_second_are_all_read(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    at = clock() - DAY
    organisation.runs["many"] = [FakeRun(900_000 - place, "many", at, workflow=1) for place in range(250)]
    organisation.runs["many"] += [FakeRun(100 - place, "many", at - MINUTE * (1 + place)) for place in range(30)]
    begin(store, connection, BY)
    read_all(store, connection)
    (record,) = store.pipelines.list_records([row.id for row in rows(store, team)]).values()
    told = {run.external_id for run in _all_executions(store, record.id)}
    assert len(told) == 280


def test_only_what_fits_the_patterns_is_read(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=1, runs_a_day=2)
    begin(store, connection, BY, only="acme/*-001 other/*")
    assert read_all(store, connection).projects == 1
    assert len(rows(store, team)) == 1


def test_stopped_by_somebody_it_reads_no_further(
    store: Store, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=3, days=1, runs_a_day=2)
    begin(store, connection, BY)
    steps = backfiller(store, connection).steps()
    next(steps)
    stop(store, connection, BY)
    assert list(steps) == []
    found = store.backfills.find(connection.id)
    assert found is not None
    assert (found.state, found.runs) == (BackfillState.STOPPED, 0)


def test_begun_anew_it_forgets_how_far_it_was(
    store: Store, connection: Connection, organisation: FakeOrganisation
) -> None:
    organisation.fill(repositories=2, days=30, runs_a_day=8)
    begin(store, connection, BY, since=store.now() - DAY)
    assert read_all(store, connection).runs == 2 * 8
    begin(store, connection, replace(BY, name="Bo"), since=store.now() - 20 * DAY)
    again = read_all(store, connection)
    assert (again.runs, again.asked_by, again.projects) == (2 * 160, "Bo", 2)


def test_one_process_reads_at_a_time(store: Store, connection: Connection, organisation: FakeOrganisation) -> None:
    organisation.fill(repositories=2, days=1, runs_a_day=2)
    begun = begin(store, connection, BY)
    lease = store.leases.take(f"history {connection.id}", "another", 60)
    assert lease is not None
    assert not work_on(store, begun, lambda: True)
    store.leases.release(lease)
    assert work_on(store, begun, lambda: True)
    found = store.backfills.find(connection.id)
    assert found is not None
    assert found.state is BackfillState.DONE


def test_connection_without_a_token_says_why_nothing_is_read(store: Store, team: Team) -> None:
    connection = a_connection(store, team.id)
    assert work_on(store, begin(store, connection, BY), lambda: True)
    found = store.backfills.find(connection.id)
    assert found is not None
    assert (found.state, found.problem) == (BackfillState.STOPPED, "The connection is not let in to its tool's API")


def _all_executions(store: Store, pipeline_id: str) -> list[Any]:
    found: list[Any] = []
    cursor = None
    while True:
        page = store.executions.list_of_pipeline(pipeline_id, 100, cursor)
        found += page.items
        if page.next is None:
            return found
        cursor = page.next
