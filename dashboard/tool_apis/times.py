"""Times as tools write them."""

from __future__ import annotations

from datetime import UTC, datetime


def milliseconds(told: object) -> int | None:
    """Of an ISO 8601 time, UTC where it says no zone; None of anything else."""
    if not isinstance(told, str) or not told:
        return None
    try:
        at = datetime.fromisoformat(told)
    except ValueError:
        return None
    return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
