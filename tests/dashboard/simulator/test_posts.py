"""What the simulator sends is what the tools would: attempts, approvals, rollbacks."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from dashboard.simulator.history import lines, runs, write_latest
from dashboard.simulator.organisation import SHAPES, Blueprint, Life, blueprints
from dashboard.simulator.plans import again, plan, rollback
from dashboard.simulator.posts import posts
from storage.model.board_row import BoardRow
from storage.model.entities import Status
from storage.store import Store

T0 = 1_780_000_000_000


def of_life(life: Life, source: str = "github", runs: int = 8) -> Blueprint:
    found = next(each for each in blueprints() if each.life is life and each.source == source)
    return dataclasses.replace(found, runs=runs)


def of_shape(name: str) -> Blueprint:
    return next(each for each in blueprints() if each.stages is SHAPES[name][1])


def bodies(planned: Any) -> list[tuple[str, dict[str, Any]]]:
    """Kind and body, by time."""
    return [(post.headers.get("x-github-event", ""), json.loads(post.body)) for post in posts(planned)]


def row_of(store: Store, blueprint: Blueprint) -> BoardRow:
    (line,) = lines(store, [blueprint])
    write_latest(store, [line])
    (stored,) = store.pipelines.list_board(line.team_id)
    return stored.row()


def test_run_names_its_workflow_by_id_and_its_jobs_name_the_run_alone() -> None:
    told = bodies(plan(of_life(Life.HEALTHY), 1, T0, "green"))
    runs = [body for kind, body in told if kind == "workflow_run"]
    assert {(body["workflow"]["id"], body["workflow"]["path"]) for body in runs} == {
        (runs[0]["workflow_run"]["workflow_id"], ".github/workflows/delivery.yml")
    }
    jobs = [body["workflow_job"] for kind, body in told if kind == "workflow_job"]
    assert jobs
    assert not [job for job in jobs if "workflow_id" in job]
    assert {job["run_id"] for job in jobs} == {runs[0]["workflow_run"]["id"]}


def test_second_attempt_runs_what_failed_and_what_comes_after_it_and_is_never_requested() -> None:
    first = plan(of_shape("web"), 1, T0, Life.FAILING)
    second = again(first, first.ended + 60_000)
    told = bodies(second)
    assert told[0][0] == "workflow_run"
    assert told[0][1]["action"] == "in_progress"
    runs = [body["workflow_run"] for kind, body in told if kind == "workflow_run"]
    assert {(run["run_attempt"], run["created_at"]) for run in runs} == {
        (2, bodies(first)[0][1]["workflow_run"]["created_at"])
    }
    failed = next(job for job in first.jobs if job.result == "failure")
    assert second.jobs[0].name == failed.name
    assert min(job.stage.group for job in second.jobs) == failed.stage.group
    assert len(second.jobs) < sum(len(stage.jobs or "1") for stage in first.blueprint.stages)
    assert (second.commit, second.author, second.message) == (first.commit, first.author, first.message)


def test_protected_job_waits_then_is_queued_then_runs() -> None:
    told = bodies(plan(of_shape("gated"), 1, T0, "green"))
    gated = [body for kind, body in told if kind == "workflow_job" and "production" in body["workflow_job"]["name"]]
    assert [body["workflow_job"]["status"] for body in gated] == ["waiting", "queued", "in_progress", "completed"]
    assert [("deployment" in body) for body in gated] == [True, True, False, False]


def test_run_that_waits_for_approval_stays_so(store: Store) -> None:
    row = row_of(store, of_life(Life.WAITING))
    assert row.leader is not None
    assert (row.leader.status, row.leader.place) == (Status.WAITING, "deploy (production)")


def test_resumed_execution_begins_at_the_stage_that_failed(store: Store) -> None:
    blueprint = of_life(Life.RERUN, "codepipeline")
    *_, (first, second) = runs(blueprint, T0)
    told = [body["detail"] for _, body in bodies(second)]
    assert (told[0]["state"], told[0]["pipeline-execution-attempt"]) == ("RESUMED", 2.0)
    failed = next(job.stage.name for job in first.jobs if job.result == "failure")
    assert {detail["state"] for detail in told if detail.get("stage") == failed} >= {"RESUMED", "SUCCEEDED"}
    row = row_of(store, blueprint)
    assert row.result is not None
    assert (row.result.status, row.result.attempt) == (Status.SUCCEEDED, 2)


def test_rollback_is_an_execution_of_its_own_that_names_what_it_puts_back(store: Store) -> None:
    blueprint = of_life(Life.ROLLBACK, "codepipeline")
    told = bodies(rollback(blueprint, 9, T0, to=7))
    assert told[0][1]["detail"]["execution-type"] == "ROLLBACK"
    (target,) = {body["detail"]["execution-id"] for _, body in bodies(plan(blueprint, 7, T0, "green"))}
    assert told[0][1]["detail"]["rollback-target-pipeline-execution-id"] == target
    assert {body["detail"]["stage"] for _, body in told if "stage" in body["detail"]} == {"Production"}
    row = row_of(store, blueprint)
    assert row.result is not None
    assert row.result.red
    assert row.result.rolled_back_to


def test_older_run_is_deployed_again(store: Store) -> None:
    row = row_of(store, of_life(Life.REDEPLOY))
    assert row.leader is not None
    assert (row.leader.redeploy, row.leader.attempt, row.leader.place) == (True, 2, "deploy production")
    assert row.result is not None
    assert row.result.number == "8"


def test_change_requests_are_told_with_their_numbers(store: Store) -> None:
    row = row_of(store, of_life(Life.REQUESTS))
    assert row.result is None
    assert row.about
    assert all(one.ref.startswith("#") for one in row.about)
