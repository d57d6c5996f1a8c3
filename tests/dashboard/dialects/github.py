"""GitHub: a workflow run and its jobs; failed jobs are run again within the run."""

from __future__ import annotations

from typing import Any

from tests.dashboard.bodies import GithubRun
from tests.dashboard.dialects.told import ACCEPTANCE, BUILD, PIPELINE, PRODUCTION, Post, Telling, post


def telling() -> Telling:
    run = GithubRun(5812, 30, project=PIPELINE, owner="shop")

    def told(event: str, body: dict[str, Any]) -> Post:
        return post(body, x_github_event=event)

    return Telling(
        past_build=[
            told("workflow_run", run.told("in_progress", 30)),
            told("workflow_job", run.job(BUILD, "in_progress", 30)),
            told("workflow_job", run.job(BUILD, "success", 27, began=30)),
        ],
        failed=[
            told("workflow_job", run.job(ACCEPTANCE, "in_progress", 27)),
            told("workflow_job", run.job(ACCEPTANCE, "failure", 23, began=27)),
            told("workflow_run", run.told("failure", 23)),
        ],
        retrying=[
            told("workflow_run", run.told("in_progress", 20, attempt=2, again=20)),
            told("workflow_job", run.job(ACCEPTANCE, "in_progress", 20, attempt=2)),
        ],
        passed=[
            told("workflow_job", run.job(ACCEPTANCE, "success", 15, attempt=2, began=20)),
            told("workflow_job", run.job(PRODUCTION, "in_progress", 15, attempt=2)),
            told("workflow_job", run.job(PRODUCTION, "success", 11, attempt=2, began=15)),
            told("workflow_run", run.told("success", 11, attempt=2, again=20)),
        ],
    )
