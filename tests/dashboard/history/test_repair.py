"""Rows are brought back to what the tool says, whatever was lost on the way."""

from __future__ import annotations

import os
from random import Random
from typing import Any

import pytest

from dashboard.history.registry import reader_of
from dashboard.history.repair import Repairer
from dashboard.history.working import begin
from dashboard.jobs import repair_runs
from storage.model.backfill import BackfillState, Repair
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.fake_organisation import HOUR, FakeOrganisation, FakeRun
from tests.dashboard.history.hooks import Hook, hooks_of
from tests.dashboard.jobs.doing import do
from tests.factories import BY, DAY, MINUTE, Clock, a_connection


def repair(store: Store, connection: Connection) -> Repair:
    reader = reader_of(store, connection)
    assert reader is not None
    stands = store.backfills.find_repair(connection.id) or Repair(connection.id)
    for _ in Repairer(store, connection, reader, stands, 1.0).steps():
        pass
    found = store.backfills.find_repair(connection.id)
    assert found is not None
    return found


def row(store: Store, team: Team) -> Any:
    (stored,) = store.pipelines.list_board(team.id)
    return stored.row()


def tell(store: Store, team: Team, hooks: list[Hook]) -> None:
    for hook in hooks:
        store.recorder.apply(team.id, hook.events)


@pytest.fixture
def shop(organisation: FakeOrganisation, clock: Clock) -> FakeRun:
    """A run of which everything but its end was told."""
    run = FakeRun(101, "shop", clock() - 40 * MINUTE, "failure", minutes=10)
    organisation.runs["shop"] = [run]
    return run


def begun(store: Store, team: Team, organisation: FakeOrganisation, run: FakeRun) -> None:
    tell(store, team, [next(hooks_of(organisation, run))])


def test_run_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun
) -> None:
    begun(store, team, organisation, shop)
    assert row(store, team).in_flight[0].status is Status.RUNNING
    found = repair(store, connection)
    stands = row(store, team)
    assert stands.in_flight == ()
    assert (stands.result.status, stands.result.stage) == (Status.FAILED, "test")
    assert (found.repaired, found.repaired_at) == (1, store.now())


def test_run_that_the_tool_says_still_runs_is_known_to(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun, clock: Clock
) -> None:
    shop.ended = None
    begun(store, team, organisation, shop)
    clock.move(10 * HOUR)
    assert condition(row(store, team), clock()) is Condition.NO_SIGNAL
    repair(store, connection)
    stands = row(store, team)
    assert stands.in_flight[0].checked_at == clock()
    assert condition(stands, clock()) is not Condition.NO_SIGNAL


def test_run_that_the_tool_knows_no_more_is_unknown_and_in_no_rate(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun, clock: Clock
) -> None:
    older = FakeRun(90, "shop", clock() - 90 * MINUTE, "success")
    tell(store, team, list(hooks_of(organisation, older)))
    begun(store, team, organisation, shop)
    organisation.runs["shop"] = [older]
    repair(store, connection)
    stands = row(store, team)
    assert stands.in_flight == ()
    assert stands.result.status is Status.SUCCEEDED
    assert stands.rate.counted == 1
    lost = next(one for one in _executions(store, stands.id) if one.external_id == "101")
    assert (lost.status, lost.raw_status, lost.ended) == (Status.UNKNOWN, "gone", True)


def test_run_of_long_ago_that_never_ended_here_is_looked_up_by_itself(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun, clock: Clock
) -> None:
    shop.created_at = clock() - 20 * DAY
    begun(store, team, organisation, shop)
    organisation.runs["shop"].insert(0, FakeRun(102, "shop", clock() - 30 * MINUTE, "success", workflow=1))
    repair(store, connection)
    ended = next(one for one in _executions(store, row(store, team).id) if one.external_id == "101")
    assert ended.status is Status.FAILED


def test_what_was_told_before_is_not_applied_again(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    organisation.fill(repositories=2, days=3, runs_a_day=5)
    repair(store, connection)
    clock.move(11 * MINUTE)
    applied: list[Any] = []
    monkeypatch.setattr(store.recorder, "apply", lambda *given, **named: applied.append(given))
    repair(store, connection)
    assert applied == []


def test_project_is_asked_for_every_ten_minutes_and_a_still_one_every_hour(
    store: Store, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.runs = {"shop": [FakeRun(7, "shop", clock() - HOUR)], "old": [FakeRun(8, "old", clock() - 60 * DAY)]}
    repair(store, connection)
    organisation.tool.asked.clear()
    for _ in range(12):
        clock.move(10 * MINUTE)
        repair(store, connection)
    paths = [one.path for one in organisation.tool.asked]
    asked = {name: paths.count(f"/repos/acme/{name}/actions/runs") for name in organisation.runs}
    assert asked == {"shop": 12, "old": 2}


@pytest.mark.parametrize(
    ("state", "told"), [("disabled_manually", "disabled"), ("deleted", "deleted"), ("gone", "deleted")]
)
def test_pipeline_that_the_tool_runs_no_more_says_so_until_it_runs_again(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun, clock: Clock,
    state: str, told: str,
) -> None:  # fmt: skip
    organisation.states["shop"] = state
    repair(store, connection)
    assert row(store, team).tool_state.state == told
    since = row(store, team).tool_state.since
    clock.move(2 * HOUR)
    repair(store, connection)
    assert row(store, team).tool_state.since == since, "it is told once"
    organisation.states["shop"] = "active"
    clock.move(2 * HOUR)
    repair(store, connection)
    assert row(store, team).tool_state.state == ""


def test_project_that_came_since_is_found_and_its_past_is_read(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, clock: Clock
) -> None:
    organisation.fill(repositories=1, days=1, runs_a_day=2)
    begin(store, connection, BY)
    found = store.backfills.find(connection.id)
    assert found is not None
    store.backfills.put(found, replace(found, state=BackfillState.DONE))
    clock.move(2 * HOUR)
    repair(store, connection)
    after = store.backfills.find(connection.id)
    assert after is not None
    assert after.state is BackfillState.NEWEST


def test_tool_that_is_away_is_said_with_since_when(
    store: Store, connection: Connection, organisation: FakeOrganisation, shop: FakeRun, clock: Clock
) -> None:
    organisation.fails_every = 1
    assert "answered 502" in repair(store, connection).problem
    since = clock()
    clock.move(5 * MINUTE)
    assert repair(store, connection).problem_at == since
    organisation.fails_every = 0
    found = repair(store, connection)
    assert (found.problem, found.problem_at, found.checked_at) == ("", 0, clock())


def test_job_repairs_connections_that_are_let_in(
    store: Store, team: Team, connection: Connection, organisation: FakeOrganisation, shop: FakeRun
) -> None:
    begun(store, team, organisation, shop)
    a_connection(store, team.id)
    do(repair_runs.JOB, store)
    assert row(store, team).in_flight == ()


def _executions(store: Store, pipeline_id: str) -> list[Any]:
    briefs = store.executions.list_of_pipeline(pipeline_id, 50).items
    return [store.executions.get(brief.id) for brief in briefs]


DROPPED = 0.1
LONGEST = 11 * MINUTE


def test_day_with_lost_webhooks_ends_as_one_that_lost_none(
    store: Store,
    other_store: Store,
    team: Team,
    connection: Connection,
    organisation: FakeOrganisation,
    clock: Clock,
) -> None:
    """Every minute rows are compared with those of a store that heard all: what differs does so for eleven minutes at
    most, ten of the interval and one of the job's."""
    chance, began = Random(int(os.environ["BIGTRANSIT_SEED"])), clock()
    organisation.live = True
    hooks = _a_day(organisation, chance, began)
    differs_since: dict[str, int] = {}
    place = 0
    for minute in range(24 * 60 + 30):
        clock.now = began + minute * MINUTE
        while place < len(hooks) and hooks[place].at <= clock.now:
            other_store.recorder.apply(team.id, hooks[place].events)
            if chance.random() >= DROPPED:
                store.recorder.apply(team.id, hooks[place].events)
            place += 1
        repair(store, connection)
        right, found = _shown(other_store, team), _shown(store, team)
        for pipeline in right.keys() | found.keys():
            if right.get(pipeline) == found.get(pipeline):
                differs_since.pop(pipeline, None)
                continue
            since = differs_since.setdefault(pipeline, clock.now)
            assert clock.now - since <= LONGEST, (pipeline, right.get(pipeline), found.get(pipeline))
    assert place == len(hooks)
    for pipeline in _shown(other_store, team):
        assert _ends(store, pipeline) == _ends(other_store, pipeline)


def _a_day(organisation: FakeOrganisation, chance: Random, began: int) -> list[Hook]:
    """Three repositories, a run every half hour to hour, some red, one in fifty that its tool never ends."""
    for number in range(3):
        name, at = f"shop-{number}", began + chance.randrange(20) * MINUTE
        runs: list[FakeRun] = []
        while at < began + DAY:
            ended = None if chance.random() < 0.02 else "failure" if chance.random() < 0.2 else "success"
            runs.append(FakeRun(1000 * number + len(runs) + 1, name, at, ended, minutes=2 * chance.randint(2, 9)))
            at += chance.randint(30, 60) * MINUTE
        organisation.runs[name] = runs[::-1]
    organisation.live = False
    found = [hook for runs in organisation.runs.values() for run in runs for hook in hooks_of(organisation, run)]
    organisation.live = True
    return sorted(found, key=lambda hook: hook.at)


def _shown(store: Store, team: Team) -> dict[str, Any]:
    """What a row tells of how its pipeline stands."""
    rows = [stored.row() for stored in store.pipelines.list_board(team.id)]
    return {
        one.id: (
            one.result and (one.result.execution_id, one.result.status, one.result.stage, one.result.since),
            sorted((run.execution_id, run.status) for run in one.in_flight),
        )
        for one in rows
    }


def _ends(store: Store, pipeline_id: str) -> dict[str, Any]:
    return {
        run.id: (run.status, run.attempt, [(stage.name, stage.status) for stage in run.stages])
        for run in _executions(store, pipeline_id)
    }
