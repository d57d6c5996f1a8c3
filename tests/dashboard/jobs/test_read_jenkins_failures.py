"""What runs of Jenkins that failed wrote: read once their end is told, whether their stages are known then or not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.history.registry import reader_of
from dashboard.jobs import read_failures
from dashboard.tool_apis.errors import NothingThere
from dashboard.webhooks.job_logs import log_reader
from storage.model.backfill import Project
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.model.failures import JobFailure
from storage.store import Store
from tests.dashboard.failures.test_jenkins_steps import FREESTYLE, PIPELINE
from tests.dashboard.history.fake_jenkins import USER_TOKEN, FakeJenkins, FakeRun
from tests.dashboard.history.jenkins_hooks import hooks_of
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import FakeTool, served
from tests.factories import MINUTE, Clock, a_team

RELEASE = "job/acme/job/release"


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
def jenkins(tool: FakeTool, clock: Clock) -> FakeJenkins:
    """A red run, and a green one before it."""
    found = FakeJenkins(tool, clock)
    found.runs[RELEASE] = [
        FakeRun(8, RELEASE, clock() - 20 * MINUTE, "FAILURE"),
        FakeRun(7, RELEASE, clock() - 90 * MINUTE),
    ]
    found.logs = {(RELEASE, 8): PIPELINE.replace("not 4", "not 4, password=hunter2"), (RELEASE, 7): "12 passed\n"}
    return found


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "jenkins", USER_TOKEN, reads_logs=True)


def tell(store: Store, team: Team, jenkins: FakeJenkins, through: str) -> None:
    for run in jenkins.runs[RELEASE][::-1]:
        for hook in hooks_of(jenkins, run):
            store.recorder.apply(team.id, hook.events, logs_through=through)


def failures(store: Store, team: Team) -> list[JobFailure]:
    (row,) = store.pipelines.list_board(team.id)
    found = store.executions.list_of_pipeline(row.row().id, 9).items
    return [failure for one in found for failure in store.failures.find_all(one.id, 4)]


def test_stage_that_failed_and_its_cause_are_kept_without_secrets(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    tell(store, team, jenkins, connection.id)
    do(read_failures.JOB, store)
    (found,) = failures(store, team)
    assert (found.job, found.step, found.problem) == ("Console", "Test", "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines)
    assert "hunter2" not in repr(found)


def test_what_it_wrote_stands_at_the_stage_that_failed_once_that_is_known(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    tell(store, team, jenkins, connection.id)
    do(read_failures.JOB, store)
    reader = reader_of(store, connection)
    assert reader is not None
    (listed,) = reader.projects("").projects
    store.recorder.apply(team.id, reader.jobs(Project(listed.id, told=listed.told), f"{RELEASE}/8@5008", 1))
    (row,) = store.pipelines.list_board(team.id)
    newest = store.executions.list_of_pipeline(row.row().id, 1).items[0]
    execution = store.executions.get(newest.id)
    assert [(stage.name, [one.key for one in stage.actions]) for stage in execution.stages] == [
        ("Build", []),
        ("Test", ["console"]),
    ]
    assert failures(store, team)[0].job_key == "console"


def test_run_of_a_freestyle_job_shows_its_command(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    for run in jenkins.runs[RELEASE]:
        run.plain = True
    jenkins.logs[RELEASE, 8] = FREESTYLE
    tell(store, team, jenkins, connection.id)
    do(read_failures.JOB, store)
    (found,) = failures(store, team)
    assert (found.step, found.problem) == ("make test", "")


def test_blocks_of_cdevents_have_no_log_of_their_own(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    tell(store, team, jenkins, "")
    (row,) = store.pipelines.list_board(team.id)
    record = store.pipelines.find(row.row().id)
    assert record is not None
    newest = store.executions.list_of_pipeline(record.id, 1).items[0]
    execution = store.executions.get(newest.id)
    reader, (console,) = log_reader(store, connection, record), execution.stages[0].actions
    with pytest.raises(NothingThere, match="no log of this apart"):
        reader.read(execution, replace(console, key="execution/node/7"))
    with pytest.raises(NothingThere, match="no log of this apart"):
        reader.read(replace(execution, external_id="job"), console)


def test_no_log_of_jenkins_is_read_unasked(store: Store, team: Team, tool: FakeTool, jenkins: FakeJenkins) -> None:
    let_in(store, team, tool, "jenkins", USER_TOKEN)
    tell(store, team, jenkins, "")
    do(read_failures.JOB, store)
    assert (failures(store, team), tool.asked) == ([], [])
