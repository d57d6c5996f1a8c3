"""Recorded Jenkins bodies with some members changed, and a run's posts at seconds after it was queued."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.jenkins import SOURCE
from dashboard.sources.kit.source import Parsed
from tests.dashboard.sources.golden import PAYLOADS

QUEUED = 1_772_445_600_000


def golden(name: str) -> Any:
    return json.loads((PAYLOADS / "jenkins" / f"{name}.json").read_text())


def parse(body: object, **headers: str) -> Parsed:
    return SOURCE.parse(headers, json.dumps(body).encode())


def changed(name: str, /, *, url: str = "", **build: Any) -> Any:
    """The run that a body tells of, with members of the build changed."""
    body = golden(name)
    body["build"].update(build)
    if url:
        body["url"] = url
    return parse(body).events[0]


def note(phase: str, seconds: float, status: str | None = None, **said: Any) -> dict[str, Any]:
    """said: `url` of the job, else members of the build."""
    name = "notification__succeeded" if phase in ("COMPLETED", "FINALIZED") else "notification__queued"
    body: dict[str, Any] = golden(name)
    if url := said.pop("url", ""):
        body.update(url=url, name=url.rstrip("/").rpartition("/")[2], display_name=None)
        body["build"]["full_url"] = f"https://jenkins.acme.example/ci/{url}42/"
    body["build"].update(phase=phase, timestamp=QUEUED + round(seconds * 1000), duration=0, status=status)
    body["build"].update(said)
    return body


def event(name: str, seconds: float, **custom: Any) -> dict[str, Any]:
    """A CDEvent, with members of its custom data changed."""
    body: dict[str, Any] = golden(name)
    body = body.get("data", body)
    body["context"].update(id=f"{name} {seconds} {custom}", timestamp=f"2026-03-02T10:00:{seconds:06.3f}Z")
    body["customData"].update(custom)
    return body
