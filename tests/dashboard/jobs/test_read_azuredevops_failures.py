"""Logs of Azure Pipelines' jobs that failed: the tasks that did, by the timeline that the job is in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.jobs import read_failures
from storage.model.entities import Team
from storage.model.failures import JobFailure
from storage.store import Store
from tests.dashboard.history.azuredevops_hooks import hooks_of
from tests.dashboard.history.fake_azuredevops import TOKEN, FakeAzureDevOps, FakeBuild
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import MINUTE, Clock, a_team

SHOP = "shop"
NOISE = "warning: cache is cold\n"
WROTE = f"2026-11-23T12:00:00.1234567Z {NOISE}E  AssertionError: pay(3) is not 4, password=hunter2\n"


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def azure(tool: FakeTool, clock: Clock) -> FakeAzureDevOps:
    """A red run, and a green one before it."""
    found = FakeAzureDevOps(tool, clock)
    found.builds[SHOP] = [
        FakeBuild(8, SHOP, clock() - 20 * MINUTE, "failed"),
        FakeBuild(7, SHOP, clock() - 90 * MINUTE),
    ]
    found.logs = {(8, 6): WROTE, (7, 6): f"{NOISE}12 passed\n", (7, 5): "Cloning\n", (8, 5): "Cloning\n"}
    return found


def tell(store: Store, team: Team, azure: FakeAzureDevOps, through: str) -> None:
    for build in azure.builds[SHOP][::-1]:
        for hook in hooks_of(azure, build):
            store.recorder.apply(team.id, hook.events, logs_through=through)


def failures(store: Store, team: Team) -> list[JobFailure]:
    (row,) = store.pipelines.list_board(team.id)
    found = store.executions.list_of_pipeline(row.row().id, 9).items
    return [failure for one in found for failure in store.failures.find_all(one.id, 4)]


def test_log_of_the_task_that_failed_is_kept_without_secrets(
    store: Store, team: Team, tool: FakeTool, azure: FakeAzureDevOps
) -> None:
    connection = let_in(store, team, tool, "azuredevops", TOKEN, reads_logs=True)
    tell(store, team, azure, connection.id)
    do(read_failures.JOB, store)
    (found,) = failures(store, team)
    assert (found.job, found.step, found.problem) == ("Unit tests", "make test", "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines)
    assert "hunter2" not in repr(found)
    assert [asked.path.rpartition("/builds/")[2] for asked in tool.asked] == [
        "8/timeline",
        "8/logs/6",
        "7/timeline",
        "7/logs/5",
        "7/logs/6",
    ]


def test_job_that_was_run_again_is_found_where_it_stood_before(
    store: Store, team: Team, tool: FakeTool, azure: FakeAzureDevOps
) -> None:
    connection = let_in(store, team, tool, "azuredevops", TOKEN, reads_logs=True)
    red, _ = azure.builds[SHOP]
    tell(store, team, azure, connection.id)
    red.again, red.ended = True, "succeeded"
    do(read_failures.JOB, store)
    assert failures(store, team)[0].step == "make test"


def test_job_that_was_lost_before_a_task_failed_shows_its_last(
    store: Store, team: Team, tool: FakeTool, azure: FakeAzureDevOps, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = let_in(store, team, tool, "azuredevops", TOKEN, reads_logs=True)
    tell(store, team, azure, connection.id)
    whole = azure.records
    monkeypatch.setattr(
        azure,
        "records",
        lambda build, *, again: (
            {**one, "result": "succeeded"} if one["type"] == "Task" else one for one in whole(build, again=again)
        ),
    )
    do(read_failures.JOB, store)
    assert failures(store, team)[0].step == "make test"


def test_job_that_azure_knows_no_more_says_so(store: Store, team: Team, tool: FakeTool, azure: FakeAzureDevOps) -> None:
    connection = let_in(store, team, tool, "azuredevops", TOKEN, reads_logs=True)
    tell(store, team, azure, connection.id)
    del azure.builds[SHOP][0]
    for _ in range(read_failures.TRIES):
        do(read_failures.JOB, store)
        azure.clock.move(20 * MINUTE)
    assert failures(store, team)[0].problem == "Azure DevOps has no such job, or keeps no log of it"


def test_no_log_of_azure_is_read_unasked(store: Store, team: Team, tool: FakeTool, azure: FakeAzureDevOps) -> None:
    let_in(store, team, tool, "azuredevops", TOKEN)
    tell(store, team, azure, "")
    do(read_failures.JOB, store)
    assert (failures(store, team), tool.asked) == ([], [])
