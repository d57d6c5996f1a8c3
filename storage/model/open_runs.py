"""Executions that have not ended and do not speak for their pipeline: of change requests, other branches, tags beside
a default branch, or of nobody knows what yet. A row keeps of them only what they wait for. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from storage.model.document import Document
from storage.model.entities import Status, Voice
from storage.model.person_waits import PersonWait
from storage.model.run_history import RunHistory
from storage.model.runner_queues import JobQueue

# Of those that wait for a person, and of the others.
MOST_OPEN = 20
# So many newer runs that have ended since its last word tell that one's own end was lost.
LOST_AFTER = 20


class OpenRun(Document, frozen=True):
    """waits, queues: as in LatestExecution. heard_at, checked_at: as in WaitingRun."""

    execution_id: str
    number: str
    order: int
    voice: Voice
    status: Status
    ref: str
    message: str
    author: str
    url: str
    heard_at: int
    waits: tuple[PersonWait, ...] = ()
    queues: tuple[JobQueue, ...] = ()
    checked_at: int | None = None

    @property
    def asks(self) -> bool:
        """Whether its ref is a change request or a fork's branch, of which only the newest run is to be looked at."""
        return self.voice is Voice.OTHER and (self.ref.startswith("#") or ":" in self.ref)


def still_open(found: Iterable[OpenRun], history: RunHistory) -> tuple[OpenRun, ...]:
    """Newest first, without those that a newer run of the same change request has overtaken, and those that were lost;
    of very many the newest, those that wait for a person apart from others."""
    runs = sorted(found, key=lambda one: (one.order, one.execution_id), reverse=True)
    newest = {run.ref: run.order for run in history.others}
    for one in runs:
        if one.asks:
            newest[one.ref] = max(one.order, newest.get(one.ref, one.order))
    runs = [one for one in runs if not (one.asks and newest[one.ref] > one.order) and not _lost(one, history)]
    waiting = [one for one in runs if one.waits][:MOST_OPEN]
    others = [one for one in runs if not one.waits][:MOST_OPEN]
    return tuple(sorted((*waiting, *others), key=lambda one: (one.order, one.execution_id), reverse=True))


def _lost(one: OpenRun, history: RunHistory) -> bool:
    if one.waits:
        return False
    later = (run for run in (*history.others, *history.tags) if run.order > one.order)
    return sum((run.finished_at or 0) > one.heard_at for run in later) >= LOST_AFTER
