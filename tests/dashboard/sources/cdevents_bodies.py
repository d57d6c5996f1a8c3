"""CDEvents of our own writing, read as events."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.cdevents import SOURCE
from dashboard.sources.kit.source import Parsed

AT = "2026-11-20T10:00:00Z"
AT_MS = 1_795_168_800_000


def cdevent(kind: str, content: object = None, more: object = None, **context: object) -> dict[str, Any]:
    """Of subject s-1, kind as `taskrun.started`. more: customData."""
    told = {
        "specversion": "0.5.1",
        "id": "e-1",
        "source": "/ci",
        "type": f"dev.cdevents.{kind}.0.3.0",
        "timestamp": AT,
        **context,
    }
    data = {"context": told, "subject": {"id": "s-1", "content": content or {}}}
    return data if more is None else {**data, "customData": more}


def parse(body: object, **headers: str) -> Parsed:
    return SOURCE.parse(headers, json.dumps(body).encode())


def event(kind: str, content: object = None, more: object = None) -> Any:
    """The one that it becomes."""
    parsed = parse(cdevent(kind, content, more))
    found: list[Any] = [*parsed.events, *parsed.subjects]
    assert len(found) == 1
    return found[0]
