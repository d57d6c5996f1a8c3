"""What is taken of an answer: objects, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Found = Mapping[str, Any]


def listed(answer: object) -> list[Found]:
    """Of an answer that is a list."""
    return [one for one in answer if isinstance(one, dict)] if isinstance(answer, list) else []


def listed_in(answer: object, name: str) -> list[Found]:
    """Of a list that the answer has as a member."""
    return listed(answer.get(name)) if isinstance(answer, dict) else []


def found_or_none(answer: object) -> Found | None:
    return answer if isinstance(answer, dict) else None
