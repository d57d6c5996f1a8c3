"""Webhook posts as received."""

from __future__ import annotations

from storage.model.document import Document
from storage.model.events import AnyEvent
from storage.model.subjects import AnySubjectEvent

PENDING, APPLIED = "pending", "applied"


class Delivery(Document, frozen=True):
    """One webhook post as received, with what was answered. `key` is what tells a repeat. `events`, `subjects` and
    `team_id` are kept only while it waits to be applied. `post` is what a replay needs, packed; empty where nothing is
    kept."""

    connection_id: str
    key: str
    event: str
    received_at: int
    answer: int
    outcome: str
    reason: str = ""
    execution_id: str = ""
    events: tuple[AnyEvent, ...] = ()
    team_id: str = ""
    post: str = ""
    subjects: tuple[AnySubjectEvent, ...] = ()


class DeliveryBrief(Document, frozen=True):
    key: str
    event: str
    received_at: int
    answer: int
    outcome: str
    reason: str
    execution_id: str
    replayable: bool = False
