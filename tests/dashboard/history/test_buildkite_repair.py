"""Builds are kept as Buildkite has them, and pipelines say when it runs them no more."""

from __future__ import annotations

import pytest

from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.history.buildkite_hooks import hooks_of
from tests.dashboard.history.fake_buildkite import TOKEN, FakeBuild, FakeBuildkite
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import rows
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import DAY, MINUTE, Clock


@pytest.fixture
def buildkite(tool: FakeTool, clock: Clock) -> FakeBuildkite:
    return FakeBuildkite(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "buildkite", TOKEN)


def tell(store: Store, team: Team, buildkite: FakeBuildkite, build: FakeBuild, hooks: int) -> None:
    """The first so many webhooks of it."""
    for hook in list(hooks_of(buildkite, build))[:hooks]:
        store.recorder.apply(team.id, hook.events)


def test_build_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    build = FakeBuild(7, "shop", clock() - 40 * MINUTE, "failed", minutes=11)
    buildkite.builds["shop"] = [build]
    tell(store, team, buildkite, build, hooks=2)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert row.in_flight == ()
    assert (row.result.status, row.result.stage) == (Status.FAILED, "Test")


def old(store: Store, team: Team, buildkite: FakeBuildkite, ended: str | None) -> FakeBuild:
    """A build of two weeks ago whose end was lost, and one of today."""
    clock = buildkite.clock
    build = FakeBuild(7, "shop", clock() - 14 * DAY, ended)
    buildkite.builds["shop"] = [FakeBuild(9, "shop", clock() - 60 * MINUTE), build]
    for one in buildkite.builds["shop"]:
        tell(store, team, buildkite, one, hooks=2)
    return build


def test_old_build_is_looked_up_by_its_number(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite
) -> None:
    old(store, team, buildkite, "passed")
    assert repair(store, connection).repaired == 2
    (row,) = rows(store, team)
    assert (row.in_flight, row.result.number) == ((), "9")
    assert buildkite.tool.asked[-2].path.endswith("/pipelines/shop/builds/7")


def test_old_build_that_still_runs_is_known_to(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    old(store, team, buildkite, None)
    repair(store, connection)
    (row,) = rows(store, team)
    found = [store.executions.get(one.id) for one in store.executions.list_of_pipeline(row.id, 9).items]
    assert [(one.number, one.status, one.checked_at) for one in found if not one.ended] == [
        ("7", Status.RUNNING, clock())
    ]


@pytest.mark.parametrize("another", [False, True])
def test_build_that_is_gone_is_unknown(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, monkeypatch: pytest.MonkeyPatch,
    another: bool,
) -> None:  # fmt: skip
    """`another`: a pipeline that was made anew has the number, too."""
    build = old(store, team, buildkite, None)
    if another:
        monkeypatch.setattr(FakeBuild, "id", property(lambda one: f"another-{one.number}"))
    else:
        buildkite.builds["shop"].remove(build)
    repair(store, connection)
    (row,) = rows(store, team)
    found = [store.executions.get(one.id) for one in store.executions.list_of_pipeline(row.id, 9).items]
    assert {(one.number, one.raw_status) for one in found if one.status is Status.UNKNOWN} >= {("7", "gone")}


def test_pipeline_that_was_archived_or_deleted_says_so(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    build = FakeBuild(7, "shop", clock() - 40 * MINUTE, minutes=90)
    buildkite.builds["shop"] = [build]
    tell(store, team, buildkite, build, hooks=2)
    states = []
    for archived, gone in (({"shop"}, set()), (set(), set()), (set(), {"shop"})):
        buildkite.archived, buildkite.gone = archived, gone
        clock.move(120 * MINUTE)
        repair(store, connection)
        (row,) = rows(store, team)
        states.append((row.tool_state.state, len(row.in_flight)))
    assert states == [("disabled", 0), ("", 0), ("deleted", 0)]


def test_run_of_a_deleted_pipeline_is_gone(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    build = FakeBuild(7, "shop", clock() - 40 * MINUTE, None)
    buildkite.builds["shop"] = [build]
    tell(store, team, buildkite, build, hooks=2)
    repair(store, connection)
    buildkite.gone = {"shop"}
    clock.move(120 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.tool_state.state, row.in_flight) == ("deleted", ())


def test_build_whose_job_is_retried_after_its_end_runs_again(
    store: Store, team: Team, connection: Connection, buildkite: FakeBuildkite, clock: Clock
) -> None:
    """It began when it did before; that it runs is as new as its newest job."""
    build = FakeBuild(7, "shop", clock() - 40 * MINUTE, "failed", minutes=7)
    buildkite.builds["shop"] = [build]
    tell(store, team, buildkite, build, hooks=9)
    (row,) = rows(store, team)
    assert (row.in_flight, row.result.status) == ((), Status.FAILED)
    build.ended, build.retried, build.minutes = None, True, 61
    repair(store, connection)
    (row,) = rows(store, team)
    assert [(run.number, run.status) for run in row.in_flight] == [("7", Status.RUNNING)]
