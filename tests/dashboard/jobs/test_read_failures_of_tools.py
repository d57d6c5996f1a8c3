"""Logs of failed jobs, tool by tool: where each is asked for, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.jobs import read_failures
from storage.model.entities import Team
from storage.model.failures import JobFailure
from storage.store import Store
from tests.dashboard.failures.test_buildkite_steps import raw
from tests.dashboard.history import buildkite_hooks
from tests.dashboard.history.fake_buildkite import TOKEN, FakeBuild, FakeBuildkite, id_of
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import MINUTE, Clock, a_team


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def failures(store: Store, team: Team) -> list[JobFailure]:
    """Of the newest execution of the one pipeline there is."""
    (row,) = (stored.row() for stored in store.pipelines.list_board(team.id))
    return store.failures.find_all(store.executions.list_of_pipeline(row.id, 1).items[0].id, 4)


def tell_buildkite(store: Store, team: Team, buildkite: FakeBuildkite, through: str) -> None:
    """A green build, and a red one."""
    for build in buildkite.builds["shop"][::-1]:
        for hook in buildkite_hooks.hooks_of(buildkite, build):
            store.recorder.apply(team.id, hook.events, logs_through=through)


@pytest.fixture
def buildkite(tool: FakeTool, clock: Clock) -> FakeBuildkite:
    found = FakeBuildkite(tool, clock)
    builds = [FakeBuild(8, "shop", clock() - 20 * MINUTE, "failed"), FakeBuild(7, "shop", clock() - 60 * MINUTE)]
    found.builds["shop"] = builds
    noise = "error: cache is cold"
    broken = ("E  AssertionError: pay(3) is not 4, password=hunter2", "🚨 Error: The command exited with status 2")
    found.logs[id_of(builds[0].id, "test")] = raw("~~~ Set up", "--- Test", noise, *broken, "^^^ +++", "~~~ Hook", "x")
    found.logs[id_of(builds[1].id, "test")] = raw("--- Test", noise, "12 passed")
    return found


def test_log_of_buildkite_is_cut_into_its_groups_and_kept_without_secrets(
    store: Store, team: Team, tool: FakeTool, buildkite: FakeBuildkite
) -> None:
    connection = let_in(store, team, tool, "buildkite", TOKEN, reads_logs=True)
    tell_buildkite(store, team, buildkite, connection.id)
    do(read_failures.JOB, store)
    (found,) = failures(store, team)
    assert (found.job, found.step, found.problem) == ("Test", "Test", "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines)
    assert "hunter2" not in repr(found)
    assert sorted(asked.path.rpartition("/builds/")[2] for asked in tool.asked) == sorted(
        f"{build.number}/jobs/{id_of(build.id, 'test')}/log.txt" for build in buildkite.builds["shop"]
    )


def test_no_log_of_buildkite_is_read_unasked(
    store: Store, team: Team, tool: FakeTool, buildkite: FakeBuildkite
) -> None:
    connection = let_in(store, team, tool, "buildkite", TOKEN)
    assert not connection.api.reads_logs
    tell_buildkite(store, team, buildkite, "")
    do(read_failures.JOB, store)
    assert (failures(store, team), tool.asked) == ([], [])


def test_buildkite_without_a_token_says_so(store: Store, team: Team, tool: FakeTool, buildkite: FakeBuildkite) -> None:
    connection = let_in(store, team, tool, "buildkite", "", reads_logs=True)
    tell_buildkite(store, team, buildkite, connection.id)
    do(read_failures.JOB, store)
    assert "cannot be read with the present signing key" in failures(store, team)[0].problem


def test_tool_that_keeps_no_logs_says_so(store: Store, team: Team, tool: FakeTool, buildkite: FakeBuildkite) -> None:
    connection = let_in(store, team, tool, "generic", "x", reads_logs=True)
    tell_buildkite(store, team, buildkite, connection.id)
    do(read_failures.JOB, store)
    assert failures(store, team)[0].problem == "This tool keeps no logs that can be read"
    assert store.failures.list_wanted() == []
