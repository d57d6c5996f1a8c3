"""Numbers 42 to 54: right JSON that says odd things, or says them in an odd order or of an odd time."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from django.utils.html import escape

from storage.model.entities import Status
from tests.dashboard.bad_inputs.bodies import HOUR, RUN, pipeline, post_all, workflow_job
from tests.dashboard.bad_inputs.scene import Scene, all_shown, is_clean
from tests.dashboard.bodies import iso, workflow_run
from tests.dashboard.visiting import Visitor
from tests.factories import DAY, MINUTE, NOW

# What they are called


@pytest.mark.parametrize("event", ["teleported", "workflow_runs", "WORKFLOW_RUN", "x" * 9000, "\ud800", "../ping"])
def test_42_unknown_event_is_ignored_with_a_reason(visitor: Visitor, scene: Scene, event: str) -> None:
    answer = scene.post("github", workflow_run(), event)
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert scene.executions() == {}
    assert scene.noted()[0].outcome == "ignored"
    assert all_shown(visitor, scene)


@pytest.mark.parametrize("told", ["CodePipeline Pipeline Execution Teleported", "codepipeline", "", None, 7])
def test_42_unknown_detail_type_is_ignored(scene: Scene, told: object) -> None:
    answer = scene.post("codepipeline", {**pipeline(), "detail-type": told})
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")


@pytest.mark.parametrize(
    ("said", "status", "raw"),
    [
        pytest.param({"status": "dreaming"}, Status.UNKNOWN, "dreaming", id="42-status"),
        pytest.param({"status": "IN_PROGRESS"}, Status.UNKNOWN, "IN_PROGRESS", id="42-upper-case"),
        pytest.param({"status": "completed", "conclusion": "odd"}, Status.UNKNOWN, "odd", id="42-conclusion"),
        pytest.param({"status": "completed", "conclusion": None}, Status.UNKNOWN, "completed", id="43-no-conclusion"),
        pytest.param({"status": "completed", "conclusion": ""}, Status.UNKNOWN, "completed", id="43-empty-conclusion"),
        pytest.param({"conclusion": "failure"}, Status.RUNNING, "in_progress", id="43-conclusion-too-early"),
        pytest.param({"status": "queued", "conclusion": "success"}, Status.QUEUED, "queued", id="43-while-queued"),
    ],
)
def test_odd_status_is_kept_with_its_word(
    visitor: Visitor, scene: Scene, said: dict[str, Any], status: Status, raw: str
) -> None:
    assert scene.post("github", workflow_run(**said)).status_code == 202
    assert (scene.execution().status, scene.execution().raw_status) == (status, raw)
    assert all_shown(visitor, scene)


def test_42_unknown_action_and_state_are_read_for_what_they_are(visitor: Visitor, scene: Scene) -> None:
    assert scene.post("github", {**workflow_run(), "action": "teleported"}).status_code == 202
    assert scene.post("codepipeline", pipeline("DREAMING")).status_code == 202
    assert scene.execution().status is Status.RUNNING
    assert scene.execution(RUN, "codepipeline").status is Status.UNKNOWN
    assert all_shown(visitor, scene)


@pytest.mark.parametrize("number", [0, -1, 2**63, "1", 1.0, "001", None, True, [], {}], ids=lambda n: f"44-{n!r}")
def test_odd_run_id_is_refused_by_its_place(scene: Scene, number: object) -> None:
    run, job = (
        scene.post("github", workflow_run(id=number)),
        scene.post("github", workflow_job(id=number), "workflow_job"),
    )
    assert (run.status_code, run.json()["path"]) == (400, "workflow_run.id")
    assert (job.status_code, job.json()["path"]) == (400, "workflow_job.id")
    assert scene.executions() == {}


def test_44_largest_run_id_there_can_be_is_taken(visitor: Visitor, scene: Scene) -> None:
    assert scene.post("github", workflow_run(id=2**63 - 1)).status_code == 202
    assert all_shown(visitor, scene)


@pytest.mark.parametrize(
    "told", ["", "arn:aws:x", 7, None, "#", "x" * 5000, "a/../b?c#d"], ids=lambda t: f"44-{str(t)[:9]}"
)
def test_odd_execution_id_is_answered(visitor: Visitor, scene: Scene, told: object) -> None:
    body = pipeline()
    assert is_clean(scene.post("codepipeline", {**body, "detail": {**body["detail"], "execution-id": told}}))
    assert all_shown(visitor, scene)


@pytest.mark.parametrize(
    ("told", "attempt"), [(None, 1), (0, 1), (-5, 1), (10**9, 10**9), ("2", 2), (2.0, 2), ("two", 1), (2**64, 1)]
)
def test_45_odd_attempt_is_at_least_the_first(visitor: Visitor, scene: Scene, told: object, attempt: int) -> None:
    assert scene.post("github", workflow_run(run_attempt=told)).status_code == 202
    assert scene.execution().attempt == attempt
    assert all_shown(visitor, scene)


# When they come


def test_46_job_before_its_run_and_of_a_run_never_seen_are_shown(visitor: Visitor, scene: Scene) -> None:
    jobs = [workflow_job(), workflow_job(72, run_id=6001, conclusion="failure")]
    assert post_all(scene, "github", jobs, "workflow_job") == {202}
    never_seen = scene.execution("6001")
    assert (never_seen.status, never_seen.stages[0].status) == (Status.RUNNING, Status.FAILED)
    assert all_shown(visitor, scene)
    assert scene.post("github", workflow_run()).status_code == 202
    assert [stage.name for stage in scene.execution().stages] == ["build"]
    assert len(scene.board()) == 1


def test_47_run_told_backwards_stays_ended(scene: Scene) -> None:
    told = [("completed", NOW, "success"), ("in_progress", NOW + MINUTE, None), ("queued", NOW + 2 * MINUTE, None)]
    bodies = [workflow_run(status=status, at=at, conclusion=conclusion) for status, at, conclusion in told]
    assert post_all(scene, "github", bodies) == {202}
    assert (scene.execution().status, scene.execution().finished_at) == (Status.SUCCEEDED, NOW)


def test_48_late_events_of_the_first_attempt_leave_the_second_alone(scene: Scene) -> None:
    second = workflow_run(status="completed", conclusion="success", run_attempt=2)
    first = [
        workflow_run(status="completed", conclusion="failure", at=NOW + MINUTE),
        workflow_run(at=NOW + 2 * MINUTE),
    ]
    assert post_all(scene, "github", [second, *first]) == {202}
    late = workflow_job(conclusion="failure", completed_at=iso(NOW + HOUR))
    assert scene.post("github", late, "workflow_job").status_code == 202
    assert (scene.execution().attempt, scene.execution().status) == (2, Status.SUCCEEDED)
    (row,) = scene.board()
    assert row.latest
    assert row.latest.status is Status.SUCCEEDED


@pytest.mark.parametrize("order", [("STARTED", "SUCCEEDED"), ("SUCCEEDED", "STARTED")])
def test_49_started_and_succeeded_within_a_second_has_succeeded(scene: Scene, order: tuple[str, str]) -> None:
    assert post_all(scene, "codepipeline", [pipeline(state) for state in order]) == {202}
    assert scene.execution(RUN, "codepipeline").status is Status.SUCCEEDED


TOLD = (("FAILED", NOW), ("RESUMED", NOW + MINUTE), ("SUCCEEDED", NOW + 2 * MINUTE))


@pytest.mark.parametrize("order", list(itertools.permutations(TOLD)), ids=lambda order: "-".join(s for s, _ in order))
def test_50_failed_resumed_and_succeeded_read_right_in_any_order_and_doubled(
    scene: Scene, order: Sequence[tuple[str, int]]
) -> None:
    for state, at in order:
        assert scene.post("codepipeline", pipeline(state, at), key=f"{state:-^36}").status_code == 202
        assert scene.post("codepipeline", pipeline(state, at), key=f"{state:-^36}").json() == {"status": "duplicate"}
    assert post_all(scene, "codepipeline", [pipeline(state, at) for state, at in order]) == {202}
    execution = scene.execution(RUN, "codepipeline")
    assert (execution.status, execution.finished_at) == (Status.SUCCEEDED, NOW + 2 * MINUTE)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_51_of_two_ends_of_one_attempt_the_later_holds_in_either_order(scene: Scene, order: tuple[int, int]) -> None:
    ends = [
        workflow_run(status="completed", conclusion="failure"),
        workflow_run(status="completed", conclusion="success", at=NOW + MINUTE),
    ]
    assert post_all(scene, "github", [ends[place] for place in order]) == {202}
    assert scene.execution().status is Status.SUCCEEDED


# Times


@pytest.mark.parametrize(
    "times",
    [
        pytest.param({"run_started_at": iso(NOW + HOUR)}, id="52-started-after-finished"),
        pytest.param({"run_started_at": None, "created_at": None}, id="52-finished-without-started"),
        pytest.param({"created_at": iso(NOW + HOUR), "run_started_at": iso(NOW)}, id="52-queued-last"),
    ],
)
def test_times_in_the_wrong_order_are_shown_without_a_duration_below_nothing(
    visitor: Visitor, scene: Scene, times: dict[str, Any]
) -> None:
    assert scene.post("github", workflow_run(status="completed", conclusion="success", **times)).status_code == 202
    swapped = workflow_job(started_at=iso(NOW), completed_at=iso(NOW - HOUR))
    assert scene.post("github", swapped, "workflow_job").status_code == 202
    assert all_shown(visitor, scene)
    assert "-1:" not in visitor.text(f"/executions/{scene.execution().id}")


TIMES = {
    "53-year-1": ("0001-01-01T00:00:00Z", 200),
    "53-year-9999": ("9999-12-31T23:59:59Z", 200),
    "53-leap-second": ("2026-11-23T11:59:60Z", 202),
    "53-no-zone": ("2026-11-23T11:59:00", 202),
    "53-far-east": ("2026-11-24T01:59:00+14:00", 202),
    "53-words-for-a-zone": ("2026-11-23 11:59:00 UTC", 202),
    "53-epoch-milliseconds": (NOW, 202),
    "53-epoch-seconds": (NOW // 1000, 202),
    "53-epoch-text": (str(NOW), 202),
    "53-epoch-nanoseconds": (NOW * 1_000_000, 400),
    "53-before-the-year-1": ("0001-01-01T00:00:00+14:00", 400),
    "53-second-61": ("2026-11-23T11:59:61Z", 400),
    "53-february-30": ("2026-02-30T11:59:00Z", 400),
    "53-words": ("yesterday", 400),
    "54-24-hours-ahead": (iso(NOW + DAY), 202),
    "54-25-hours-ahead": (iso(NOW + DAY + HOUR), 200),
    "54-before-the-year-2000": ("1999-12-31T23:59:59Z", 200),
}


@pytest.mark.parametrize(("told", "code"), TIMES.values(), ids=TIMES)
def test_odd_time_of_an_event_is_read_kept_out_or_refused(
    visitor: Visitor, scene: Scene, told: object, code: int
) -> None:
    answers = [
        scene.post("codepipeline", pipeline(time=told)),
        scene.post("github", workflow_run(updated_at=told, run_started_at=None, created_at=None)),
    ]
    assert [answer.status_code for answer in answers] == [code, code]
    assert all_shown(visitor, scene)
    assert len(scene.executions()) == (2 if code == 202 else 0)
    outcome = {200: "ignored", 202: "applied", 400: "rejected"}[code]
    assert {noted.outcome for source in ("github", "codepipeline") for noted in scene.noted(source)} == {outcome}


@pytest.mark.parametrize("told", [told for told, _ in TIMES.values()], ids=TIMES)
def test_odd_time_of_anything_else_is_shown(visitor: Visitor, scene: Scene, told: object) -> None:
    for field in ("created_at", "run_started_at"):
        times: dict[str, Any] = {field: told}
        assert scene.post("github", workflow_run(**times)).status_code == 202
        assert all_shown(visitor, scene)
    for field in ("created_at", "started_at", "completed_at"):
        times = {field: told}
        assert is_clean(scene.post("github", workflow_job(**times), "workflow_job"))
        assert all_shown(visitor, scene)


def test_54_event_from_the_future_is_kept_out_where_everybody_can_see(visitor: Visitor, scene: Scene) -> None:
    answer = scene.post("github", workflow_run(at=NOW + DAY + HOUR))
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert escape(answer.json()["reason"]) in visitor.text(f"/manage/connections/{scene.github.id}")
