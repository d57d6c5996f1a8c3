"""Situations that once gave a wrong picture, told by CodePipeline bodies of our own, in any order: docs/rows.md."""

from __future__ import annotations

import re
from typing import Any

from tests.dashboard.bodies import PipelineExecution
from tests.dashboard.cases.playing import Stage, Step, Told, holds_in_any_order

Json = dict[str, Any]


def test_stage_that_is_retried_runs_and_its_pipeline_still_fails(stage: Stage) -> None:
    first = PipelineExecution(0x3A1, attempt=1)
    second = PipelineExecution(0x3A1, attempt=2)
    bodies = [
        first.told("STARTED", 20),
        first.stage("Verify", "STARTED", 19),
        first.action("Verify", "Contracts", "STARTED", 19),
        first.action("Verify", "Contracts", "FAILED", 15),
        first.stage("Verify", "FAILED", 15),
        first.told("FAILED", 15),
        second.told("RESUMED", 4),
        second.stage("Verify", "RESUMED", 4),
        second.action("Verify", "Contracts", "STARTED", 3.9),
    ]

    def right(told: Told) -> None:
        (run,) = told.executions.values()
        assert run["status"] == "running"
        (verify,) = run["stages"]
        assert [verify["status"], *(action["status"] for action in verify["actions"])] == ["running", "running"]
        assert told.pipeline["condition"] == "failing"
        assert "retrying at Verify" in told.board

    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], right)


def test_execution_whose_stage_failed_has_failed_though_its_own_end_never_came(stage: Stage) -> None:
    run = PipelineExecution(0x3B1)
    bodies = [
        run.told("STARTED", 30),
        run.stage("Package", "STARTED", 29),
        run.stage("Package", "SUCCEEDED", 25),
        run.stage("Rollout", "STARTED", 24),
        run.action("Rollout", "Cluster", "STARTED", 24, "Deploy"),
        run.action("Rollout", "Cluster", "FAILED", 12, "Deploy"),
        run.stage("Rollout", "FAILED", 12),
    ]

    def right(told: Told) -> None:
        (found,) = told.executions.values()
        assert (found["status"], found["finishedAt"]) == ("failed", found["stages"][1]["finishedAt"])
        assert (told.pipeline["condition"], told.pipeline["result"]["stage"]) == ("failing", "Rollout")
        assert told.pipeline["firstAttempts"]["counted"] == 1

    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], right)


def of_stages(run: PipelineExecution, began: float, stages: tuple[str, ...], **said: Any) -> list[Json]:
    """An execution from start to end, two minutes a stage."""
    told, at = [run.told("STARTED", began, **said)], began
    for name in stages:
        told += [run.stage(name, "STARTED", at), run.stage(name, "SUCCEEDED", at - 2)]
        at -= 2
    return [*told, run.told("SUCCEEDED", at, **said)]


def test_rollback_is_named_and_leaves_the_order_of_stages_as_it_was(stage: Stage) -> None:
    stages = ("Fetch", "Package", "Rollout")
    first, second, back, last = (PipelineExecution(0x3C0 + number) for number in range(4))
    of_back = {"execution-type": "ROLLBACK", "rollback-target-pipeline-execution-id": first.id}
    bodies = [
        *of_stages(first, 90, stages),
        *of_stages(second, 60, stages),
        *of_stages(back, 40, ("Rollout",), **of_back),
    ]

    def rolled_back(told: Told) -> None:
        assert (told.pipeline["condition"], told.pipeline["result"]["rolledBack"]) == ("passing", True)
        assert told.executions[back.id]["rollback"] is True
        assert f"rolled back to {first.id[:7]}" in told.board

    def gone_on(told: Told) -> None:
        names = [part["name"] for part in told.pipeline["latestExecution"]["stages"]]
        assert names == ["Fetch", "Package", "Rollout"]

    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], rolled_back)
    later = [*bodies, *of_stages(last, 20, stages)[:-2]]
    holds_in_any_order(stage, "codepipeline", [Step(body) for body in later], gone_on)


def test_pipelines_of_one_name_are_told_apart_by_account(stage: Stage) -> None:
    one, other = PipelineExecution(0x3D1, account="310987654321"), PipelineExecution(0x3D2)

    def right(told: Told) -> None:
        names = ["ledger (210987654321)", "ledger (310987654321)"]
        assert sorted(pipeline["name"] for pipeline in told.pipelines) == names
        assert all(name in told.board for name in names)

    bodies = [one.told("SUCCEEDED", 5), other.told("FAILED", 5)]
    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], right)


def test_hours_that_people_let_a_run_wait_are_no_work(stage: Stage) -> None:
    bodies: list[Json] = []
    for number in range(5):
        run, began = PipelineExecution(0x3E0 + number), 3000.0 - number * 500
        bodies += [
            run.told("STARTED", began),
            run.stage("Release", "STARTED", began),
            run.action("Release", "Manager", "STARTED", began, "Approval"),
            run.action("Release", "Manager", "SUCCEEDED", began - 240, "Approval"),
            run.action("Release", "Rollout", "STARTED", began - 240, "Deploy"),
            run.action("Release", "Rollout", "SUCCEEDED", began - 243, "Deploy"),
            run.stage("Release", "SUCCEEDED", began - 243),
            run.told("SUCCEEDED", began - 243),
        ]

    def right(told: Told) -> None:
        assert told.pipeline["usualSeconds"] == 180
        assert {run["humanWaitSeconds"] for run in told.executions.values()} == {4 * 3600}
        assert re.search(r"Waiting for people.*?4 h", told.page(told.pipeline), re.DOTALL)

    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], right)


def test_execution_at_its_approval_is_seen_behind_one_that_builds(stage: Stage) -> None:
    older, newer = PipelineExecution(0x3F1), PipelineExecution(0x3F2)
    bodies = [
        older.told("STARTED", 60),
        older.stage("Release", "STARTED", 40),
        older.action("Release", "Manager", "STARTED", 40, "Approval"),
        newer.told("STARTED", 4),
        newer.stage("Package", "STARTED", 4),
        newer.action("Package", "Image", "STARTED", 4),
    ]

    def right(told: Told) -> None:
        assert told.pipeline["condition"] == "waiting"
        assert [(one["status"], one["stage"]) for one in told.pipeline["inFlight"]] == [
            ("running", "Package"),
            ("waiting", "Release"),
        ]

    holds_in_any_order(stage, "codepipeline", [Step(body) for body in bodies], right)
