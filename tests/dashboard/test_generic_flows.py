"""Whole runs told by the JSON body of our own end on one state and one row, whatever the order of the posts."""

from __future__ import annotations

import json
from typing import Any

import pytest

from storage.model.conditions import condition
from storage.model.entities import Condition, Status
from storage.store import Store
from tests.dashboard.bodies import ago
from tests.dashboard.telling import Board, orders, states, tell
from tests.factories import NOW


def post(status: str, minutes: float, stage: str = "", word: str = "", **more: Any) -> tuple[dict[str, str], bytes]:
    """What was so that many minutes ago: of a stage, where one is named."""
    body = {"pipeline": "shop/deploy", "run": "812", "status": status, "at": ago(minutes), **more}
    if stage:
        body["stage"] = {"name": stage, "status": word}
    return {}, json.dumps(body).encode()


GREEN = [
    post("queued", 31, branch="main", defaultBranch="main"),
    post("running", 30),
    post("running", 30, "build", "running"),
    post("running", 25, "build", "succeeded"),
    post("running", 25, "deploy production", "running", environment="production"),
    post("running", 20, "deploy production", "succeeded", environment="production"),
    post("succeeded", 20),
]
RETRIED = [
    *GREEN[:5],
    post("failed", 20, "deploy production", "failed"),
    post("failed", 20),
    post("running", 15, attempt=2),
    post("running", 15, "deploy production", "running", attempt=2),
    post("succeeded", 10, "deploy production", "succeeded", attempt=2),
    post("succeeded", 10, attempt=2),
]
WAITS = [*GREEN[:4], post("waiting", 24, "deploy production", "waiting")]
STAGES_ALONE = [post for post in RETRIED if b'"stage"' in post[1]]

FLOWS = {"green": GREEN, "retried": RETRIED, "waits": WAITS, "stages alone": STAGES_ALONE}


@pytest.mark.parametrize("name", FLOWS)
def test_any_order_and_repetition_gives_one_state_and_one_row(store: Store, name: str) -> None:
    flow = FLOWS[name]
    expected, shown = states("generic", flow), line(tell(store, "generic", flow))
    for told in orders(flow):
        assert states("generic", told) == expected
        assert line(tell(store, "generic", told)) == shown


def line(board: Board) -> tuple[Condition, Status, int, list[tuple[str, Status, bool]]]:
    (row,), (run,) = board.rows, board.executions
    stages = [(stage.name, stage.status, stage.carried) for stage in run.stages]
    return condition(row, NOW), run.status, run.attempt, stages


def test_green_run_passes_and_fills_its_environment(store: Store) -> None:
    board = tell(store, "generic", GREEN)
    assert line(board) == (
        Condition.PASSING,
        Status.SUCCEEDED,
        1,
        [("build", Status.SUCCEEDED, False), ("deploy production", Status.SUCCEEDED, False)],
    )
    (run,) = board.executions
    assert (run.pipeline_name, run.number) == ("shop/deploy", "812")
    assert (run.queued_at, run.started_at, run.finished_at) == (
        NOW - 31 * 60_000,
        NOW - 30 * 60_000,
        NOW - 20 * 60_000,
    )
    assert [(one.environment, one.status) for one in run.deployments] == [("production", Status.SUCCEEDED)]


def test_next_attempt_keeps_what_was_green_and_takes_back_what_was_red(store: Store) -> None:
    assert line(tell(store, "generic", RETRIED)) == (
        Condition.PASSING,
        Status.SUCCEEDED,
        2,
        [("build", Status.SUCCEEDED, True), ("deploy production", Status.SUCCEEDED, False)],
    )


def test_stage_that_waits_makes_the_pipeline_wait(store: Store) -> None:
    found, status, _, stages = line(tell(store, "generic", WAITS))
    assert (found, status) == (Condition.WAITING, Status.WAITING)
    assert stages[-1] == ("deploy production", Status.WAITING, False)


def test_stages_alone_make_a_whole_run(store: Store) -> None:
    assert line(tell(store, "generic", STAGES_ALONE)) == line(tell(store, "generic", RETRIED))


def test_late_word_beside_a_stage_does_not_reopen_a_run_that_ended(store: Store) -> None:
    late = post("running", 1, "cleaning up", "running")
    board = tell(store, "generic", [*GREEN, late])
    assert line(board)[:2] == (Condition.PASSING, Status.SUCCEEDED)


def test_run_that_was_ended_beside_a_stage_goes_on_by_a_later_word(store: Store) -> None:
    early = post("succeeded", 25, "build", "succeeded")
    going = post("running", 24, "deploy production", "running")
    for told in ([early, going], [going, early]):
        assert line(tell(store, "generic", told))[:2] == (Condition.RUNNING, Status.RUNNING)
