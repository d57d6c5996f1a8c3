"""What follows from an event that was applied: open pages are told, names told apart, stale pipelines folded again."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from dashboard.wakeups import WakeUp, wakeups
from storage.errors import StorageError
from storage.recording.recorder import Applied
from storage.store import Store

logger = logging.getLogger(__name__)


def follow(store: Store, applied: Applied, renames: set[str] | None = None) -> None:
    """Never fails: the event is stored, and what could not be done is done at the next occasion. `renames`: takes the
    teams whose pipelines are to be told apart, where somebody does that later for many events at once."""
    if not applied.changed:
        return
    if applied.renames:
        teams = {team_id for team_id in (applied.team_id, applied.left_team_id) if team_id}
        if renames is None:
            tell_apart(store, teams)
        else:
            renames |= teams
    if applied.stale:
        wakeups.send(WakeUp.PIPELINE_IS_STALE, applied.pipeline_id)
    if applied.left_id:
        wakeups.send(WakeUp.PIPELINE_IS_STALE, applied.left_id)
    wakeups.send(WakeUp.STORE_CHANGED)


def tell_apart(store: Store, teams: Iterable[str]) -> None:
    """The names of these teams' pipelines. Never fails."""
    for team_id in teams:
        try:
            store.rebuilder.rename(team_id)
        except StorageError as error:
            logger.warning("names of team %s could not be told apart: %s", team_id, error)
