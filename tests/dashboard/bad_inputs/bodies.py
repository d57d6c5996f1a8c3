"""More bodies: jobs, and CodePipeline's events of every level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.dashboard.bad_inputs.scene import Scene
from tests.dashboard.bodies import REPOSITORY, iso, pipeline_changed
from tests.factories import MINUTE, NOW, SHA

RUN = "01234567-0123-0123-0123-012345678901"
HOUR = 60 * MINUTE


def workflow_job(number: int = 71, name: Any = "build", *, run_id: int = 5001, **job: Any) -> dict[str, Any]:
    return {
        "action": "completed",
        "workflow_job": {
            "id": number,
            "run_id": run_id,
            "run_attempt": 1,
            "name": name,
            "workflow_name": "CI",
            "status": "completed",
            "conclusion": "success",
            "head_branch": "main",
            "head_sha": SHA,
            "html_url": f"https://github.com/acme/checkout/actions/runs/{run_id}/job/{number}",
            "created_at": iso(NOW - 5 * MINUTE),
            "started_at": iso(NOW - 4 * MINUTE),
            "completed_at": iso(NOW - MINUTE),
            **job,
        },
        "repository": REPOSITORY,
    }


def pipeline(state: str = "STARTED", at: int = NOW, **members: Any) -> dict[str, Any]:
    return {**pipeline_changed(state), "time": iso(at), **members}


def of_stage(stage: Any, state: str = "SUCCEEDED", at: int = NOW, **detail: Any) -> dict[str, Any]:
    body = pipeline(state, at)
    kind = "Action" if "action" in detail else "Stage"
    return {
        **body,
        "detail-type": f"CodePipeline {kind} Execution State Change",
        "detail": {**body["detail"], "stage": stage, **detail},
    }


def post_all(scene: Scene, source: str, bodies: Sequence[dict[str, Any]], event: str = "workflow_run") -> set[int]:
    return {scene.post(source, body, event).status_code for body in bodies}
