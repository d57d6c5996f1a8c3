"""Connections as their pages show them: whether events arrive, and what went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.sources import SOURCES
from storage.entities import Connection
from storage.items import DeliveryBrief
from storage.store import Store

SILENT_MS = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Check:
    """`good` of the deliveries listed were taken; `refused` had no right signature, `rejected` could not be read."""

    connection: Connection
    state: str
    words: str
    last: DeliveryBrief | None
    good: int
    refused: int
    rejected: int
    readable: bool
    previous_until: int


@dataclass(frozen=True, slots=True)
class Listed:
    connection: Connection
    label: str
    check: Check


def check(connection: Connection, deliveries: Sequence[DeliveryBrief], now: int, *, readable: bool = True) -> Check:
    """`deliveries`: the newest, newest first. `now` in milliseconds. `readable`: whether its secret can be opened."""
    arrived = [delivery for delivery in deliveries if delivery.outcome not in ("refused", "rejected")]
    refused = sum(delivery.outcome == "refused" for delivery in deliveries)
    rejected = sum(delivery.outcome == "rejected" for delivery in deliveries)
    last = arrived[0] if arrived else None
    if not readable:
        state, words = "failed", "Secret unreadable"
    elif connection.paused:
        state, words = "waiting", "Paused"
    elif last is None:
        state, words = ("failed", "Refused") if refused else ("queued", "Waiting for the first event")
    elif deliveries[0].outcome in ("refused", "rejected"):
        state, words = "failed", "Last post not taken"
    elif now - last.received_at > SILENT_MS:
        state, words = "unknown", "Silent for more than a day"
    else:
        state, words = "succeeded", "Receiving"
    until = connection.previous_until if connection.previous_until > now else 0
    return Check(connection, state, words, last, len(arrived), refused, rejected, readable, until)


def listed(store: Store, team_id: str) -> list[Listed]:
    """A team's connections, each with what its newest deliveries say."""
    now = store.now()
    return [
        Listed(
            connection,
            SOURCES[connection.source].label,
            check(connection, store.deliveries.list_of_connection(connection.id, limit=10), now),
        )
        for connection in store.connections.list_of_team(team_id)
    ]
