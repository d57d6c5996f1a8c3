"""What Jenkins' API tells of one run: its stages, what it checked out, who began it, and what makes no sense."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.history import jenkins as module
from dashboard.history.registry import reader_of
from dashboard.history.remembered import Remembered
from dashboard.tool_apis.errors import NothingThere
from storage.model.backfill import Project
from storage.model.entities import Connection, StageKind, Status, Team
from storage.model.events import ActionChanged, StageChanged
from storage.store import Store
from tests.dashboard.history.fake_jenkins import SITE, USER_TOKEN, FakeJenkins, FakeRun
from tests.dashboard.history.letting_in import let_in
from tests.dashboard.tool_apis.fake_tool import FakeTool, as_json
from tests.factories import MINUTE, Clock

RELEASE = "job/acme/job/release"


@pytest.fixture
def jenkins(tool: FakeTool, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeJenkins:
    monkeypatch.setattr(module, "_without_stages", Remembered(100, module.HOUR_MS))
    return FakeJenkins(tool, clock)


@pytest.fixture
def connection(store: Store, team: Team, tool: FakeTool) -> Connection:
    return let_in(store, team, tool, "jenkins", USER_TOKEN)


def reader(store: Store, connection: Connection) -> Any:
    return reader_of(store, connection)


def a_project(path: str = RELEASE) -> Project:
    return Project(path, told=json.dumps({"path": path, "url": f"{SITE}/{path}/", "shown": path.rpartition("/")[2]}))


def test_plugin_that_is_missing_is_asked_for_once_an_hour(
    store: Store, connection: Connection, jenkins: FakeJenkins, clock: Clock
) -> None:
    jenkins.staged = False
    jenkins.runs[RELEASE] = [FakeRun(n, RELEASE, clock() - (90 - n) * 60 * MINUTE) for n in (1, 2, 3)]
    history = reader(store, connection)
    runs = history.runs(a_project(), 0, "").runs
    assert [run.has_jobs for run in runs] == [False] * 3
    found = [history.jobs(a_project(), run.execution, 1) for run in runs]
    assert [[event.stage for event in events if isinstance(event, StageChanged)] for events in found] == [
        ["release"]
    ] * 3
    assert jenkins.calls == 1 + 1
    clock.move(2 * module.HOUR_MS)
    jenkins.staged = True
    stages = [e.stage for e in history.jobs(a_project(), runs[0].execution, 1) if isinstance(e, StageChanged)]
    assert stages == ["Build", "Test"]


def test_freestyle_run_needs_no_further_request(store: Store, connection: Connection, jenkins: FakeJenkins) -> None:
    jenkins.runs[RELEASE] = [FakeRun(n, RELEASE, jenkins.clock() - n * 60 * MINUTE, plain=True) for n in (1, 2)]
    runs = reader(store, connection).runs(a_project(), 0, "").runs
    assert [(run.has_jobs, [type(event).__name__ for event in run.events]) for run in runs] == [
        (True, ["ExecutionChanged", "StageChanged", "ActionChanged"])
    ] * 2
    assert jenkins.calls == 1


def test_stages_of_one_name_and_of_the_jobs_are_told_apart(
    store: Store, connection: Connection, jenkins: FakeJenkins, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = "job/acme/job/deploy-production"
    jenkins.runs[path] = [FakeRun(1, path, jenkins.clock() - 60 * MINUTE)]
    whole = jenkins.described

    def described(run: FakeRun) -> dict[str, Any]:
        told = whole(run)
        first = told["stages"][0]
        names = ["Test", "Test", "deploy-production", "", "Apply"]
        return {**told, "stages": [*({**first, "name": name} for name in names), {**first, "startTimeMillis": None}]}

    monkeypatch.setattr(jenkins, "described", described)
    found = reader(store, connection).jobs(a_project(path), f"{path}/1@5001", 1)
    stages = [event for event in found if isinstance(event, StageChanged)]
    assert [one.stage for one in stages] == ["Test", "Test (2)", "deploy-production (stage)", "Apply"]
    assert (stages[-1].kind, found[0].stages[-1]) == ("", "Apply"), "a stage that is named for it says it already"
    names = ["Checkout", "Apply"]
    monkeypatch.setattr(
        jenkins,
        "described",
        lambda run: {"stages": [{**whole(run)["stages"][0], "name": name} for name in names]},
    )
    found = reader(store, connection).jobs(a_project(path), f"{path}/1@5001", 1)
    assert [event.kind for event in found if isinstance(event, StageChanged)] == ["", StageKind.PRODUCTION.value]


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("SUCCESS", Status.SUCCEEDED),
        ("UNSTABLE", Status.FAILED),
        ("FAILED", Status.FAILED),
        ("ABORTED", Status.CANCELLED),
        ("NOT_EXECUTED", Status.SKIPPED),
        ("IN_PROGRESS", Status.RUNNING),
        ("PAUSED_PENDING_INPUT", Status.WAITING),
        ("BRAND_NEW", Status.UNKNOWN),
    ],
)
def test_each_word_of_a_stage_has_its_status(
    store: Store,
    connection: Connection,
    jenkins: FakeJenkins,
    word: str,
    status: Status,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    jenkins.runs[RELEASE] = [FakeRun(1, RELEASE, jenkins.clock() - 60 * MINUTE)]
    whole = jenkins.described
    monkeypatch.setattr(
        jenkins, "described", lambda run: {"stages": [{**one, "status": word} for one in whole(run)["stages"]]}
    )
    found = reader(store, connection).jobs(a_project(), f"{RELEASE}/1@5001", 1)
    stages = [event for event in found if isinstance(event, StageChanged)]
    assert {(one.status, one.raw_status) for one in stages} == {(status, word)}
    ended = status.finished or status is Status.UNKNOWN
    assert {one.finished for one in stages} == {ended}, "of a run that has ended, nobody knows a word that goes on"


def test_library_that_was_checked_out_first_is_not_taken_for_a_branchs_commit(
    store: Store, connection: Connection, jenkins: FakeJenkins
) -> None:
    path = "job/acme/job/shop/job/feature%252Fstock"
    jenkins.runs[path] = [FakeRun(1, path, jenkins.clock() - 60 * MINUTE, checks_out="origin/feature/stock")]
    build = jenkins.build
    jenkins.build = lambda run: {**build(run), "actions": build(run)["actions"][::-1]}  # type: ignore[method-assign]
    (run,) = reader(store, connection).runs(a_project(path), 0, "").runs
    changed = run.events[0]
    assert (changed.commit, changed.branch) == (f"{1:040x}", "feature/stock")
    assert changed.pipeline.key == "jenkins.acme.example/ci/job/acme/job/shop"


def test_run_that_another_started_names_it(store: Store, connection: Connection, jenkins: FakeJenkins) -> None:
    jenkins.runs[RELEASE] = [FakeRun(1, RELEASE, jenkins.clock() - 60 * MINUTE, checks_out="")]
    build, cause = jenkins.build, {"upstreamProject": "acme/build", "upstreamBuild": 41}
    jenkins.build = lambda run: {  # type: ignore[method-assign]
        **build(run),
        "actions": [{"causes": [cause]}],
        "changeSets": [],
    }
    (run,) = reader(store, connection).runs(a_project(), 0, "").runs
    changed = run.events[0]
    assert (changed.upstream, changed.actor, changed.message, changed.commit) == ("acme/build #41", "", "", "")


@pytest.mark.parametrize(("also", "scheduled"), [({}, True), ({"userName": "Ada"}, False)])
def test_run_that_a_timer_began_says_when_unless_somebody_ran_it_again(
    store: Store, connection: Connection, jenkins: FakeJenkins, also: dict[str, str], scheduled: bool
) -> None:
    began = jenkins.clock() - 60 * MINUTE
    jenkins.runs[RELEASE] = [FakeRun(1, RELEASE, began)]
    build, causes = jenkins.build, [{"_class": "hudson.triggers.TimerTrigger$TimerTriggerCause"}, also]
    jenkins.build = lambda run: {**build(run), "actions": [{"causes": causes}]}  # type: ignore[method-assign]
    (run,) = reader(store, connection).runs(a_project(), 0, "").runs
    assert run.events[0].scheduled_at == (began if scheduled else None)


def test_what_makes_no_sense_is_left_out(store: Store, connection: Connection, jenkins: FakeJenkins) -> None:
    jenkins.runs[RELEASE] = [FakeRun(n, RELEASE, jenkins.clock() - (9 - n) * 60 * MINUTE) for n in (1, 2, 3)]
    answer = jenkins.tool.answer
    lies = [(b'"number": 1,', b'"number": "x",'), (b'"number": 2, "url"', b'"number": 2, "timestump": 1, "url"')]

    def lie(asked: Any) -> Any:
        told = answer(asked)
        body = told.body
        for true, lied in lies:
            body = body.replace(true, lied)
        found = json.loads(body)
        for one in found["allBuilds"]:
            one.pop("timestamp") if "timestump" in one else None
            one.update(result=None) if one["number"] == 3 else None
        return type(told)(told.status, json.dumps(found).encode(), told.headers)

    jenkins.tool.answer = lie  # type: ignore[method-assign]
    (run,) = reader(store, connection).runs(a_project(), 0, "").runs
    changed = run.events[0]
    assert (changed.number, changed.status, changed.raw_status, changed.finished) == (
        "3",
        Status.UNKNOWN,
        "no result",
        True,
    )


def test_what_is_no_job_of_the_server_is_none(store: Store, connection: Connection, tool: FakeTool) -> None:
    jobs = [{"name": "x", "url": "https://elsewhere.example/view/x/"}, {"name": "y"}]
    tool.answers["/api/json"] = as_json({"jobs": jobs})
    assert reader(store, connection).projects("").projects == ()


def test_runs_of_a_job_that_is_there_and_are_not_to_be_had_are_a_problem(
    store: Store, connection: Connection, tool: FakeTool
) -> None:
    tool.answers[f"/{RELEASE}/api/json"] = lambda asked: (
        as_json({"buildable": True}) if asked.query["tree"] == "buildable" else as_json({}, 404)
    )
    with pytest.raises(NothingThere):
        reader(store, connection).runs(a_project(), 0, "")


def test_run_of_cdevents_has_no_further_stages(store: Store, connection: Connection, jenkins: FakeJenkins) -> None:
    """Its id has no number of the queue: it is another one here."""
    jenkins.runs[RELEASE] = [FakeRun(1, RELEASE, jenkins.clock() - 60 * MINUTE)]
    history = reader(store, connection)
    assert history.run(a_project(), f"{RELEASE}/1") is None
    assert history.run(a_project(), "nonsense") is None
    assert history.jobs(a_project(), "nonsense", 1) == ()


def test_console_of_a_green_run_with_stages_is_left_out(
    store: Store, connection: Connection, jenkins: FakeJenkins
) -> None:
    jenkins.runs[RELEASE] = [FakeRun(1, RELEASE, jenkins.clock() - 60 * MINUTE)]
    found = reader(store, connection).jobs(a_project(), f"{RELEASE}/1@5001", 1)
    assert not any(isinstance(event, ActionChanged) for event in found)
