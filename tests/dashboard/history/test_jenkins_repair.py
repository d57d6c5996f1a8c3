"""Runs of Jenkins are kept as Jenkins has them."""

from __future__ import annotations

import pytest

from dashboard.history import jenkins as module
from dashboard.history.remembered import Remembered
from storage.model.entities import Connection, Status, Team
from storage.model.tool_state import DELETED, DISABLED
from storage.store import Store
from tests.dashboard.history.fake_jenkins import USER_TOKEN, FakeJenkins, FakeRun
from tests.dashboard.history.jenkins_hooks import hooks_of
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.history.test_backfill import rows
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import FakeTool
from tests.factories import DAY, MINUTE, Clock

RELEASE = "job/acme/job/release"


@pytest.fixture
def jenkins(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeJenkins:
    monkeypatch.setattr(module, "_without_stages", Remembered(100, module.HOUR_MS))
    return FakeJenkins(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "jenkins", USER_TOKEN)


def a_run(jenkins: FakeJenkins, number: int, minutes_ago: int, ended: str | None = "SUCCESS") -> FakeRun:
    made = FakeRun(number, RELEASE, jenkins.clock() - minutes_ago * MINUTE, ended, minutes=10)
    jenkins.runs.setdefault(RELEASE, []).append(made)
    return made


def tell(store: Store, team: Team, jenkins: FakeJenkins, run: FakeRun, hooks: int = 9) -> None:
    """The first so many posts of it."""
    for hook in list(hooks_of(jenkins, run))[:hooks]:
        store.recorder.apply(team.id, hook.events)


def stages_of(store: Store, team: Team) -> list[str]:
    """Of the newest run."""
    (row,) = rows(store, team)
    newest = store.executions.list_of_pipeline(row.id, 1).items[0]
    return [stage.name for stage in store.executions.get(newest.id).stages]


def test_run_whose_end_was_lost_ends_with_the_stages_that_no_plugin_posts(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    tell(store, team, jenkins, a_run(jenkins, 7, 40, "FAILURE"), hooks=1)
    assert stages_of(store, team) == ["release"]
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert (row.in_flight, row.result.status, row.result.stage) == ((), Status.FAILED, "Test")
    assert stages_of(store, team) == ["Build", "Test"]


def test_worse_word_at_the_very_end_holds(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins
) -> None:
    """`FINALIZED` may be worse than `COMPLETED`: where it was lost the API tells it."""
    run = a_run(jenkins, 7, 40)
    tell(store, team, jenkins, run, hooks=2)
    run.ended = "FAILURE"
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.FAILED


def test_run_that_waits_for_somebody_waits_and_goes_on(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    run = a_run(jenkins, 7, 12, None)
    run.waits = True
    tell(store, team, jenkins, run, hooks=1)
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.in_flight[0].status, row.in_flight[0].stages[-1].name) == (Status.WAITING, "Deploy")
    clock.move(11 * MINUTE)
    run.waits = False
    jenkins.described = lambda run: {  # type: ignore[method-assign]
        "stages": [
            {
                "name": "Deploy",
                "status": "IN_PROGRESS",
                "startTimeMillis": run.began_at + 6 * MINUTE,
                "durationMillis": clock() - run.began_at - 6 * MINUTE,
                "pauseDurationMillis": 9 * MINUTE,
            }
        ]
    }
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.in_flight[0].status is Status.RUNNING


def test_old_run_is_looked_up_and_unknown_where_it_is_gone_or_another_has_its_number(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    old, gone, other = (FakeRun(n, RELEASE, clock() - (20 - n) * DAY, minutes=10) for n in (7, 6, 5))
    jenkins.runs[RELEASE] = [old, gone, other]
    for one in (old, gone, other):
        tell(store, team, jenkins, one, hooks=1)
    tell(store, team, jenkins, a_run(jenkins, 9, 30))
    jenkins.runs[RELEASE].remove(gone)
    other.queue_id = 77_000
    repair(store, connection)
    (row,) = rows(store, team)
    briefs = store.executions.list_of_pipeline(row.id, 9).items
    found = {one.number: (one.status, one.raw_status) for one in (store.executions.get(brief.id) for brief in briefs)}
    assert found == {
        "9": (Status.SUCCEEDED, "SUCCESS"),
        "7": (Status.SUCCEEDED, "SUCCESS"),
        "6": (Status.UNKNOWN, "gone"),
        "5": (Status.UNKNOWN, "gone"),
    }


def test_job_that_is_disabled_or_deleted_says_so(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    a_run(jenkins, 7, 40)
    jenkins.disabled = {RELEASE}
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.tool_state.state == DISABLED
    tell(store, team, jenkins, a_run(jenkins, 8, 20, None), hooks=1)
    del jenkins.runs[RELEASE]
    clock.move(70 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.tool_state.state == DELETED
    assert row.in_flight == (), "its run is unknown"


def test_branch_that_is_gone_says_nothing_of_its_project(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    main, topic = "job/acme/job/shop/job/main", "job/acme/job/shop/job/feature%252Fstock"
    for path, branch in ((main, "origin/main"), (topic, "origin/feature/stock")):
        jenkins.runs[path] = [FakeRun(1, path, clock() - 40 * MINUTE, checks_out=branch)]
    repair(store, connection)
    del jenkins.runs[topic]
    clock.move(70 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert (row.name, row.tool_state.state) == ("shop", "")
    assert [one.problem for one in store.backfills.list_projects(connection.id)] == ["", ""]


def test_unended_run_of_another_branch_is_looked_up_once(
    store: Store, team: Team, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    main, topic = "job/acme/job/shop/job/main", "job/acme/job/shop/job/feature%252Fstock"
    lost = FakeRun(1, topic, clock() - 14 * DAY, checks_out="origin/feature/stock")
    jenkins.runs = {main: [FakeRun(1, main, clock() - 40 * MINUTE)], topic: [lost]}
    tell(store, team, jenkins, lost, hooks=1)
    repair(store, connection)
    (row,) = rows(store, team)
    assert {one.status for one in store.executions.list_of_pipeline(row.id, 9).items} == {Status.SUCCEEDED}
    assert len([asked for asked in jenkins.tool.asked if asked.path.endswith("stock/1/api/json")]) == 1


def test_what_has_ended_costs_a_request_for_all_of_it(
    store: Store, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    for number in range(1, 11):
        a_run(jenkins, number, 400 - 10 * number)
    repair(store, connection)
    clock.move(11 * MINUTE)
    before = jenkins.calls
    repair(store, connection)
    assert jenkins.calls - before == 1
