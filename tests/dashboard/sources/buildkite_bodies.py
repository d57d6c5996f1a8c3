"""Recorded Buildkite bodies with some members changed, and whole builds told by webhooks, read as events."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.buildkite import SOURCE
from dashboard.sources.kit.source import Parsed
from storage.model.events import ActionChanged, AnyEvent, ExecutionChanged
from tests.dashboard.sources.golden import PAYLOADS

BUILD = "0193a6f0-1c52-4d1e-9b1e-6f7f5a3c2d10"


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "buildkite" / f"{name}.json").read_text())
    return body


def parse(body: object, **headers: str) -> Parsed:
    return SOURCE.parse(headers, json.dumps(body).encode())


def build(recorded: str = "build.finished__passed", /, **changes: object) -> ExecutionChanged:
    body = golden(recorded)
    body.get("detail", body)["build"].update(changes)
    event = parse(body).events[-1]
    assert isinstance(event, ExecutionChanged)
    return event


def job(recorded: str = "job.finished__passed", /, **changes: object) -> ActionChanged:
    body = golden(recorded)
    body.get("detail", body)["job"].update(changes)
    event = parse(body).events[0]
    assert isinstance(event, ActionChanged)
    return event


def at(minute: float) -> str:
    """This many minutes after ten o'clock."""
    seconds = round(minute * 60)
    return f"2026-11-20T{10 + seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.250Z"


def told(event: str, state: str, minute: float | None = None, /, **changes: object) -> tuple[AnyEvent, ...]:
    """A build's webhook; `minute` is when it began, or ended."""
    body = golden("build.finished__passed")
    ended = state in ("passed", "failed", "canceled") and minute is not None
    times = {"created_at": at(0), "started_at": at(1), "finished_at": at(minute) if ended and minute else None}
    body["build"].update({"state": state, **times, **changes})
    return parse({**body, "event": event}).events


def told_job(key: str, name: str, state: str, *times: float, **said: Any) -> tuple[AnyEvent, ...]:
    """A job's webhook. times: when it could run, began and ended, as far as it got. said: more of the job; `during` is
    the state of its build, `build` more of that, `created` when the job was made."""
    body = golden("job.finished__passed")
    names = ("runnable_at", "started_at", "finished_at")
    moments = {each: at(times[place]) if place < len(times) else None for place, each in enumerate(names)}
    build_said = {"state": said.pop("during", "running"), "created_at": at(0), "started_at": at(1)}
    created = at(said.pop("created", 0.5))
    body["build"].update({**build_said, **said.pop("build", {})})
    body["job"].update({"id": key, "name": name, "state": state, "created_at": created, **moments, **said})
    return parse({**body, "event": "job.finished"}).events
