"""What a new team has done already of what leads to its first live pipeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage.model.board_row import BoardRow
from storage.model.deliveries import DeliveryBrief
from storage.model.entities import Team
from storage.store import Store

# A team that is older, or has more pipelines, needs no guidance any more.
NEW_MS, MOST_PIPELINES = 14 * 24 * 3_600_000, 2
MOST_CONNECTIONS = 3
NOT_TAKEN = ("refused", "rejected", "put off")


@dataclass(frozen=True, slots=True)
class FirstSteps:
    connected: bool = False
    heard: bool = False
    in_production: bool = False


def first_steps(store: Store, team: Team, rows: Sequence[BoardRow], now: int) -> FirstSteps | None:
    """None where there is nothing to show. Only while a team has no pipeline the store is asked: for its connections,
    and what came through the first of them."""
    if rows:
        in_production = any(row.production for row in rows)
        is_new = now - team.created_at < NEW_MS and len(rows) <= MOST_PIPELINES
        return FirstSteps(True, True) if is_new and not in_production else None
    connections = store.connections.list_of_team(team.id, MOST_CONNECTIONS)
    newest = (store.deliveries.list_of_connection(connection.id, limit=5) for connection in connections)
    return FirstSteps(bool(connections), any(map(_is_taken, newest)))


def _is_taken(deliveries: Sequence[DeliveryBrief]) -> bool:
    return any(delivery.outcome not in NOT_TAKEN for delivery in deliveries)
