"""What follows from an event that was applied: open pages are told, names told apart, stale pipelines folded again."""

from __future__ import annotations

import logging

from dashboard.wakeups import WakeUp, wakeups
from storage.errors import StorageError
from storage.recording.recorder import Applied
from storage.store import Store

logger = logging.getLogger(__name__)


def follow(store: Store, applied: Applied) -> None:
    """Never fails: the event is stored, and what could not be done is done at the next occasion."""
    if not applied.changed:
        return
    if applied.renames:
        for team_id in filter(None, (applied.team_id, applied.left_team_id)):
            try:
                store.rebuilder.rename(team_id)
            except StorageError as error:
                logger.warning("names of team %s could not be told apart: %s", team_id, error)
    if applied.stale:
        wakeups.send(WakeUp.PIPELINE_IS_STALE, applied.pipeline_id)
    if applied.left_id:
        wakeups.send(WakeUp.PIPELINE_IS_STALE, applied.left_id)
    wakeups.send(WakeUp.STORE_CHANGED)
