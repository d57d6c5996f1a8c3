"""Whole runs told by CDEvents end on one state and one row, whatever the order of the events."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.model.conditions import condition
from storage.model.entities import Condition, Status
from storage.store import Store
from tests.dashboard.bodies import ago
from tests.dashboard.telling import Board, orders, states, tell
from tests.factories import MINUTE, NOW

Post = tuple[dict[str, str], bytes]
TOLD = {"branch": "main", "defaultBranch": "main", "commit": "4be1c0ff"}


def post(kind: str, subject: str, minutes: float, content: Any, more: Any = None, source: str = "/shop/tekton") -> Post:
    """What was so that many minutes ago."""
    context = {"specversion": "0.5.1", "id": f"{subject} {kind}", "source": source, "timestamp": ago(minutes)}
    context["type"] = f"dev.cdevents.{kind}.0.3.0"
    data = {"context": context, "subject": {"id": subject, "content": content}}
    return {}, json.dumps(data if more is None else {**data, "customData": more}).encode()


def run(predicate: str, minutes: float, outcome: str = "", more: Any = TOLD, **content: str) -> Post:
    told = {"pipelineName": "till-deploy", **({"outcome": outcome} if outcome else {}), **content}
    return post(f"pipelinerun.{predicate}", "shop/r-1", minutes, told, more)


def task(name: str, predicate: str, minutes: float, outcome: str = "", more: Any = None, **content: Any) -> Post:
    attempt = f"-{more['attempt']}" if more else ""
    told = {"taskName": name, "pipelineRun": {"id": "shop/r-1"}, **({"outcome": outcome} if outcome else {}), **content}
    return post(f"taskrun.{predicate}", f"shop/{name}{attempt}", minutes, told, more)


def approval(predicate: str, minutes: float, **content: str) -> Post:
    held = {"pipelineRun": {"id": "shop/r-1", "source": "/shop/tekton"}}
    return post(f"approval.{predicate}", "a-1", minutes, content, held, "/shop/changes")


GREEN = [
    run("queued", 31),
    run("started", 30),
    task("build", "started", 30),
    task("build", "finished", 25, "success"),
    task("deploy production", "started", 25),
    task("deploy production", "finished", 20, "Succeeded"),
    run("finished", 20, "success"),
]
FAILED = [*GREEN[:5], task("deploy production", "finished", 20, "failure"), run("finished", 20, "failure")]
ATTEMPT = {"attempt": 2}
RETRIED = [
    *FAILED,
    run("started", 15, more={**TOLD, **ATTEMPT}),
    task("deploy production", "started", 15, more=ATTEMPT),
    task("deploy production", "finished", 10, "success", more=ATTEMPT),
    run("finished", 10, "success", more={**TOLD, **ATTEMPT}),
]
WAITS = [*GREEN[:4], approval("created", 24), approval("updated", 22)]
LET_GO = [*WAITS, approval("closed", 20, status="approved", responder="urn:user:mara"), *GREEN[4:]]
# An end that says neither which task nor which pipeline it was.
TERSE = [
    *GREEN[:5],
    task("deploy production", "finished", 20, "success", taskName=None),
    run("finished", 20, "success", more=None, pipelineName=""),
]
FLOWS = {"green": GREEN, "failed": FAILED, "retried": RETRIED, "waits": WAITS, "let go": LET_GO, "terse": TERSE}


@pytest.mark.parametrize("name", FLOWS)
def test_any_order_and_repetition_gives_one_state_and_one_row(store: Store, name: str) -> None:
    flow = FLOWS[name]
    expected, shown = states("cdevents", flow), line(tell(store, "cdevents", flow))
    for told in orders(flow):
        assert states("cdevents", told) == expected
        assert line(tell(store, "cdevents", told)) == shown


def line(board: Board) -> tuple[Condition, Status, int, list[tuple[str, Status, bool]]]:
    (row,), (found,) = board.rows, board.executions
    stages = [(stage.name, stage.status, stage.carried) for stage in found.stages]
    return condition(row, NOW), found.status, found.attempt, stages


BOTH_GREEN = [("build", Status.SUCCEEDED, False), ("deploy production", Status.SUCCEEDED, False)]


def test_green_run_passes(store: Store) -> None:
    board = tell(store, "cdevents", GREEN)
    assert line(board) == (Condition.PASSING, Status.SUCCEEDED, 1, BOTH_GREEN)
    (found,) = board.executions
    assert (found.pipeline_name, found.number, found.commit) == ("till-deploy", "r-1", "4be1c0ff")
    assert (found.queued_at, found.started_at, found.finished_at) == (
        NOW - 31 * MINUTE,
        NOW - 30 * MINUTE,
        NOW - 20 * MINUTE,
    )


def test_red_run_fails_at_its_task(store: Store) -> None:
    board = tell(store, "cdevents", FAILED)
    assert line(board)[:2] == (Condition.FAILING, Status.FAILED)
    (row,) = board.rows
    assert row.result is not None
    assert row.result.stage == "deploy production"


def test_attempt_in_custom_data_keeps_what_was_green(store: Store) -> None:
    assert line(tell(store, "cdevents", RETRIED)) == (
        Condition.PASSING,
        Status.SUCCEEDED,
        2,
        [("build", Status.SUCCEEDED, True), ("deploy production", Status.SUCCEEDED, False)],
    )


def test_run_waits_while_its_approval_is_open(store: Store) -> None:
    board = tell(store, "cdevents", WAITS)
    assert line(board)[:2] == (Condition.WAITING, Status.WAITING)
    assert line(board)[3][-1] == ("approval", Status.WAITING, False)


def test_who_let_it_go_is_told_and_how_long_they_took(store: Store) -> None:
    board = tell(store, "cdevents", LET_GO)
    assert line(board)[:2] == (Condition.PASSING, Status.SUCCEEDED)
    (stage,) = (stage for stage in board.executions[0].stages if stage.name == "approval")
    (action,) = stage.actions
    assert (action.by, stage.wait_seconds) == ("mara", 240)


def test_ends_that_name_neither_task_nor_pipeline_close_what_others_opened(store: Store) -> None:
    assert line(tell(store, "cdevents", TERSE)) == (Condition.PASSING, Status.SUCCEEDED, 1, BOTH_GREEN)


def test_run_of_which_no_event_names_the_pipeline_is_kept_and_not_shown(store: Store) -> None:
    nameless = [post("pipelinerun.finished", "r-9", 5, {"outcome": "failure"})]
    assert tell(store, "cdevents", nameless).rows == ()
    named = post("pipelinerun.started", "r-9", 9, {"pipelineName": "till-deploy"})
    assert line(tell(store, "cdevents", [*nameless, named]))[:2] == (Condition.FAILING, Status.FAILED)


def test_task_that_nothing_names_goes_by_its_id(store: Store) -> None:
    nameless = task("x", "finished", 5, "success", taskName="")
    assert line(tell(store, "cdevents", [run("started", 9), nameless]))[3] == [("shop/x", Status.SUCCEEDED, False)]


def test_task_without_a_run_is_a_pipeline_with_one_stage(store: Store) -> None:
    alone = [
        post("taskrun.started", "t-1", 9, {"taskName": "cleanup"}),
        post("taskrun.finished", "t-1", 5, {"taskName": "cleanup", "outcome": "error", "errors": "No disk left"}),
    ]
    board = tell(store, "cdevents", alone)
    assert line(board) == (Condition.FAILING, Status.ERRORED, 1, [("cleanup", Status.ERRORED, False)])
    assert (board.rows[0].label, board.executions[0].reason) == ("cleanup", "No disk left")


def test_runs_of_one_id_from_two_sources_are_two(store: Store) -> None:
    content = {"pipelineName": "till-deploy"}
    both = [
        post("pipelinerun.started", "42", 9, content, source="/a"),
        post("pipelinerun.finished", "42", 5, {**content, "outcome": "failure"}, source="/b"),
    ]
    board = tell(store, "cdevents", both)
    assert sorted(row.latest.status for row in board.rows if row.latest) == [Status.FAILED, Status.RUNNING]


def test_late_start_does_not_reopen_what_finished(store: Store) -> None:
    late = [*GREEN, task("deploy production", "started", 1), run("started", 1)]
    assert line(tell(store, "cdevents", late))[:2] == (Condition.PASSING, Status.SUCCEEDED)
