"""One webhook post of a made-up tool."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

NAMESPACE = uuid.UUID("6f6a1b1e-6a0c-4c56-9d6b-5d1f0a3b7c11")


@dataclass(frozen=True, slots=True)
class Post:
    """`at`: when it is sent, milliseconds. Headers are those that say what it is; signing adds the others."""

    at: int
    source: str
    headers: dict[str, str]
    body: bytes


def iso(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
