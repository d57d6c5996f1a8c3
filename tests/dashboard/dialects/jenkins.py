"""Jenkins by its Notification plugin: a run without stages, which cannot be run again but as another run."""

from __future__ import annotations

from tests.dashboard.bodies import ago
from tests.dashboard.dialects.told import AUTHOR, BRANCH, COMMIT, NUMBER, PIPELINE, Post, Telling, post

JOB = f"job/{PIPELINE}/"


def told(phase: str, minutes: float, number: int, took: int = 0, status: str = "") -> Post:
    checkout = {"branch": f"origin/{BRANCH}", "commit": COMMIT, "culprits": [AUTHOR]}
    build = {
        "number": number,
        "phase": phase,
        "timestamp": ago(minutes),
        "duration": took * 60_000,
        "url": f"{JOB}{number}/",
        "scm": checkout,
        **({"status": status} if status else {}),
    }
    return post({"name": PIPELINE, "display_name": PIPELINE, "url": JOB, "build": build})


def telling() -> Telling:
    return Telling(
        past_build=[told("STARTED", 30, NUMBER)],
        failed=[told("COMPLETED", 23, NUMBER, 7, "FAILURE"), told("FINALIZED", 23, NUMBER, 7, "FAILURE")],
        retrying=[told("STARTED", 20, NUMBER + 1)],
        passed=[told("COMPLETED", 11, NUMBER + 1, 9, "SUCCESS"), told("FINALIZED", 11, NUMBER + 1, 9, "SUCCESS")],
    )
