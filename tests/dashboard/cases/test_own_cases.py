"""Situations that once gave a wrong picture, told by GitHub bodies of our own, in any order: docs/rows.md."""

from __future__ import annotations

import re
from typing import Any

from tests.dashboard.bodies import GithubRun
from tests.dashboard.cases.playing import Stage, Step, Told, holds_in_any_order

Json = dict[str, Any]


def steps(*bodies: Json) -> list[Step]:
    return [Step(body, "workflow_job" if "workflow_job" in body else "workflow_run") for body in bodies]


def whole(
    run: GithubRun, outcome: str = "success", jobs: tuple[str, ...] = ("build", "deploy"), **more: Any
) -> list[Json]:
    """A run from its first word to its last, each job a minute; the last one ends as the run does."""
    told = [run.told("queued", run.began, **more), run.told("in_progress", run.began - 0.1, **more)]
    at = run.began - 0.1
    for name in jobs:
        ended = outcome if name == jobs[-1] else "success"
        told += [run.job(name, "in_progress", at), run.job(name, ended, at - 1, began=at)]
        at -= 1
    return [*told, run.told(outcome, at - 0.1, **more)]


def parts(told: Told, external_id: str) -> dict[str, tuple[str, int]]:
    return {name: (status, attempt) for name, status, attempt in told.stages(external_id)}


def test_rerun_of_which_only_a_job_is_told_is_queued_and_its_pipeline_still_fails(stage: Stage) -> None:
    run = GithubRun(5301, began=30)
    again = run.job("deploy", "queued", 2, attempt=2)

    def right(told: Told) -> None:
        assert (told.executions["5301"]["status"], told.executions["5301"]["attempt"]) == ("queued", 2)
        assert parts(told, "5301") == {"build": ("succeeded", 1), "deploy": ("queued", 2)}
        assert (told.pipeline["condition"], told.pipeline["inFlight"][0]["status"]) == ("failing", "queued")
        assert "retrying at deploy" in told.board

    holds_in_any_order(stage, "github", steps(*whole(run, "failure"), again), right)


def test_while_all_jobs_run_again_the_red_of_the_attempt_before_is_no_stage_of_this_one(stage: Stage) -> None:
    run = GithubRun(5302, began=30)
    again = [run.told("in_progress", 3, 2, again=3), run.job("build", "in_progress", 2.9, attempt=2)]
    again.append(run.job("deploy", "queued", 2.9, attempt=2))

    def right(told: Told) -> None:
        assert told.executions["5302"]["status"] == "running"
        assert [name for name, _, _ in told.stages("5302")] == ["build", "deploy"]
        assert "failed" not in {status for status, _ in parts(told, "5302").values()}
        assert told.pipeline["result"]["stage"] == "deploy"
        assert "Failed at deploy" in told.board
        assert "retrying at build" in told.board

    holds_in_any_order(stage, "github", steps(*whole(run, "failure"), *again), right)


def test_runs_that_were_green_only_when_run_again_are_no_usual_runs(stage: Stage) -> None:
    bodies: list[Json] = []
    for number in range(6):
        run = GithubRun(5310 + number, began=300 - number * 40)
        bodies += whole(run, "failure")
        again = run.began - 20
        bodies += [run.job("deploy", "success", again - 0.3, attempt=2, began=again)]
        bodies += [run.told("success", again - 0.4, 2, again=again)]

    def right(told: Told) -> None:
        assert (told.pipeline["usualSeconds"], told.pipeline["condition"]) == (None, "passing")
        assert told.pipeline["firstAttempts"] == {"green": 0, "counted": 6, "greenOnRerun": 6}
        assert "green on a re-run" in told.board

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_wait_for_a_runner_is_no_work(stage: Stage) -> None:
    bodies: list[Json] = []
    for number in range(5):
        run = GithubRun(5320 + number, began=500 - number * 90)
        begun = run.began - 20
        bodies.append(run.told("queued", run.began))
        bodies.append(run.job("build", "success", begun - 4, began=begun, made=run.began))
        bodies.append(run.told("success", begun - 4))

    def right(told: Told) -> None:
        assert told.pipeline["usualSeconds"] == 240
        assert re.search(r"Queue time.*?20:00", told.page(told.pipeline), re.DOTALL)

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_workflow_that_titles_each_run_anew_is_one_pipeline(stage: Stage) -> None:
    bodies = []
    for number, outcome in enumerate(("failure", "success", "success")):
        title = f"Bump library {number} from 1.{number} to 1.{number + 1}"
        made: Json = {"workflow": 4790, "name": title, "path": "dynamic/dependabot/dependabot-updates"}
        run = GithubRun(
            5330 + number, began=60 - number * 10, more={"display_title": title, "event": "dynamic"}, **made
        )
        body = run.told(outcome, run.began - 2)
        bodies.append({**body, "workflow": {**body["workflow"], "name": "Dependabot Updates"}})

    def right(told: Told) -> None:
        assert told.pipeline["name"] == "checkout · Dependabot Updates"
        assert told.pipeline["condition"] == "passing"
        assert len(told.executions) == 3

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_workflow_file_that_is_broken_for_a_while_is_the_same_pipeline(stage: Stage) -> None:
    good, mended = GithubRun(5340, began=90), GithubRun(5342, began=20)
    broken = GithubRun(5341, began=50, name=".github/workflows/ci.yml")
    told_of = [*whole(good), broken.told("failure", 50)]

    def red(told: Told) -> None:
        assert (told.pipeline["name"], told.pipeline["condition"]) == ("checkout · CI", "failing")

    def green(told: Told) -> None:
        assert (told.pipeline["name"], told.pipeline["condition"]) == ("checkout · CI", "passing")

    holds_in_any_order(stage, "github", steps(*told_of), red)
    holds_in_any_order(stage, "github", steps(*told_of, *whole(mended)), green)


def test_pipeline_of_pull_requests_alone_never_fails(stage: Stage) -> None:
    asked = {"event": "pull_request", "head_branch": "faster-rounding"}
    run = GithubRun(5350, began=30, workflow=4712, name="Checks")
    request = {"number": 87, "base": {"ref": "main", "repo": {"id": run.repository["id"]}}}
    run.more = {**asked, "pull_requests": [{**request, "head": {"ref": "faster-rounding"}}]}

    def right(told: Told) -> None:
        assert (told.pipeline["condition"], told.pipeline["result"]) == ("idle", None)
        assert [(one["ref"], one["status"]) for one in told.pipeline["about"]] == [("#87", "failed")]
        assert "#87: failed" in told.board
        assert told.pipeline["id"] not in told.network

    holds_in_any_order(stage, "github", steps(*whole(run, "failure")), right)


def test_run_that_waits_for_approval_is_seen_behind_a_newer_one(stage: Stage) -> None:
    older, newer = GithubRun(5360, began=40), GithubRun(5361, began=3)
    bodies = [
        older.told("in_progress", 39.9),
        older.job("build", "success", 38, began=39.8),
        older.job("production", "waiting", 37.9),
        older.told("waiting", 37.9),
        newer.told("in_progress", 2.9),
        newer.job("build", "in_progress", 2.8),
    ]

    def right(told: Told) -> None:
        assert told.pipeline["condition"] == "waiting"
        assert [(one["number"], one["status"]) for one in told.pipeline["inFlight"]] == [
            ("361", "running"),
            ("360", "waiting"),
        ]
        assert "run 360 at production" in told.board
        assert f"at-waiting-{told.pipeline['id']}" in told.network

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_workflows_of_one_name_are_told_apart_by_owner(stage: Stage) -> None:
    runs = GithubRun(5370, began=9), GithubRun(5371, began=8, owner="beta", workflow=4713)

    def right(told: Told) -> None:
        assert sorted(pipeline["label"] for pipeline in told.pipelines) == ["acme/checkout", "beta/checkout"]

    holds_in_any_order(stage, "github", steps(*(run.told("success", run.began - 1) for run in runs)), right)


def test_skipped_and_cancelled_runs_leave_a_red_result_standing(stage: Stage) -> None:
    red, skipped, cancelled = GithubRun(5380, began=30), GithubRun(5381, began=9), GithubRun(5382, began=5)
    bodies = [*whole(red, "failure"), skipped.told("skipped", 9), cancelled.told("cancelled", 4)]

    def right(told: Told) -> None:
        assert told.pipeline["condition"] == "failing"
        assert told.pipeline["result"]["executionId"] == told.executions["5380"]["id"]
        assert "Failed at deploy" in told.board
        assert "run 382 cancelled" in told.board

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_run_that_a_concurrency_group_keeps_back_is_queued_for_hours(stage: Stage) -> None:
    run = GithubRun(5390, began=9 * 60)

    def right(told: Told) -> None:
        assert told.pipeline["condition"] == "queued"
        assert "Queued" in told.board

    held = [run.told("pending", 9 * 60), run.job("deploy", "pending", 9 * 60)]
    holds_in_any_order(stage, "github", steps(*held), right)


def test_brackets_that_name_environments_are_stages_and_those_of_a_matrix_are_jobs(stage: Stage) -> None:
    run = GithubRun(5400, began=30)
    bodies = [run.told("in_progress", 30)]
    bodies += [run.job(f"unit ({version})", "success", 27, began=29) for version in ("3.11", "3.12", "3.13")]
    for place, environment in enumerate(("staging", "production")):
        at = 26 - place * 5
        bodies.append(run.job(f"Release ({environment})", "success", at - 3, began=at))
    bodies.append(run.told("success", 17))

    def right(told: Told) -> None:
        found = told.executions["5400"]["stages"]
        assert [(part["name"], part["kind"], len(part["actions"])) for part in found] == [
            ("unit", "commit", 3),
            ("Release (staging)", "deploy", 1),
            ("Release (production)", "production", 1),
        ]

    holds_in_any_order(stage, "github", steps(*bodies), right)


def test_older_run_that_deploys_again_leads_while_the_newer_result_stands(stage: Stage) -> None:
    older, newer = GithubRun(5410, began=120), GithubRun(5411, began=60)
    again = [older.told("in_progress", 2, 2, again=2), older.job("deploy", "in_progress", 2, attempt=2)]

    def right(told: Told) -> None:
        assert told.pipeline["condition"] == "running"
        (leader,) = told.pipeline["inFlight"]
        assert (leader["number"], leader["attempt"], leader["redeploy"]) == ("410", 2, True)
        assert told.pipeline["result"]["number"] == "411"
        assert "Re-deploy of 410 at deploy" in told.board

    holds_in_any_order(stage, "github", steps(*whole(older), *whole(newer), *again), right)
