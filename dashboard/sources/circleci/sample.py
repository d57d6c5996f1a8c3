"""A test run as CircleCI would tell of it: ends alone. Its workflow has no address, so that nothing links to it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    for place, (name, began, ended) in enumerate(STAGES):
        job = {
            "id": run.key("job", place),
            "name": name,
            "number": place + 1,
            "status": "success",
            "started_at": run.time(began),
            "stopped_at": run.time(ended),
        }
        yield _post(run, "job-completed", ended, {}, job=job)
    yield _post(run, "workflow-completed", ENDED_SECONDS, {"status": "success", "stopped_at": run.time(ENDED_SECONDS)})


def _post(run: SampleRun, event: str, seconds_ago: int, told: dict[str, Any], **more: Any) -> Post:
    vcs = {
        "branch": "main",
        "revision": run.commit,
        "commit": {"subject": MESSAGE, "author": {"name": "Big Transit"}},
    }
    body = {
        "id": run.key(event, *(each["id"] for each in more.values())),
        "type": event,
        "happened_at": run.time(seconds_ago),
        "project": {"id": run.connection, "name": ""},
        "organization": {"name": "big-transit"},
        "workflow": {"id": run.key("workflow"), "name": NAME, "created_at": run.time(BEGAN_SECONDS), **told},
        "pipeline": {
            "id": run.key("pipeline"),
            "number": run.run_number,
            "created_at": run.time(BEGAN_SECONDS),
            "trigger": {"type": "webhook"},
            "vcs": vcs,
        },
        **more,
    }
    headers = {"content-type": "application/json", "circleci-event-type": event}
    return Post(headers, json.dumps(body).encode())
