"""Several pipelines moved at once, each as a person moves one: a transaction with its entry in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.wakeups import WakeUp, wakeups
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor
from storage.model.entities import Team
from storage.model.pipeline_record import Placed
from storage.store import Store

# While somebody waits. Each is three reads and a transaction.
MOST_AT_ONCE = 50


@dataclass(frozen=True, slots=True)
class Moving:
    pipeline_id: str
    home: Team
    to: Team


@dataclass(frozen=True, slots=True)
class Moved:
    """left: those that were not tried, as there were too many. refused: those that somebody moved or changed first."""

    done: int
    refused: int
    left: int

    @property
    def words(self) -> str:
        told = f"{self.done} moved"
        if self.refused:
            told += f", {self.refused} not: somebody else was changing them"
        return told + (f". {self.left} are left: do it again for those." if self.left else ".")


def move_all(store: Store, wanted: Sequence[Moving], by: Actor, placed: Placed) -> Moved:
    """The first MOST_AT_ONCE of them; what was moved stays so whatever becomes of the others."""
    now, done = wanted[:MOST_AT_ONCE], 0
    for one in now:
        try:
            store.override_writer.move(one.pipeline_id, one.home, one.to, by, placed)
        except (Conflict, NotFound):
            continue
        done += 1
        # The other team may read stages by other rules.
        wakeups.send(WakeUp.PIPELINE_IS_STALE, one.pipeline_id)
    if done:
        for team_id in dict.fromkeys(team.id for one in now for team in (one.home, one.to)):
            store.rebuilder.rename(team_id)
        wakeups.send(WakeUp.STORE_CHANGED)
    return Moved(done, len(now) - done, len(wanted) - len(now))
