"""Recorded CodePipeline bodies with some members changed, read as events."""

from __future__ import annotations

import json
from typing import Any

from dashboard.sources.codepipeline import SOURCE
from dashboard.sources.kit.source import Parsed
from tests.dashboard.sources.golden import PAYLOADS


def golden(name: str) -> dict[str, Any]:
    body: dict[str, Any] = json.loads((PAYLOADS / "codepipeline" / f"{name}.json").read_text())
    return body


def parse(body: object, **headers: str) -> Parsed:
    return SOURCE.parse(headers, json.dumps(body).encode())


def changed(name: str, **detail: object) -> Any:
    body = golden(name)
    body["detail"].update({key.replace("_", "-"): value for key, value in detail.items()})
    return parse(body).events[0]
