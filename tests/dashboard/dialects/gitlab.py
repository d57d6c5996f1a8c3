"""GitLab: a pipeline, which lists every job from its start, also those to come. A job that is retried is a new one, and
the pipeline that had failed runs again."""

from __future__ import annotations

from typing import Any

from tests.dashboard.bodies import ago
from tests.dashboard.dialects.told import (
    ACCEPTANCE,
    AUTHOR,
    BRANCH,
    BUILD,
    COMMIT,
    MESSAGE,
    NUMBER,
    PIPELINE,
    PRODUCTION,
    REPOSITORY,
    Post,
    Telling,
    post,
)

Job = dict[str, Any]


def job(number: int, name: str, status: str, began: float | None = None, ended: float | None = None) -> Job:
    return {
        "id": number,
        "stage": name,
        "name": name,
        "status": status,
        "created_at": ago(30 if number < 4 else 20),
        "started_at": None if began is None else ago(began),
        "finished_at": None if ended is None else ago(ended),
        "queued_duration": None if began is None else 0,
    }


def pipeline(status: str, *jobs: Job, ended: float | None = None) -> Post:
    said = {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": 90_812,
            "iid": NUMBER,
            "ref": BRANCH,
            "tag": False,
            "sha": COMMIT,
            "source": "push",
            "status": status,
            "stages": [BUILD, ACCEPTANCE, PRODUCTION],
            "created_at": ago(30),
            "finished_at": None if ended is None else ago(ended),
        },
        "user": {"username": "mara"},
        "project": {"id": 7, "name": PIPELINE, "path_with_namespace": REPOSITORY, "default_branch": BRANCH},
        "commit": {"id": COMMIT, "message": MESSAGE, "author": {"name": AUTHOR}},
        "builds": list(jobs),
    }
    return post(said, x_gitlab_event="Pipeline Hook")


BUILT, TO_COME = job(1, BUILD, "success", 30, 27), job(3, PRODUCTION, "created")
RED = job(2, ACCEPTANCE, "failed", 27, 23)
GREEN = job(4, ACCEPTANCE, "success", 20, 15)


def telling() -> Telling:
    return Telling(
        past_build=[
            pipeline("running", job(1, BUILD, "running", 30), job(2, ACCEPTANCE, "created"), TO_COME),
            pipeline("running", BUILT, job(2, ACCEPTANCE, "created"), TO_COME),
        ],
        failed=[
            pipeline("running", BUILT, job(2, ACCEPTANCE, "running", 27), TO_COME),
            pipeline("failed", BUILT, RED, job(3, PRODUCTION, "skipped"), ended=23),
        ],
        retrying=[
            pipeline("running", BUILT, job(4, ACCEPTANCE, "running", 20), TO_COME),
        ],
        passed=[
            pipeline("running", BUILT, GREEN, job(3, PRODUCTION, "running", 15)),
            pipeline("success", BUILT, GREEN, job(3, PRODUCTION, "success", 15, 11), ended=11),
        ],
    )
