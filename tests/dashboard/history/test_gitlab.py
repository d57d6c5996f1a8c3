"""GitLab's past: read whole, newest first, one with what its hooks told, within its quota."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.auth.sealing import seal
from dashboard.history.checking import check
from dashboard.history.gitlab import GitLabHistory
from dashboard.history.working import begin
from dashboard.tool_apis.gitlab import GitLabApi
from storage.keys import new_id
from storage.model.backfill import BackfillState, Project
from storage.model.document import replace
from storage.model.entities import ApiAccess, Connection, Status, Team, Voice
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged, by_execution
from storage.store import Store
from tests.dashboard.history.fake_gitlab import FakeGitLab, FakePipeline
from tests.dashboard.history.gitlab_hooks import hook, hooks_of, parsed
from tests.dashboard.history.test_backfill import Killed, Killer, read_all, records, rows
from tests.dashboard.history.test_one_run import derived
from tests.dashboard.history.test_repair import repair
from tests.dashboard.tool_apis.fake_tool import Answer, FakeTool, as_json, served
from tests.factories import BY, DAY, IN_MEMORY, MINUTE, NOW, Clock


@pytest.fixture
def gitlab(tool: FakeTool, clock: Clock) -> FakeGitLab:
    return FakeGitLab(tool, clock)


def a_connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    access = ApiAccess(token=seal("glpat-a-token"), address=tool.address)
    made = Connection(new_id(), team.id, "gitlab", seal("x" * 20), NOW, api=access)
    store.connections.create(made, BY)
    return made


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return a_connection(store, team, tool)


def a_history(gitlab: FakeGitLab) -> GitLabHistory:
    return GitLabHistory(GitLabApi("glpat-x", gitlab.tool.address, now=gitlab.clock))


def first_project(history: GitLabHistory) -> Project:
    found = history.projects("").projects[0]
    return Project(found.id, told=found.told)


def test_whole_past_is_read_and_newest_runs_have_their_stages(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.fill(projects=2, days=60, runs_a_day=2)
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.projects, done.runs, done.problem) == (BackfillState.DONE, 2, 2 * 120, "")
    lists, jobs = 1 + 2 * (2 + 1), 2 * 21 * 3
    assert done.calls == gitlab.calls == lists + jobs, "two pages and one of children; three for each of the newest"
    for row in rows(store, team):
        leader = row.in_flight[0]
        assert (leader.status, [stage.name for stage in leader.stages]) == (Status.RUNNING, ["build", "test"])
        assert row.result.status is Status.SUCCEEDED
    for history in records(store, team).values():
        newest = sorted(history.all(), key=lambda run: -run.order)
        assert [len(run.stages) for run in newest[:19]] == [2] * 19


def test_projects_are_read_page_by_page_whatever_links_say(
    store: Store, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.pipelines = {f"shop-{number:03d}": [] for number in range(110)}
    begin(store, connection, BY)
    assert read_all(store, connection).projects == 110


@pytest.mark.parametrize("seed", range(2))
def test_killed_anywhere_it_leaves_what_an_unbroken_one_does(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab, other_store: Store, seed: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    gitlab.fill(projects=2, days=14, runs_a_day=4)
    gitlab.pipelines["shop-001"][5].again = True
    begin(store, connection, BY)
    with monkeypatch.context() as patched:
        killer = Killer(Random(seed))
        patched.setattr(store.recorder, "apply", killer.killed_before(store.recorder.apply))
        patched.setattr(store.backfills, "put", killer.killed_after(store.backfills.put))
        for _ in range(300):
            with suppress(Killed):
                read_all(store, connection)
    assert killer.kills > 5
    other_store.connections.create(replace(connection, version=1), BY)
    begin(other_store, connection, BY)
    read_all(other_store, connection)
    assert records(store, team) == records(other_store, team)


def test_no_more_than_the_share_of_a_minute_is_used_and_it_goes_on_by_itself(
    store: Store, connection: Connection, gitlab: FakeGitLab, clock: Clock
) -> None:
    gitlab.limit = 40
    gitlab.fill(projects=3, days=11, runs_a_day=10)
    begin(store, connection, BY)
    for _ in range(100):
        found = read_all(store, connection, share=0.5)
        if not found.state.works:
            break
        assert found.resumes_at == gitlab.resets_at
        clock.now = gitlab.resets_at
    assert (found.state, found.runs) == (BackfillState.DONE, 3 * 110)
    assert gitlab.most_used <= 20 + 6, "a step may need a few requests"


def test_quota_that_others_used_up_is_waited_for(
    store: Store, connection: Connection, gitlab: FakeGitLab, clock: Clock
) -> None:
    gitlab.fill(projects=1, days=1, runs_a_day=2)
    gitlab.limit = 0
    begin(store, connection, BY)
    assert read_all(store, connection).resumes_at >= gitlab.resets_at
    gitlab.limit = 2000
    clock.now = gitlab.resets_at
    assert read_all(store, connection).state is BackfillState.DONE


def test_answers_that_fail_now_and_then_are_asked_for_again(
    store: Store, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.fill(projects=2, days=5, runs_a_day=4)
    gitlab.fails_every = 3
    begin(store, connection, BY)
    done = read_all(store, connection)
    assert (done.state, done.runs, done.problem) == (BackfillState.DONE, 2 * 20, "")


def test_project_that_may_not_be_read_keeps_no_other_waiting(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.fill(projects=3, days=2, runs_a_day=2)
    gitlab.hidden = {"shop-001"}
    begin(store, connection, BY)
    assert read_all(store, connection).state is BackfillState.DONE
    told = {one.id: one.problem for one in store.backfills.list_projects(connection.id)}
    assert "hides it" in told["acme/shop-001"]
    assert len(rows(store, team)) == 2


def test_child_pipelines_are_a_pipeline_of_their_own_that_lists_leave_out(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.pipelines["shop"] = [
        FakePipeline(51, "shop", NOW - 30 * MINUTE, child=True),
        FakePipeline(50, "shop", NOW - 31 * MINUTE),
    ]
    begin(store, connection, BY)
    read_all(store, connection)
    named = {row.name: row for row in rows(store, team)}
    assert set(named) == {"Shop", "Shop · child pipelines"}
    (run,) = [run for history in records(store, team).values() for run in history.all() if run.order == 50]
    told = store.executions.get(run.id)
    (bridge,) = [action for stage in told.stages for action in stage.actions if action.name == "children"]
    assert bridge.url.endswith("/-/pipelines/51"), "what it began has a page, it has none"


def test_merge_requests_never_speak_for_the_default_branch(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    gitlab.pipelines["shop"] = [
        *[FakePipeline(100 + place, "shop", NOW - (50 - place) * MINUTE, "failed", request=4) for place in range(30)],
        FakePipeline(90, "shop", NOW - 100 * MINUTE, "success"),
    ]
    begin(store, connection, BY)
    read_all(store, connection)
    (row,) = rows(store, team)
    assert row.result.status is Status.SUCCEEDED
    listed = map(store.executions.get, [one.id for one in store.executions.list_of_pipeline(row.id, 50).items])
    told = {one.external_id: (one.branch, one.ref, one.voice) for one in listed}
    assert told["129"] == ("topic-4", "#4", Voice.OTHER)
    assert told["101"] == ("", "#4", Voice.OTHER), "its jobs were not read"


def test_job_that_was_run_again_is_told_with_the_one_before(gitlab: FakeGitLab) -> None:
    gitlab.pipelines["shop"] = [FakePipeline(50, "shop", NOW - 60 * MINUTE, again=True)]
    history = a_history(gitlab)
    told = history.jobs(first_project(history), "50", 1)
    jobs = [(one.name, one.action, one.status) for one in told if isinstance(one, ActionChanged)]
    assert jobs == [
        ("test", "504", Status.SUCCEEDED),
        ("build", "501", Status.SUCCEEDED),
        ("test", "502", Status.FAILED),
    ]
    (run,) = [one for one in told if isinstance(one, ExecutionChanged)]
    assert run.stages == ("build", "test")


def test_pipeline_that_runs_once_more_stands_so_though_it_tells_when_it_ended(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    run = FakePipeline(50, "shop", NOW - 20 * MINUTE, "failed", minutes=5)
    gitlab.pipelines["shop"] = [run]
    for body in hooks_of(gitlab, run):
        store.recorder.apply(team.id, parsed(body))
    run.ended, run.reran, run.created_at = None, True, run.created_at
    gitlab._updated_at = lambda run: NOW - MINUTE  # type: ignore[method-assign]
    repair(store, connection)
    (row,) = rows(store, team)
    assert [one.status for one in row.in_flight] == [Status.RUNNING]


def test_run_whose_end_was_lost_ends_with_its_stages(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    run = FakePipeline(50, "shop", NOW - 40 * MINUTE, "failed")
    gitlab.pipelines["shop"] = [run]
    store.recorder.apply(team.id, parsed(next(hooks_of(gitlab, run))))
    assert repair(store, connection).repaired == 1
    (row,) = rows(store, team)
    assert row.in_flight == ()
    assert (row.result.status, row.result.stage) == (Status.FAILED, "test")


def test_list_tells_no_later_end_than_the_hook_did(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    """It tells when a pipeline changed last, which is a little after it ended."""
    run = FakePipeline(50, "shop", NOW - 40 * MINUTE, "failed")
    gitlab.pipelines["shop"] = [run]
    for body in hooks_of(gitlab, run):
        told = store.recorder.apply(team.id, parsed(body))
    history = a_history(gitlab)
    (found,) = history.runs(first_project(history), 0, "").runs
    store.recorder.apply(team.id, found.events)
    assert store.executions.get(told.execution_id).finished_at == run.ended_at


def test_run_of_long_ago_is_looked_up_and_one_that_is_gone_is_unknown(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab
) -> None:
    old, lost = FakePipeline(50, "shop", NOW - 20 * DAY, "failed"), FakePipeline(49, "shop", NOW - 21 * DAY)
    gitlab.pipelines["shop"] = [FakePipeline(70, "shop", NOW - 40 * MINUTE), old, lost]
    for run in (old, lost):
        store.recorder.apply(team.id, parsed(hook(gitlab, run, "running", [])))
    gitlab.pipelines["shop"].remove(lost)
    repair(store, connection)
    (row,) = rows(store, team)
    briefs = store.executions.list_of_pipeline(row.id, 50).items
    told = {one.external_id: (one.status, one.raw_status) for one in map(store.executions.get, [b.id for b in briefs])}
    assert (told["50"], told["49"]) == ((Status.FAILED, "failed"), (Status.UNKNOWN, "gone"))


@pytest.mark.parametrize(
    ("beside", "state"),
    [({"archived": True}, "disabled"), ({"builds_access_level": "disabled"}, "disabled"),
     ({"marked_for_deletion_on": "2026-12-01"}, "deleted"), ({"jobs_enabled": False}, "disabled")],
)  # fmt: skip
def test_project_that_was_archived_or_is_to_be_deleted_says_so_until_it_runs_again(
    store: Store, team: Team, connection: Connection, gitlab: FakeGitLab, clock: Clock, beside: Any, state: str
) -> None:
    gitlab.pipelines["shop"] = [FakePipeline(70, "shop", NOW - 40 * MINUTE)]
    repair(store, connection)
    gitlab.states["shop"] = beside
    clock.move(2 * 60 * MINUTE)
    repair(store, connection)
    (row,) = rows(store, team)
    assert row.tool_state.state == state
    gitlab.states.clear()
    clock.move(2 * 60 * MINUTE)
    repair(store, connection)
    assert rows(store, team)[0].tool_state.state == ""


def test_check_says_what_may_be_read(store: Store, connection: Connection, gitlab: FakeGitLab) -> None:
    gitlab.fill(projects=2, days=1, runs_a_day=2)
    found = check(store, connection)
    assert found.works
    assert "shows 2 projects; the runs of acme/shop-001 can be read; 1997 of 2000 calls remain" in found.words


def test_what_makes_no_sense_is_left_out(gitlab: FakeGitLab) -> None:
    gitlab.pipelines["shop"] = [FakePipeline(50, "shop", NOW - 60 * MINUTE, request=4)]
    history = a_history(gitlab)
    project, tool = first_project(history), gitlab.tool
    answers: dict[str, Answer] = {}
    answer = tool.answer
    tool.answer = lambda asked: answers.get(asked.path.rpartition("/")[2]) or answer(asked)  # type: ignore[method-assign]
    answers["pipelines"] = as_json([{"id": "x"}, {"id": 9, "status": "success"}, 7])
    assert history.runs(project, 0, "").runs == ()
    answers["50"] = as_json({"id": 50})
    assert history.jobs(project, "50", 1) == ()
    assert history.run(project, "50") is None
    answers["50"] = as_json([])
    assert history.jobs(project, "50", 1) == ()
    answers.clear()
    answers["jobs"] = as_json([])
    answers["4"] = as_json({"message": "403 Forbidden"}, 403)
    (run,) = history.jobs(project, "50", 1)
    assert run.branch == ""


def _by_api(gitlab: FakeGitLab) -> list[Sequence[AnyEvent]]:
    history = a_history(gitlab)
    project = first_project(history)
    runs = history.runs(project, NOW - 1000 * MINUTE, "").runs
    return [
        *[run.events for run in runs],
        *[part for run in runs for part in by_execution(history.jobs(project, run.execution, run.attempt))],
    ]


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), share=st.sampled_from([0.0, 0.3, 1.0]))
def test_api_and_hooks_in_any_order_come_to_the_same(seed: int, share: float) -> None:
    """`share`: of what hooks told, the rest was lost. By API all is told; so the API alone is what is right."""
    chance, began = Random(seed), NOW - 300 * MINUTE + 85
    with served() as tool:
        gitlab = FakeGitLab(tool, Clock())
        gitlab.pipelines["shop"] = [
            FakePipeline(107, "shop", began + 240 * MINUTE, None, minutes=90),
            FakePipeline(106, "shop", began + 200 * MINUTE, "success", request=4),
            FakePipeline(105, "shop", began + 120 * MINUTE, "success", again=True),
            FakePipeline(104, "shop", began + 60 * MINUTE, "failed"),
            FakePipeline(103, "shop", began + 30 * MINUTE, "canceled", ref="v1.2", tag=True),
            FakePipeline(102, "shop", began, "success", ref="topic"),
        ]
        api = _by_api(gitlab)
        hooks = [parsed(body) for run in gitlab.pipelines["shop"] for body in hooks_of(gitlab, run)]
    told = [*api, *[one for one in hooks if chance.random() < share], *chance.choices(api, k=5)]
    chance.shuffle(told)
    with TemporaryDirectory(dir=IN_MEMORY) as mixed, TemporaryDirectory(dir=IN_MEMORY) as plain:
        assert derived(told, Path(mixed)) == derived(api, Path(plain))
