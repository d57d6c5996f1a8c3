"""A test run as Jenkins' Notification plugin would tell of it. Of a server that does not know its own address, so that
nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, NAME, Post, SampleRun


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _post(run, "STARTED", BEGAN_SECONDS)
    yield _post(run, "COMPLETED", ENDED_SECONDS, status="SUCCESS", duration=(BEGAN_SECONDS - ENDED_SECONDS) * 1000)


def _post(run: SampleRun, phase: str, seconds_ago: int, **said: object) -> Post:
    job = f"job/{run.connection}/job/{quote(NAME)}/"
    build = {
        "number": run.run_number,
        "phase": phase,
        "timestamp": run.time(seconds_ago),
        "url": f"{job}{run.run_number}/",
        "scm": {"branch": "origin/main", "commit": run.commit, "culprits": ["Big Transit"]},
        **said,
    }
    body = {"name": NAME, "display_name": NAME, "url": job, "build": build}
    return Post({"content-type": "application/json"}, json.dumps(body).encode())
