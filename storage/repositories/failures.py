"""Why jobs failed: whose logs are to be read, what they said, and which failures are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from storage import keys, topics
from storage.codec import failure_items, items
from storage.errors import Conflict
from storage.model.failures import FailureBrief, GreenLines, JobFailure, WantedLogs
from storage.repositories import changes
from storage.schema import EXPIRES
from storage.table import Item, Put, Query, Table, VersionIs

MOST_WANTED, MOST_ALIKE = 200, 100


@dataclass(frozen=True, slots=True)
class WantedNote:
    """`version`: as it stood when it was read."""

    wanted: WantedLogs
    version: int


class Failures:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_wanted(self, limit: int = MOST_WANTED) -> list[WantedNote]:
        """The first of them, due or not."""
        page = self._table.query(Query(keys.WANTED_LOGS, limit=limit, consistent=True))
        return [WantedNote(failure_items.wanted_of(item), items.number(item, "version")) for item in page.items]

    def put_off(self, note: WantedNote, due_at: int, tries: int) -> None:
        """To be tried again, unless it was noted anew meanwhile."""
        wanted = WantedLogs(note.wanted.execution_id, note.wanted.connection_id, due_at, tries)
        with suppress(Conflict):
            self._table.put(failure_items.wanted_item(wanted), VersionIs(note.version))

    def settle(self, note: WantedNote) -> None:
        """All of it was read, unless it was noted anew meanwhile."""
        with suppress(Conflict):
            self._table.delete(failure_items.wanted_key(note.wanted.execution_id), VersionIs(note.version))

    def find_all(self, execution_id: str, most: int) -> list[JobFailure]:
        """Those of an execution, in their order."""
        wanted = [failure_items.failure_key(execution_id, place) for place in range(most)]
        return [failure_items.failure_of(item) for item in self._table.batch_get(wanted) if item]

    def find(self, execution_id: str, place: int) -> JobFailure | None:
        item = self._table.get(failure_items.failure_key(execution_id, place), consistent=False)
        return failure_items.failure_of(item) if item else None

    def put(self, failure: JobFailure, number: str, expires: int) -> None:
        """`number`: of its execution, whose open pages are told. expires: epoch seconds."""
        item = failure_items.failure_item(failure, number, expires)
        self._table.transact([Put(item), changes.notice(self._now(), [topics.execution(failure.execution_id)])])

    def list_alike(self, fingerprint: str, since: int = 0) -> list[FailureBrief]:
        """The newest MOST_ALIKE of one fingerprint, the newest first. since: milliseconds."""
        after = f"{since:015d}" if since else ""
        query = Query(
            keys.failures("FINGERPRINT", fingerprint), after=after, index="history", reverse=True, limit=MOST_ALIKE
        )
        return [failure_items.brief_of(item) for item in self._table.query(query).items]

    def tell_alike(self, briefs: Sequence[FailureBrief], counted: Callable[[JobFailure], JobFailure]) -> int:
        """Write these with how many there are by now. How many of them changed."""
        wanted = [failure_items.failure_key(brief.execution_id, brief.place) for brief in briefs]
        found = [item for item in self._table.batch_get(wanted) if item]
        return sum(self._told_anew(item, counted) for item in found)

    def _told_anew(self, item: Item, counted: Callable[[JobFailure], JobFailure]) -> bool:
        before = failure_items.failure_of(item)
        after = counted(before)
        if after == before:
            return False
        number = failure_items.brief_of(item).number
        self.put(after, number, items.number(item, EXPIRES))
        return True

    def find_green_lines(self, pipeline_id: str, stage: str, job: str) -> GreenLines | None:
        item = self._table.get(failure_items.green_key(pipeline_id, stage, job), consistent=False)
        return failure_items.green_of(item) if item else None

    def put_green_lines(self, pipeline_id: str, stage: str, job: str, lines: GreenLines) -> None:
        self._table.put(failure_items.green_item(pipeline_id, stage, job, lines, self._now()))
