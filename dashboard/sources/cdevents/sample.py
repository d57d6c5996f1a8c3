"""A test run as CDEvents would tell of it, each in an envelope of its own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from dashboard.sources.kit.sample import BEGAN_SECONDS, ENDED_SECONDS, MESSAGE, NAME, STAGES, Post, SampleRun

ORIGIN = "/big-transit/test-run"


def sample(run: SampleRun) -> tuple[Post, ...]:
    return tuple(_posts(run))


def _posts(run: SampleRun) -> Iterator[Post]:
    yield _post(run, "pipelinerun.started", BEGAN_SECONDS, {"pipelineName": NAME})
    for name, began, ended in STAGES:
        task = {"taskName": name, "pipelineRun": {"id": run.key("run")}}
        yield _post(run, "taskrun.started", began, task)
        yield _post(run, "taskrun.finished", ended, {**task, "outcome": "success"})
    yield _post(run, "pipelinerun.finished", ENDED_SECONDS, {"pipelineName": NAME, "outcome": "success"})


def _post(run: SampleRun, kind: str, seconds_ago: int, content: Mapping[str, object]) -> Post:
    subject = run.key("run") if kind.startswith("pipelinerun") else run.key(str(content["taskName"]))
    context = {
        "specversion": "0.5.1",
        "id": run.key(kind, *content.values()),
        "source": ORIGIN,
        "type": f"dev.cdevents.{kind}.0.3.0",
        "timestamp": run.time(seconds_ago),
    }
    told = {
        "number": str(run.run_number),
        "branch": "main",
        "defaultBranch": "main",
        "commit": run.commit,
        "message": MESSAGE,
        "author": "Big Transit",
    }
    data = {"context": context, "subject": {"id": subject, "content": content}, "customData": told}
    envelope = {"specversion": "1.0", "time": context["timestamp"], "subject": subject, "data": data}
    body = {**{name: context[name] for name in ("id", "source", "type")}, **envelope}
    return Post({"content-type": "application/cloudevents+json"}, json.dumps(body).encode())
