"""What came into production, in words."""

from __future__ import annotations

from storage.model.board_row import Arrival


def said_of(arrival: Arrival) -> str:
    """Whose change is there, and what it says; of a rollback that of the version that came back. Empty where neither is
    told."""
    change = ": ".join(part for part in (arrival.author, arrival.message) if part)
    if not arrival.rolled_back:
        return change
    if arrival.message:
        return f"Rolled back to {change}"
    return f"Rolled back by {arrival.author}" if arrival.author else "Rolled back"
