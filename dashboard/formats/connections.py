"""How fresh what connections tell is, as the API tells it."""

from __future__ import annotations

from typing import Any

from dashboard.formats.api import time
from storage.model.backfill import Repair
from storage.model.connection_state import ConnectionState, clock_ahead_ms
from storage.model.entities import ApiQuota, Connection


def connection(
    found: Connection, state: ConnectionState, *, unusual: bool | None, refused: int, refused_at: int
) -> dict[str, Any]:
    """Without secrets. `unusual`: None where that cannot be told. `refused`: of its latest posts how many had a wrong
    secret, and when the last did, milliseconds, 0 where none did."""
    ahead = clock_ahead_ms(state.activity)
    return {
        "id": found.id,
        "source": found.source,
        "name": found.name or None,
        "paused": found.paused,
        "lastEventAt": time(state.activity.last_at or None),
        "silenceIsUnusual": unusual,
        "signatureFailures": refused,
        "lastSignatureFailureAt": time(refused_at or None),
        "clockAheadSeconds": None if ahead is None else round(ahead / 1000),
        "quota": _quota(state.quota),
        "repair": _repair(state.repair),
        "missedEventsRead": state.missed.count if state.missed else 0,
    }


def _quota(found: ApiQuota | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {
        "limit": found.limit,
        "remaining": found.remaining,
        "resetsAt": time(found.resets_at),
        "toldAt": time(found.told_at),
    }


def _repair(found: Repair | None) -> dict[str, Any] | None:
    """None where its tool is not asked."""
    if found is None:
        return None
    return {
        "askedAt": time(found.checked_at or None),
        "repaired": found.repaired,
        "repairedAt": time(found.repaired_at or None),
        "problem": found.problem or None,
        "problemAt": time(found.problem_at or None),
    }
