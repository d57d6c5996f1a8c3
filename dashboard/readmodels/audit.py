"""The audit log as people read it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from storage.model.accounts import AuditEntry


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty words take everything. `who` and `action` are parts of what stands there."""

    who: str = ""
    action: str = ""
    outcome: str = ""

    @property
    def query(self) -> str:
        return urlencode({"who": self.who, "action": self.action, "outcome": self.outcome})

    def takes(self, entry: AuditEntry) -> bool:
        return (
            self.who.casefold() in entry.who.casefold()
            and self.action.casefold() in entry.action.casefold()
            and self.outcome in ("", entry.outcome)
        )
