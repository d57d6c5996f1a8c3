"""Logs of jobs that failed: read where a connection says so, by rules that others test; kept, counted and shown."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stamina

from dashboard.auth.sealing import seal
from dashboard.jobs import read_failures
from dashboard.tool_apis.session import LogTail
from dashboard.webhooks.job_logs import CodeBuildLogs
from storage.codec.failure_items import wanted_item
from storage.model.document import replace
from storage.model.entities import RED, Action, ApiAccess, ApiQuota, Connection, Execution, Status, Team, Voice
from storage.model.events import ActionChanged, AnyEvent, PipelineRef
from storage.model.failures import JobFailure
from storage.store import Store
from storage.table import metered
from tests.dashboard.jobs.doing import do
from tests.dashboard.tool_apis.fake_github import REPOSITORY, TOKEN, a_job, paged, with_log
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, served
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, NOW, REF, Clock, a_connection, a_run, a_team, unnamed

LOG = """2026-11-23T11:00:00.0000000Z ##[group]Run make test
2026-11-23T11:00:01.0000000Z ##[endgroup]
2026-11-23T11:00:02.0000000Z warming up 3 caches
2026-11-23T11:00:30.0000000Z E  AssertionError: pay(3) is not 4, password=hunter2
2026-11-23T11:01:00.0000000Z ##[error]Process completed with exit code 2.
"""
GREEN = LOG.replace("E  AssertionError: pay(3) is not 4, password=hunter2", "12 passed").replace(
    "##[error]Process", "Process"
)


@pytest.fixture
def tool() -> Iterator[FakeTool]:
    stamina.set_testing(True, attempts=1)
    with served() as found:
        yield found
    stamina.set_testing(False)


@dataclass
class House:
    store: Store
    team: Team
    connection: Connection
    tool: FakeTool

    def run(self, execution: str, outcome: Status = Status.FAILED, **changes: Any) -> str:
        """As it is told through the connection; jobs have the number of their run before their own."""
        ref = changes.get("ref", REF)
        told = a_run(execution, outcome=outcome, stages=("test",), **changes)
        applied = [
            self.store.recorder.apply(self.team.id, [event], logs_through=self.through)
            for event in (_numbered(each, execution, ref) for each in told)
        ]
        return applied[-1].execution_id

    @property
    def through(self) -> str:
        return self.connection.id if self.connection.api.reads_logs else ""

    def logs(self, execution: str, log: str = LOG, repository: str = REPOSITORY) -> None:
        with_log(self.tool, f"{execution}1", log, repository)
        jobs = [a_job(int(f"{execution}1"))]
        self.tool.answers[f"/repos/{repository}/actions/runs/{execution}/attempts/1/jobs"] = lambda asked: paged(
            asked, "jobs", jobs
        )

    def asked(self) -> list[str]:
        return [asked.path for asked in self.tool.asked]

    def failures(self, execution_id: str) -> list[JobFailure]:
        return self.store.failures.find_all(execution_id, 4)


def _numbered(event: AnyEvent, execution: str, ref: PipelineRef) -> AnyEvent:
    if isinstance(event, ActionChanged):
        return replace(
            event, action=f"{execution}1", note="Run make test" if event.status in RED else "", pipeline=unnamed(ref)
        )
    return event


def a_house(store: Store, tool: FakeTool, **api: Any) -> House:
    team = a_team(store)
    access = ApiAccess(**{"token": seal(TOKEN), "address": tool.address, "reads_logs": True, **api})
    connection = a_connection(store, team.id)
    changed = store.connections.put(connection, replace(connection, api=access), BY, "connection.api_changed")
    return House(store, team, changed, tool)


@pytest.fixture
def house(store: Store, tool: FakeTool) -> House:
    return a_house(store, tool)


def read(store: Store) -> None:
    do(read_failures.JOB, store)


def test_failing_step_and_its_cause_are_kept_without_secrets(house: House, store: Store) -> None:
    house.logs("5001")
    execution_id = house.run("5001")
    read(store)
    (found,) = house.failures(execution_id)
    assert (found.job, found.step, found.attempt, found.problem) == ("test", "Run make test", 1, "")
    assert any("AssertionError: pay(3) is not 4" in line for line in found.lines[:3])
    assert "hunter2" not in repr(found)
    assert found.fingerprint
    assert store.failures.list_wanted() == []


def test_nothing_is_read_or_written_where_the_connection_does_not_say_so(store: Store, tool: FakeTool) -> None:
    house = a_house(store, tool, reads_logs=False)
    # What a pipeline's first event reads besides.
    house.run("5000")
    with metered() as off:
        house.run("5001")
    assert store.failures.list_wanted() == []
    assert not read_failures.is_needed(store)
    assert tool.asked == []
    house.connection = replace(house.connection, api=replace(house.connection.api, reads_logs=True))
    with metered() as on:
        house.run("5002")
    assert on.calls == off.calls
    assert len(store.failures.list_wanted()) == 1


def test_what_was_switched_off_meanwhile_is_not_read(house: House, store: Store) -> None:
    house.logs("5001")
    house.run("5001")
    store.connections.put(house.connection, replace(house.connection, api=ApiAccess()), BY, "connection.api_removed")
    read(store)
    assert (house.asked(), store.failures.list_wanted()) == ([], [])


def test_lines_of_the_last_green_run_are_no_cause_and_its_log_is_read_once(
    house: House, store: Store, clock: Clock
) -> None:
    noisy = LOG.replace("warming up 3 caches", "error: cache 7 is cold")
    house.logs("4000", GREEN.replace("warming up 3 caches", "error: cache 4 is cold"))
    house.run("4000", Status.SUCCEEDED, began=NOW - 90 * MINUTE)
    for execution in ("5001", "5002"):
        house.logs(execution, noisy)
        execution_id = house.run(execution)
        read(store)
        assert "AssertionError" in house.failures(execution_id)[0].lines[2]
    assert house.asked().count(f"/repos/{REPOSITORY}/actions/jobs/40001/logs") == 1
    kept = store.failures.find_green_lines(house.failures(execution_id)[0].pipeline_id, "test", "test")
    assert kept is not None
    assert len(kept.hashes) <= 32_768


def test_log_that_is_not_there_yet_is_read_later(house: House, store: Store, clock: Clock) -> None:
    execution_id = house.run("5001")
    read(store)
    (note,) = store.failures.list_wanted()
    assert (note.wanted.tries, house.failures(execution_id)) == (1, [])
    house.logs("5001")
    before = len(house.asked())
    read(store)
    assert len(house.asked()) == before
    clock.move(5000)
    read(store)
    assert house.failures(execution_id)[0].lines


def test_log_that_never_comes_is_given_up_in_words(house: House, store: Store, clock: Clock) -> None:
    execution_id = house.run("5001")
    for _ in range(read_failures.TRIES):
        read(store)
        clock.move(20 * MINUTE)
    (found,) = house.failures(execution_id)
    assert "has no such thing" in found.problem
    assert store.failures.list_wanted() == []


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_is_told_at_once_and_not_tried_again(house: House, store: Store, status: int) -> None:
    house.logs("5001")
    house.tool.answers[f"/repos/{REPOSITORY}/actions/jobs/50011/logs"] = Answer(status)
    execution_id = house.run("5001")
    read(store)
    assert house.failures(execution_id)[0].problem
    assert store.failures.list_wanted() == []


def test_connection_without_a_token_says_so(store: Store, tool: FakeTool) -> None:
    house = a_house(store, tool, token="")
    execution_id = house.run("5001")
    read(store)
    assert house.failures(execution_id)[0].problem == "The connection has no token"


def test_half_of_the_quota_is_left_to_others(house: House, store: Store, clock: Clock) -> None:
    house.logs("5001")
    store.connections.note_quota(house.connection.id, ApiQuota(5000, 2000, NOW + 10 * MINUTE, NOW))
    execution_id = house.run("5001")
    read(store)
    assert house.asked() == []
    (note,) = store.failures.list_wanted()
    assert note.wanted.due_at == NOW + 10 * MINUTE
    clock.move(10 * MINUTE)
    read(store)
    assert house.failures(execution_id)


def test_quota_that_is_used_up_is_waited_for(house: House, store: Store) -> None:
    house.tool.answers[f"/repos/{REPOSITORY}/actions/jobs/50011/logs"] = Answer(429, b"", {"Retry-After": "900"})
    house.run("5001")
    read(store)
    (note,) = store.failures.list_wanted()
    assert (note.wanted.due_at, note.wanted.tries) == (NOW + 15 * MINUTE, 0)


def test_one_execution_that_cannot_be_read_keeps_no_other_waiting(
    house: House, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for execution in ("5001", "5002"):
        house.logs(execution)
    first, second = house.run("5001"), house.run("5002")
    whole = store.executions.whole

    def broken(execution_id: str, head: Any) -> Any:
        if execution_id == first:
            raise ValueError("broken")
        return whole(execution_id, head)

    monkeypatch.setattr(store.executions, "whole", broken)
    read(store)
    assert house.failures(second)
    assert [note.wanted.tries for note in store.failures.list_wanted()] == [1]
    for _ in range(read_failures.TRIES):
        clock.move(20 * MINUTE)
        read(store)
    assert store.failures.list_wanted() == []


def test_killed_in_between_it_goes_on_where_it_was(house: House, store: Store) -> None:
    house.logs("5001")
    execution_id = house.run("5001")
    (note,) = store.failures.list_wanted()
    read(store)
    store.table.put(wanted_item(note.wanted))
    before = len(house.asked())
    read(store)
    assert len(house.asked()) == before
    assert len(house.failures(execution_id)) == 1
    assert store.failures.list_wanted() == []


def test_failure_noted_again_while_it_is_read_is_read_again(house: House, store: Store) -> None:
    house.logs("5001")
    house.run("5001")
    (note,) = store.failures.list_wanted()
    store.table.put(wanted_item(note.wanted))
    store.failures.settle(note)
    store.failures.put_off(note, NOW, 3)
    (left,) = store.failures.list_wanted()
    assert left.wanted.tries == 0


def test_same_failure_in_several_pipelines_is_counted_on_all_of_them(house: House, store: Store, clock: Clock) -> None:
    ids = []
    for number in range(3):
        ref = workflow_of(f"service-{number}", number)
        execution = str(6000 + number)
        house.logs(execution, LOG.replace("pay(3)", f"pay({number})"), ref.repository)
        ids.append(house.run(execution, ref=ref))
        read(store)
        clock.move(MINUTE)
    found = [house.failures(execution_id)[0] for execution_id in ids]
    assert len({each.fingerprint for each in found}) == 1
    assert [(each.pipelines, each.since) for each in found] == [(3, NOW)] * 3


def test_failures_of_closed_teams_are_not_counted_for_others(house: House, store: Store) -> None:
    house.logs("5001")
    first = house.run("5001")
    read(store)
    mine = house.failures(first)[0]
    closed = a_team(store, name="Closed", slug="closed", is_open=False)
    other = House(store, closed, house.connection, house.tool)
    house.logs("7001", LOG, workflow_of("secret", 9).repository)
    second = other.run("7001", ref=workflow_of("secret", 9))
    read(store)
    assert house.failures(first)[0].pipelines == 1
    assert house.failures(second)[0].pipelines == 2
    assert mine.fingerprint == house.failures(second)[0].fingerprint


def test_log_of_codebuild_is_read_too() -> None:
    asked: list[tuple[str, ...]] = []

    class Aws:
        def build_log(self, *which: str) -> LogTail:
            asked.append(which)
            lines = "[Container] 2026/11/23 12:00:00 Running command npm test\nTypeError: x is not a function\n"
            return LogTail(f"{lines}[Container] 2026/11/23 12:00:01 Phase complete: BUILD State: FAILED\n", 9, False)

    action = Action("Build/unit", "unit", Status.FAILED, "FAILED", 1, None, None, None)
    execution = Execution(
        "e", "p", "t", "ledger", "codepipeline", "uuid", "", 0, Voice.DEFAULT, 1, Status.FAILED, "", "", "", "", "", "",
        "", "", None, None, None, 0,
    )  # fmt: skip
    found = CodeBuildLogs(Aws(), "ledger").read(execution, action)  # type: ignore[arg-type]
    assert asked == [("ledger", "uuid", "Build", "unit")]
    assert found.steps[0].failed
