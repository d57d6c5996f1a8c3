"""That the log of a job that failed is to be read, noted with the event that tells of it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from storage.codec import failure_items
from storage.model.entities import RED
from storage.model.events import ActionChanged, AnyEvent
from storage.model.failures import WantedLogs
from storage.table import Put


def tells_of_failed_job(events: Sequence[AnyEvent]) -> bool:
    return any(isinstance(event, ActionChanged) and event.finished and event.status in RED for event in events)


def wanted(execution_id: str, events: Sequence[AnyEvent], connection_id: str, now: int) -> list[Put]:
    """`connection_id`: through which logs are read, empty where they are not."""
    if not connection_id or not tells_of_failed_job(events):
        return []
    return [Put(failure_items.wanted_item(WantedLogs(execution_id, connection_id, now)))]
