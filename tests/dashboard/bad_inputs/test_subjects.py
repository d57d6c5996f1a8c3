"""Numbers 55 to 63: events of other people's things, of things that are gone, and things with odd names and links."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from storage import keys
from storage.codec import items
from storage.model import merge
from storage.model import run_history as runs
from storage.model.entities import Status
from storage.table import Delete, Key
from tests.dashboard.bad_inputs.bodies import HOUR, RUN, of_stage, pipeline, post_all, workflow_job
from tests.dashboard.bad_inputs.scene import Scene, all_shown, every_item, is_clean
from tests.dashboard.bodies import REPOSITORY, workflow_run
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, NOW, a_run, action_changed, execution_changed


def test_55_body_that_names_what_is_the_neighbours_makes_things_of_ones_own(scene: Scene) -> None:
    """That theirs stays as it was is looked at after every test here."""
    theirs = scene.store.executions.get(keys.execution_id(scene.neighbours.id, "github", "5001"))
    claims = {"team": scene.neighbours.id, "team_id": scene.neighbours.id, "connection": scene.theirs.id}
    run = workflow_run(status="completed", conclusion="failure", at=NOW + HOUR)
    claimed = {**run, **claims, "workflow_run": {**run["workflow_run"], **claims}}
    assert scene.post("github", claimed).status_code == 202
    named = [theirs.id, theirs.pipeline_id, theirs.external_id, f"arn:aws:codepipeline:us-east-1:1:{theirs.id}"]
    for name in named:
        body = pipeline("FAILED", account=scene.neighbours.id, resources=[name])
        detail = {**body["detail"], "execution-id": name, "pipeline": theirs.pipeline_id, **claims}
        assert is_clean(scene.post("codepipeline", {**body, "detail": detail, **claims}))
    assert theirs.id not in {execution.id for execution in scene.executions().values()}
    assert {row.team_id for row in scene.board()} == {scene.team.id}


def keys_of(scene: Scene, what: str) -> list[Key]:
    execution = scene.execution()
    return {
        "execution": [items.execution_key(execution.id)],
        "pipeline": [items.record_key(execution.pipeline_id), items.row_key(scene.team.id, execution.pipeline_id)],
        "row": [items.row_key(scene.team.id, execution.pipeline_id)],
        "team": [items.team_key(scene.team.id), items.slug_key(scene.team.slug)],
    }[what]


@pytest.mark.parametrize("what", ["execution", "pipeline", "row", "team"])
def test_56_event_for_what_was_deleted_is_answered(visitor: Visitor, scene: Scene, what: str) -> None:
    scene.post("github", workflow_run())
    scene.store.table.transact([Delete(key) for key in keys_of(scene, what)])
    assert is_clean(scene.post("github", workflow_run(status="completed", conclusion="success", at=NOW + MINUTE)))
    if what != "team":
        assert scene.execution().status is Status.SUCCEEDED
        assert all_shown(visitor, scene)


@pytest.mark.parametrize("what", ["execution", "pipeline", "row"])
def test_56_delete_between_read_and_write_of_an_event_loses_nothing_of_it(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    scene.post("github", workflow_run())
    keys, engine = keys_of(scene, what), scene.store.table.engine
    read = engine.batch_get

    def read_then_delete(wanted: Sequence[Key], *, consistent: bool) -> Any:
        found = read(wanted, consistent=consistent)
        monkeypatch.undo()
        engine.transact([Delete(key) for key in keys])
        return found

    monkeypatch.setattr(engine, "batch_get", read_then_delete)
    done = workflow_run(status="completed", conclusion="success", at=NOW + MINUTE)
    assert scene.post("github", done).status_code == 202
    assert scene.execution().status is Status.SUCCEEDED
    assert [row.latest.status for row in scene.board() if row.latest] == [Status.SUCCEEDED]


@pytest.mark.parametrize("full_name", ["acme/till", "umbrella/checkout"], ids=["57-renamed", "57-transferred"])
def test_repository_that_moves_in_mid_run_stays_one_pipeline(scene: Scene, full_name: str) -> None:
    scene.post("github", workflow_run())
    moved = {**REPOSITORY, "name": full_name.partition("/")[2], "full_name": full_name}
    done = workflow_run(status="completed", conclusion="success", at=NOW + MINUTE)
    assert scene.post("github", {**done, "repository": moved}).status_code == 202
    (row,) = scene.board()
    assert (row.repository, scene.execution().status) == (full_name, Status.SUCCEEDED)
    assert len(scene.executions()) == 1


def test_57_run_that_goes_on_in_another_repository_is_answered(visitor: Visitor, scene: Scene) -> None:
    scene.post("github", workflow_run())
    other = {**REPOSITORY, "id": 99, "full_name": "acme/other"}
    assert is_clean(scene.post("github", {**workflow_run(at=NOW + MINUTE), "repository": other}))
    assert all_shown(visitor, scene)


# What they are called

BRANCHES = {
    "58-255-bytes": ("é" * 127 + "x", "é" * 127 + "x"),
    "58-300-letters": ("x" * 300, "x" * 200),
    "58-option": ("--help", "--help"),
    "58-dots": ("../../x", "../../x"),
    "58-emoji": ("🚇/👩‍👩‍👧", "🚇/👩‍👩‍👧"),
    "58-right-to-left": ("\u202emain", "main"),
    "58-hebrew": ("תכונה/1", "תכונה/1"),
    "58-only-spaces": ("   ", ""),
    "58-null": (None, ""),
    "58-number": (7, ""),
    "58-separator": ("a#b\x1fc", "a#bc"),
}


@pytest.mark.parametrize(("told", "kept"), BRANCHES.values(), ids=BRANCHES)
def test_odd_branch_is_kept_harmless(visitor: Visitor, scene: Scene, told: object, kept: str) -> None:
    trigger = {"execution-trigger": {"branch-name": told}}
    body = pipeline()
    assert scene.post("github", workflow_run(head_branch=told)).status_code == 202
    assert scene.post("codepipeline", {**body, "detail": {**body["detail"], **trigger}}).status_code == 202
    assert scene.execution().branch == scene.execution(RUN, "codepipeline").branch == kept
    assert all_shown(visitor, scene)


@pytest.mark.parametrize(
    ("names", "kept"),
    [
        pytest.param(["build", "build"], ["build"], id="59-same"),
        pytest.param(["build", "Build"], ["Build", "build"], id="59-case"),
        pytest.param(["Caf\u00e9", "Cafe\u0301"], ["Caf\u00e9"], id="59-composed-and-not"),
        pytest.param(["build", "build ", "\tbuild"], ["build"], id="59-spaces"),
        pytest.param(["a/b", "a"], ["a", "a/b"], id="59-slash"),
    ],
)
def test_stages_with_almost_one_name_are_the_same_or_not(
    visitor: Visitor, scene: Scene, names: list[str], kept: list[str]
) -> None:
    jobs = [workflow_job(number, name) for number, name in enumerate(names, 1)]
    assert post_all(scene, "github", jobs, "workflow_job") == {202}
    assert post_all(scene, "codepipeline", [of_stage(name) for name in names]) == {202}
    assert post_all(scene, "codepipeline", [of_stage(name, action=name) for name in names]) == {202}
    for execution in scene.executions().values():
        assert sorted(stage.name for stage in execution.stages) == kept
    assert all_shown(visitor, scene)


NAMES = {
    "60-empty": ("", ["job"]),
    "60-spaces": (" \t ", ["job"]),
    "60-null": (None, ["job"]),
    "60-1-mb": ("x" * 1_000_000, ["x" * 200]),
    "60-mb-of-marks": ("e" + "\u0301" * 500_000, None),
    "60-separator": ("a#b", ["a#b"]),
    "60-only-separators": ("###", ["###"]),
    "60-unit-separator": ("a\x1fb", ["ab"]),
    "60-key": ("PIPELINE#x", ["PIPELINE#x"]),
    "60-path": ("../..?x=<&>\"'", ["../..?x=<&>\"'"]),
    "60-json": ('"]}{["', ['"]}{["']),
}


@pytest.mark.parametrize(("told", "kept"), NAMES.values(), ids=NAMES)
def test_odd_stage_name_is_kept_harmless(visitor: Visitor, scene: Scene, told: object, kept: list[str] | None) -> None:
    assert scene.post("github", workflow_job(name=told), "workflow_job").status_code == 202
    names = [stage.name for stage in scene.execution().stages]
    assert names == kept if kept else len(names[0]) <= 200
    assert is_clean(scene.post("codepipeline", of_stage(told)))
    assert is_clean(scene.post("codepipeline", of_stage(told, action=told)))
    body = pipeline()
    assert is_clean(scene.post("codepipeline", {**body, "detail": {**body["detail"], "pipeline": told}}))
    assert is_clean(scene.post("github", workflow_run(name=told, path=told)))
    assert all_shown(visitor, scene)


def test_61_execution_without_stages_is_shown(visitor: Visitor, scene: Scene) -> None:
    assert scene.post("github", workflow_run(status="completed", conclusion="success")).status_code == 202
    assert scene.execution().stages == ()
    assert all_shown(visitor, scene)


def test_61_execution_with_ten_thousand_and_one_stages_goes_on(visitor: Visitor, scene: Scene) -> None:
    scene.post("github", workflow_run())
    at = NOW - MINUTE
    name = "a stage whose name is rather long, as those of called workflows are, number {:05d}"
    told = [action_changed("5001", name.format(n), action=str(n), queued_at=at, at=at) for n in range(10_001)]
    scene.store.recorder.apply(scene.team.id, told)
    assert scene.post("github", workflow_job(), "workflow_job").status_code == 202
    assert scene.post("github", workflow_run(status="completed", conclusion="success")).status_code == 202
    (row,) = scene.board()
    assert row.latest
    assert row.latest.status is Status.SUCCEEDED
    shown = visitor.get(f"/executions/{row.latest.execution_id}"), visitor.get("/teams/payments")
    assert [answer.status_code for answer in shown] == [200, 200]


def test_61_what_is_left_out_of_very_many_does_not_depend_on_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merge, "MOST_PARTS", 3)
    told = [action_changed("5001", name, at=NOW + at) for at, name in enumerate("edcbaabcde")]
    states = [merge.merge(merge.EMPTY, told), merge.merge(merge.EMPTY, reversed(told))]
    for event in told:
        states.append(merge.merge(states[-1], [event]))
    assert all(state.actions == states[0].actions for state in states)
    assert sorted(states[0].actions) == ["5001-a", "5001-b", "5001-c"]


def test_61_red_stage_among_very_many_is_on_the_board(scene: Scene) -> None:
    names = [f"stage {n}" for n in range(1000)]
    told = [action_changed("5001", name, started_at=NOW, status=Status.RUNNING) for name in names]
    scene.store.recorder.apply(scene.team.id, [execution_changed(), *told])
    failed = workflow_job(5001, "stage 999", conclusion="failure", started_at=None)
    assert scene.post("github", failed, "workflow_job").status_code == 202
    (row,) = scene.board()
    assert [stage.name for stage in row.stages if stage.status is Status.FAILED] == ["stage 999"]


def test_61_pipeline_of_many_long_stages_remembers_thirty_runs(scene: Scene) -> None:
    names = tuple("🚇" * 195 + f"{n:03d}" for n in range(60))
    for number in range(30):
        scene.store.recorder.apply(scene.team.id, a_run(str(5001 + number), stages=names))
    assert scene.post("github", workflow_run(5040)).status_code == 202
    (stored,) = scene.store.pipelines.list_board(scene.team.id)
    record = scene.store.pipelines.find(stored.row().id)
    assert record
    assert len(record.history.runs) == runs.KEPT
    assert len(record.history.runs[0].stages) == 60


LINKS = {
    "62-javascript": "javascript:alert(1)",
    "62-javascript-in-disguise": "java\nscript:alert(1)",
    "62-data": "data:text/html,evil",
    "62-no-scheme": "//evil.example/x",
    "62-password": "https://user:evil@example.com/",
    "62-64-kb": "https://example.com/" + "evil" * 16_384,
    "62-newline": "https://example.com/\nevil",
    "62-quote": 'https://example.com/"onclick="evil',
    "62-object": {"href": "evil"},
}


@pytest.mark.parametrize("url", LINKS.values(), ids=LINKS)
def test_odd_link_leads_nowhere(visitor: Visitor, scene: Scene, url: object) -> None:
    home = {**REPOSITORY, "html_url": url}
    assert scene.post("github", {**workflow_run(html_url=url), "repository": home}).status_code == 202
    assert scene.post("github", {**workflow_job(html_url=url), "repository": home}, "workflow_job").status_code == 202
    result: dict[str, Any] = {"execution-result": {"external-execution-url": url}}
    action = of_stage("Build", action="Build", **result)
    assert scene.post("codepipeline", action).status_code == 202
    assert not [text for text in every_item(scene.store).values() if "evil" in text]
    assert all_shown(visitor, scene)


PINGS = {
    "63-ping": ("github", {"zen": "Keep it logically awesome.", "hook_id": 1, "hook": {"type": "Repository"}}, "ping"),
    "63-ping-of-nothing": ("github", {}, "ping"),
    "63-scheduled": ("codepipeline", {"detail-type": "Scheduled Event", "source": "aws.events", "detail": {}}, ""),
    "63-words": ("codepipeline", "This is a test message", ""),
    "63-approval": ("codepipeline", {"region": "us-east-1", "approval": {"pipelineName": "ledger"}}, ""),
}


@pytest.mark.parametrize(("source", "body", "event"), PINGS.values(), ids=PINGS)
def test_test_event_is_ignored_with_a_reason(scene: Scene, source: str, body: object, event: str) -> None:
    answer = scene.post(source, body, event)
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert [noted.outcome for noted in scene.noted(source)] == ["ignored"]
    assert scene.executions() == {}
