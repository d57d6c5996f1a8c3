"""The audit log as rows of a file."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.model.accounts import AuditEntry, Fields

COLUMNS = ("time", "who", "from", "action", "what", "team", "before", "after", "outcome", "user id")


def cells(entry: AuditEntry) -> list[str]:
    """Columns as in COLUMNS; the time is ISO 8601, UTC."""
    at = datetime.fromtimestamp(entry.at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return [
        at,
        entry.who,
        entry.address,
        entry.action,
        entry.target,
        entry.team_id,
        _words(entry.before),
        _words(entry.after),
        entry.outcome,
        entry.user_id,
    ]


def _words(fields: Fields) -> str:
    return "; ".join(f"{name}: {value}" for name, value in fields)
