"""The audit log as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from storage.people import AuditEntry, Fields

COLUMNS = ("time", "who", "from", "action", "what", "team", "before", "after", "outcome")


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty words take everything. `who` and `action` are parts of what stands there."""

    who: str = ""
    action: str = ""
    outcome: str = ""

    def takes(self, entry: AuditEntry) -> bool:
        return (
            self.who.casefold() in entry.who.casefold()
            and self.action.casefold() in entry.action.casefold()
            and self.outcome in ("", entry.outcome)
        )


def cells(entry: AuditEntry) -> list[str]:
    """A row of the exported file; columns as in COLUMNS."""
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
    ]


def _words(fields: Fields) -> str:
    return "; ".join(f"{name}: {value}" for name, value in fields)
