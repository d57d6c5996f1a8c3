"""Logs of failed jobs, tool by tool: where each is asked for, and what of it is kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.jobs import read_failures
from dashboard.tool_apis.circleci import CircleCiApi
from storage.model.entities import Team
from storage.model.failures import JobFailure
from storage.store import Store
from tests.dashboard.failures.test_buildkite_steps import raw
from tests.dashboard.failures.test_circleci_steps import a_step
from tests.dashboard.history import buildkite_hooks, circleci_hooks
from tests.dashboard.history.fake_buildkite import TOKEN, FakeBuild, FakeBuildkite, id_of
from tests.dashboard.history.fake_circleci import TOKEN as CIRCLECI_TOKEN
from tests.dashboard.history.fake_circleci import FakeCircleCi, FakePipeline
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import FakeTool, as_json, served
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


SHOP = "gh/acme/shop"


@pytest.fixture
def storage() -> Iterator[FakeTool]:
    """Where outputs lie."""
    with served() as found:
        yield found


@pytest.fixture
def circleci(tool: FakeTool, storage: FakeTool, clock: Clock) -> FakeCircleCi:
    """A red workflow, and a green one before it."""
    found = FakeCircleCi(tool, clock)
    red = FakePipeline(8, SHOP, clock() - 20 * MINUTE, "failed")
    found.pipelines[SHOP] = [red, FakePipeline(7, SHOP, clock() - 60 * MINUTE)]
    noise = "error: cache is cold\n"
    wrote = {8: f"{noise}E  AssertionError: pay(3) is not 4, password=hunter2\n", 7: f"{noise}12 passed\n"}
    for number, text in wrote.items():
        storage.answers[f"/{number}/test"] = as_json([{"message": text, "type": "out"}])
        storage.answers[f"/{number}/checkout"] = as_json([{"message": "Cloning\n", "type": "out"}])
        test = a_step(
            "make test", "failed" if number == 8 else "success", output_url=f"{storage.address}/{number}/test"
        )
        checkout = a_step("Checkout code", output_url=f"{storage.address}/{number}/checkout")
        found.steps[number * 10 + 2] = [checkout, test]
    return found


def tell_circleci(store: Store, team: Team, circleci: FakeCircleCi, through: str) -> None:
    for pipeline in circleci.pipelines[SHOP][::-1]:
        for hook in circleci_hooks.hooks_of(circleci, pipeline):
            store.recorder.apply(team.id, hook.events, logs_through=through)


def test_output_of_circlecis_step_that_failed_is_kept_without_secrets(
    store: Store, team: Team, tool: FakeTool, storage: FakeTool, circleci: FakeCircleCi
) -> None:
    connection = let_in(store, team, tool, "circleci", CIRCLECI_TOKEN, reads_logs=True)
    tell_circleci(store, team, circleci, connection.id)
    do(read_failures.JOB, store)
    (found,) = failures(store, team)
    assert (found.job, found.step, found.problem) == ("test", "make test", "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines)
    assert "hunter2" not in repr(found)
    assert [asked.path for asked in storage.asked] == ["/8/test", "/7/checkout", "/7/test"]
    assert all("circle-token" not in asked.headers for asked in storage.asked)


def test_job_that_was_stopped_before_a_step_failed_shows_its_last(
    store: Store, team: Team, tool: FakeTool, storage: FakeTool, circleci: FakeCircleCi
) -> None:
    connection = let_in(store, team, tool, "circleci", CIRCLECI_TOKEN, reads_logs=True)
    for action in (one["actions"][0] for one in circleci.steps[82]):
        action.update(status="success", failed=None)
    tell_circleci(store, team, circleci, connection.id)
    do(read_failures.JOB, store)
    assert failures(store, team)[0].step == "make test"


def test_job_that_circleci_knows_no_more_says_so(
    store: Store, team: Team, tool: FakeTool, circleci: FakeCircleCi
) -> None:
    connection = let_in(store, team, tool, "circleci", CIRCLECI_TOKEN, reads_logs=True)
    tell_circleci(store, team, circleci, connection.id)
    circleci.pipelines[SHOP][0].errored = True
    for _ in range(read_failures.TRIES):
        do(read_failures.JOB, store)
        circleci.clock.move(20 * MINUTE)
    assert "hides it from this token" in failures(store, team)[0].problem


def test_job_of_circleci_that_has_no_number_has_no_log(
    store: Store, team: Team, tool: FakeTool, circleci: FakeCircleCi, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = let_in(store, team, tool, "circleci", CIRCLECI_TOKEN, reads_logs=True)
    tell_circleci(store, team, circleci, connection.id)
    monkeypatch.setattr(CircleCiApi, "jobs", lambda api, workflow: [])
    for _ in range(read_failures.TRIES):
        do(read_failures.JOB, store)
        circleci.clock.move(20 * MINUTE)
    assert failures(store, team)[0].problem == "CircleCI has no such job, or keeps no log of it"


def test_no_output_of_circleci_is_read_unasked(
    store: Store, team: Team, tool: FakeTool, circleci: FakeCircleCi
) -> None:
    let_in(store, team, tool, "circleci", CIRCLECI_TOKEN)
    tell_circleci(store, team, circleci, "")
    do(read_failures.JOB, store)
    assert (failures(store, team), tool.asked) == ([], [])
