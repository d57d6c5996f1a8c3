"""Situations that once gave a wrong picture, from a folder beside the project: BIGTRANSIT_CASES. Of each case what is
right, in any order of its posts. Bodies of our own for the same kinds are in test_own_cases.py."""

from __future__ import annotations

import datetime
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dashboard.cases.playing import Check, Stage, Step, Told, holds_in_any_order, moved
from tests.dashboard.visiting import text_of

FOLDER = Path(os.environ.get("BIGTRANSIT_CASES", ""))
HERE = bool(os.environ.get("BIGTRANSIT_CASES")) and FOLDER.is_dir()
pytestmark = pytest.mark.skipif(not HERE, reason="BIGTRANSIT_CASES names no folder of cases")

OUT_OF_REACH = "17-certificate-out-of-reach"
SHORT, LONG = 30, 7 * 3600


def flying(told: Told) -> list[tuple[str, int, str, str | None]]:
    return [(one["number"], one["attempt"], one["status"], one["stage"]) for one in told.pipeline["inFlight"]]


def line(told: Told) -> list[tuple[str, str]]:
    return [(stage["name"], stage["kind"]) for stage in told.pipeline["latestExecution"]["stages"]]


def job_of_a_rerun(told: Told) -> None:
    run = told.executions["5001"]
    assert (run["status"], run["attempt"]) == ("queued", 2)
    assert ("staging", "queued", 2) in told.stages("5001")
    assert (told.pipeline["condition"], told.pipeline["result"]["stage"]) == ("failing", "staging")
    assert flying(told) == [("1", 2, "queued", "staging")]


def all_jobs_run_again(told: Told) -> None:
    assert told.executions["5002"]["status"] == "running"
    assert [name for name, _, _ in told.stages("5002")] == ["build", "test", "deploy"]
    assert [stage["pending"] for stage in told.executions["5002"]["stages"]] == [False, True, True]
    assert "failed" not in {status for _, status, _ in told.stages("5002")}
    assert (told.pipeline["condition"], told.pipeline["result"]["stage"]) == ("failing", "deploy")
    assert flying(told) == [("2", 2, "running", "build")]
    assert "retrying at build" in told.board


def stage_runs_again(told: Told) -> None:
    (run,) = told.executions.values()
    (test,) = (stage for stage in run["stages"] if stage["name"] == "Test")
    assert run["status"] == test["status"] == "running"
    assert ("Unit", "running") in [(action["name"], action["status"]) for action in test["actions"]]
    assert told.pipeline["condition"] == "failing"
    assert told.pipeline["inFlight"][0]["stage"] == "Test"


def green_on_reruns(told: Told) -> None:
    assert told.pipeline["usualSeconds"] is None
    assert told.pipeline["firstAttempts"] == {"green": 0, "counted": 6, "greenOnRerun": 6}
    assert told.pipeline["condition"] == "passing"


def queue_before_work(told: Told) -> None:
    assert told.pipeline["usualSeconds"] == 300
    for run in told.executions.values():
        assert seconds(run["queuedAt"], run["startedAt"]) == 1800
    assert re.search(r"Queue time.*?30:00", told.page(told.pipeline), re.DOTALL)


def seconds(begin: str, end: str) -> float:
    return (datetime.datetime.fromisoformat(end) - datetime.datetime.fromisoformat(begin)).total_seconds()


def one_row_for_all_updates(told: Told) -> None:
    assert told.pipeline["name"] == "shop · Dependabot Updates"
    assert (len(told.executions), told.pipeline["condition"]) == (3, "passing")


def broken_file_is_mended(told: Told) -> None:
    assert told.pipeline["name"] == "shop · CI"
    assert told.pipeline["condition"] == "passing"
    assert told.executions["5603"]["status"] == "failed"


def requests_only(told: Told) -> None:
    assert told.pipeline["condition"] == "idle"
    assert told.pipeline["result"] is None
    (about,) = told.pipeline["about"]
    assert f"{about['ref']}: failed" in told.board
    assert f"at-failing-{told.pipeline['id']}" not in told.network


def older_run_waits(told: Told) -> None:
    assert told.pipeline["condition"] == "waiting"
    assert flying(told) == [("51", 1, "running", "build"), ("50", 1, "waiting", "production")]
    assert "run 50 at production" in told.board
    assert f"at-waiting-{told.pipeline['id']}" in told.network


def end_was_never_told(told: Told) -> None:
    (run,) = told.executions.values()
    (deploy,) = (stage for stage in run["stages"] if stage["name"] == "Deploy")
    assert (run["status"], run["finishedAt"]) == ("failed", deploy["finishedAt"])
    assert (told.pipeline["condition"], told.pipeline["result"]["stage"]) == ("failing", "Deploy")
    assert told.pipeline["firstAttempts"]["counted"] == 1


def order_outlives_a_rollback(told: Told) -> None:
    assert [name for name, _ in line(told)] == ["Source", "Build", "Deploy"]
    assert [run["rollback"] for run in told.executions.values()].count(True) == 1
    assert "rollback" in told.page(told.pipeline)


def accounts_are_told_apart(told: Told) -> None:
    names = sorted(pipeline["name"] for pipeline in told.pipelines)
    assert names == ["shop-delivery (111111111111)", "shop-delivery (222222222222)"]
    assert all(name in told.board for name in names)


def red_outlives_a_skipped_run(told: Told) -> None:
    assert told.pipeline["condition"] == "failing"
    assert told.pipeline["result"]["executionId"] == told.executions["6010"]["id"]
    assert told.pipeline["result"]["since"] <= told.executions["6010"]["finishedAt"]
    assert "run 11 skipped" in told.board


def told_to_wait(told: Told) -> None:
    assert told.pipeline["condition"] == "queued"


def wait_is_no_work(told: Told) -> None:
    assert told.pipeline["usualSeconds"] == 194
    assert min(run["humanWaitSeconds"] for run in told.executions.values()) > 0


def brackets_name_environments(told: Told) -> None:
    kinds = [("build", "commit"), ("Deploy (staging)", "deploy"), ("Deploy (production)", "production")]
    assert line(told) == kinds
    assert len(told.executions["7101"]["stages"][0]["actions"]) == 2


def older_run_again(told: Told) -> None:
    assert told.pipeline["condition"] == "running"
    assert flying(told) == [("1", 2, "running", "deploy production")]
    assert told.pipeline["inFlight"][0]["redeploy"] is True
    assert (told.pipeline["result"]["number"], told.pipeline["result"]["status"]) == ("2", "succeeded")
    assert "Re-deploy of 1 at deploy production" in told.board


def older_execution_waits(told: Told) -> None:
    assert told.pipeline["condition"] == "waiting"
    newer, older = told.pipeline["inFlight"]
    assert (older["status"], older["stage"]) == ("waiting", "Production")
    assert (newer["status"], newer["stage"]) == ("running", "Build")


RIGHT: dict[str, Check] = {
    "01-rerun-first-word-is-a-job": job_of_a_rerun,
    "02-rerun-all-still-stopped": all_jobs_run_again,
    "03-stage-retry-still-stopped": stage_runs_again,
    "05-reruns-count-as-the-usual-run": green_on_reruns,
    "06-queue-time-is-always-zero": queue_before_work,
    "07-a-row-for-each-dependabot-update": one_row_for_all_updates,
    "08-broken-workflow-file": broken_file_is_mended,
    "10-pull-requests-only": requests_only,
    "12-older-run-waits-for-approval": older_run_waits,
    "13-failed-stage-running-for-ever": end_was_never_told,
    "14-order-after-a-rollback": order_outlives_a_rollback,
    "15-same-name-two-accounts": accounts_are_told_apart,
    "21-red-hidden-by-a-skipped-run": red_outlives_a_skipped_run,
    "23-pending-for-hours": told_to_wait,
    "25-usual-time-holds-the-wait": wait_is_no_work,
    "b01-brackets-name-environments": brackets_name_environments,
    "b02-older-run-again-running": older_run_again,
    "b06-approval-behind-a-newer-execution": older_execution_waits,
}


def case(name: str) -> tuple[str, list[Step], dict[str, Any]]:
    """Its source, its posts, and all that it says."""
    found = json.loads(moved((FOLDER / f"{name}.json").read_text(), LONG if name.startswith("23") else SHORT))
    steps = [
        Step(step["body"], step.get("event", ""), step.get("connection", 1), step.get("headers", {}))
        for step in found["steps"]
    ]
    return found["source"], steps, found


def test_every_case_is_played() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} <= {*RIGHT, OUT_OF_REACH}


@pytest.mark.parametrize("name", RIGHT)
def test_case_reads_right_in_any_order(stage: Stage, name: str) -> None:
    source, steps, _ = case(name)
    holds_in_any_order(stage, source, steps, RIGHT[name], orders=20)


def test_what_cannot_be_verified_now_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_reach(*_: object, **__: object) -> bytes:
        raise OSError("no way out")

    monkeypatch.setattr("dashboard.webhooks.fetching.fetch", out_of_reach)
    source, (step,), found = case(OUT_OF_REACH)
    _, links = stage.connections(source, {1}, topicArn=found["topicArn"])
    answer = stage.post(source, {**links[1], "secret": "not told"}, step)
    assert answer.status_code == 503, text_of(answer)
    assert int(answer["Retry-After"]) > 0
