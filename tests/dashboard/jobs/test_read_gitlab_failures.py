"""Logs of GitLab's jobs that failed: read where a connection says so, by the number of the project."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import stamina

from dashboard.auth.sealing import seal
from dashboard.jobs import read_failures
from dashboard.tool_apis.errors import NothingThere, TokenRefused
from dashboard.webhooks.job_logs import log_reader, number_of
from storage.keys import new_id
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Status
from storage.model.events import PipelineRef
from storage.store import Store
from tests.dashboard.history.fake_gitlab import ROOT, FakeGitLab, FakePipeline
from tests.dashboard.history.gitlab_hooks import hooks_of, parsed
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, served
from tests.factories import BY, MINUTE, NOW, Clock, a_team, action_changed, execution_changed

LOG = (
    "\x1b[0Ksection_start:1795435200:step_script\r\x1b[0K\x1b[36;1mExecuting the script\x1b[0;m\n"
    "\x1b[32;1m$ make test\x1b[0;m\n"
    "E  AssertionError: pay(3) is not 4, password=hunter2\n"
    "\x1b[0Ksection_end:1795435260:step_script\r\x1b[0K\x1b[31;1mERROR: Job failed: exit code 2\x1b[0;m\n"
)


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


def test_failing_command_and_its_cause_are_kept_without_secrets(store: Store, tool: FakeTool, clock: Clock) -> None:
    team = a_team(store)
    access = ApiAccess(token=seal("glpat-x"), address=tool.address, reads_logs=True)
    connection = Connection(new_id(), team.id, "gitlab", seal("x" * 20), NOW, api=access)
    store.connections.create(connection, BY)
    gitlab = FakeGitLab(tool, clock)
    run = FakePipeline(50, "shop", NOW - 30 * MINUTE, "failed")
    gitlab.pipelines["shop"] = [run]
    for body in hooks_of(gitlab, run):
        applied = store.recorder.apply(team.id, parsed(body), logs_through=connection.id)
    tool.answer = lambda asked: (  # type: ignore[method-assign]
        Answer(200, LOG.encode()) if asked.path == f"{ROOT}/projects/1000/jobs/502/trace" else Answer(404)
    )
    do(read_failures.JOB, store)
    (found,) = store.failures.find_all(applied.execution_id, 4)
    assert (found.job, found.step, found.problem) == ("test", "make test", "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines)
    assert "hunter2" not in repr(found)
    record = store.pipelines.find(applied.pipeline_id)
    assert record is not None
    with pytest.raises(TokenRefused):
        log_reader(store, replace(connection, api=ApiAccess()), record)


@pytest.mark.parametrize(("source", "key"), [("gitlab", "elsewhere"), ("codepipeline", "1234/Nowhere/shop")])
def test_pipeline_of_which_no_log_can_be_asked_for_is_given_up(store: Store, source: str, key: str) -> None:
    team = a_team(store)
    access = ApiAccess(token=seal("x"), reads_logs=True)
    connection = Connection(new_id(), team.id, source, seal("x" * 20), NOW, api=access)
    store.connections.create(connection, BY)
    pipeline = PipelineRef(source=source, key=key, name="shop")
    told = action_changed("7", "test", status=Status.FAILED, finished=True, at=NOW, pipeline=pipeline)
    applied = store.recorder.apply(
        team.id,
        [execution_changed("7", status=Status.FAILED, finished=True, at=NOW, pipeline=pipeline), told],
        logs_through=connection.id,
    )
    do(read_failures.JOB, store)
    (kept,) = store.failures.find_all(applied.execution_id, 4)
    assert kept.problem
    assert store.failures.list_wanted() == []


def test_project_is_known_by_the_key_of_its_pipelines() -> None:
    assert (number_of("gitlab.com/42"), number_of("git.example/42/child")) == (42, 42)
    with pytest.raises(NothingThere):
        number_of("elsewhere")
