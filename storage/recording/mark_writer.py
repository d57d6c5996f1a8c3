"""What people say of a deployment: that it failed or was unplanned, and why. One transaction with its fact and its
entry in the audit log."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from storage import topics
from storage.codec import fact_items, items
from storage.errors import Conflict, NotFound
from storage.model.accounts import Actor, Fields
from storage.model.document import replace
from storage.model.execution_view import build
from storage.model.marks import DeploymentMark
from storage.model.run import run_of
from storage.recording import facts
from storage.repositories import audit, changes
from storage.table import Put, Table, VersionIs, Write

TRIES = 5


class MarkWriter:
    """now: milliseconds."""

    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def mark(self, team_id: str, execution_id: str, mark: DeploymentMark | None, by: Actor) -> tuple[str, int]:
        """None takes the mark back. The pipeline and the day whose numbers it changes. Raises NotFound where nothing of
        it has ended or its pipeline is not the team's, Conflict where others kept writing."""
        for _ in range(TRIES):
            head = self._table.get(items.execution_key(execution_id))
            if head is None or "parts" in head:
                raise NotFound("Execution not found")
            stored, version = items.head_of(head)
            found = self._table.get(items.record_key(stored.pipeline_id)) if stored.pipeline_id else None
            record = items.record_of(found) if found else None
            if record is None or record.team_id != team_id or stored.fact_day < 0:
                raise NotFound("Execution not found")
            read = build(
                stored.state,
                execution_id=stored.id,
                pipeline_id=record.id,
                team_id=team_id,
                overrides=record.arranged,
            )
            expires = items.number(head, "expires")
            run = run_of(stored.state, read, record.arranged)
            marked = replace(stored, mark=mark)
            kept, writes = facts.settled(marked, stored, read, run, record.arranged, expires)
            entry = audit.entry(
                by, self._now(), "deployment.marked", f"{record.full_name} {read.number}", target_id=stored.id,
                team_id=team_id, before=_words(stored.mark), after=_words(mark),
            )  # fmt: skip
            put = Put(items.execution_item(kept, read, version + 1, expires), VersionIs(version))
            notice = changes.notice(self._now(), [topics.execution(stored.id), topics.health(team_id)])
            try:
                self._table.transact([put, *writes, *_placed(writes), notice, audit.put(entry)])
            except Conflict:
                continue
            return record.id, kept.fact_day
        raise Conflict("the execution is being written by others")


def _placed(changed: Sequence[Put]) -> list[Write]:
    """The fact in its place, too: who marks a deployment sees the mark at once."""
    return [write for put in changed if (write := fact_items.fact_write(put.item))]


def _words(mark: DeploymentMark | None) -> Fields:
    if mark is None:
        return ()
    said = (("failed", mark.failed), ("unplanned", mark.unplanned))
    return (*((name, "yes" if value else "no") for name, value in said if value is not None), ("reason", mark.reason))
