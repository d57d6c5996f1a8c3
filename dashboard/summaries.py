"""Keeps each team's summary in step with its board. Rebuilt from the rows, so it repairs itself."""

from __future__ import annotations

from storage.errors import Conflict
from storage.model.team_summary import summarise
from storage.store import Store

TRIES = 5


def refresh(store: Store, team_id: str) -> bool:
    """Whether the summary changed. The entry is read before the rows: whoever writes last has read last."""
    for _ in range(TRIES):
        entry = store.teams.find(team_id)
        if entry is None:
            return False
        summary = summarise([stored.row() for stored in store.pipelines.list_board(team_id)])
        if summary == entry.summary:
            return False
        try:
            store.teams.put_summary(entry, summary)
        except Conflict:
            continue
        return True
    return False


def refresh_all(store: Store) -> int:
    """How many summaries were out of step."""
    return sum(refresh(store, entry.team.id) for entry in store.teams.list_all())
