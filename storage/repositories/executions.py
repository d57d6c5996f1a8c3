"""Executions, read. They are written only by storage.recording.recorder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from storage import keys
from storage.codec import items, subject_items
from storage.errors import NotFound
from storage.model.briefs import ExecutionBrief
from storage.model.entities import Execution
from storage.model.execution_view import build
from storage.model.merge import StoredExecution
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.model.subject_views import PushedCommit
from storage.model.subjects import SubjectKind
from storage.schema import EXPIRES
from storage.table import Cursor, Item, Query, Table

PAGE = 25


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    """`stamp` differs between any two pages, and is the same in every process."""

    items: Sequence[ExecutionBrief]
    next: Cursor | None
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class CommitPage:
    """What is known of commits that begin alike. pushed: those that came in a push, once for each branch."""

    items: Sequence[ExecutionBrief]
    next: Cursor | None
    pushed: Sequence[PushedCommit] = ()


@dataclass(frozen=True, slots=True)
class ExecutionHead:
    """An execution's first item as it was read, not decoded yet."""

    item: Item

    @property
    def version(self) -> int:
        return items.number(self.item, "version")

    @property
    def expires(self) -> int:
        """Epoch seconds."""
        return items.number(self.item, EXPIRES)

    @property
    def is_long(self) -> bool:
        """Whether there is more of it than this item."""
        return "parts" in self.item or "split" in self.item

    def stored(self) -> StoredExecution:
        """Of a long one without its jobs, but with the ids of what it belongs to."""
        return items.head_of(self.item)[0]


class Executions:
    def __init__(self, table: Table) -> None:
        self._table = table

    def find_stored(self, execution_id: str) -> tuple[StoredExecution, int] | None:
        """The merged state and its version; read again when a write of a very long one came between."""
        for _ in range(3):
            page = self._table.query(Query(keys.execution(execution_id), consistent=True))
            if not page.items:
                return None
            stored = items.execution_of(page.items)
            if stored is not None:
                return stored
        return None

    def get_stored(self, execution_id: str) -> tuple[StoredExecution, int]:
        found = self.find_stored(execution_id)
        if found is None:
            raise NotFound("Execution not found")
        return found

    def find(self, execution_id: str, attempt: int | None = None) -> Execution | None:
        """With stages and actions, at `attempt` (default the newest)."""
        found = self.find_stored(execution_id)
        return self.read(found[0], attempt) if found else None

    def find_head(self, execution_id: str) -> ExecutionHead | None:
        """An execution's first item, which of all but very long ones is the whole."""
        item = self._table.get(items.execution_key(execution_id))
        return ExecutionHead(item) if item else None

    def whole(self, execution_id: str, head: ExecutionHead) -> tuple[StoredExecution, int] | None:
        """The merged state and its version, from its first item, reading on where it is a very long one."""
        return self.find_stored(execution_id) if head.is_long else items.head_of(head.item)

    @staticmethod
    def read(
        stored: StoredExecution,
        attempt: int | None = None,
        overrides: PipelineOverrides = NO_OVERRIDES,
        team_id: str = "",
    ) -> Execution:
        """`team_id`: where its pipeline was moved to another team."""
        return build(
            stored.state,
            execution_id=stored.id,
            pipeline_id=stored.pipeline_id,
            team_id=team_id or stored.team_id,
            attempt=attempt,
            overrides=overrides,
        )

    def get(self, execution_id: str) -> Execution:
        execution = self.find(execution_id)
        if execution is None:
            raise NotFound("Execution not found")
        return execution

    def list_of_pipeline(self, pipeline_id: str, limit: int = PAGE, cursor: Cursor | None = None) -> ExecutionPage:
        query = Query(keys.pipeline(pipeline_id), index="history", reverse=True, limit=limit, cursor=cursor)
        page = self._table.query(query)
        said = b"".join(_said(item["summary"]) for item in page.items)
        stamp = hashlib.blake2b(said, digest_size=8).hexdigest()
        return ExecutionPage([items.brief_of(item) for item in page.items], page.next, stamp)

    def list_of_commit(self, prefix: str, limit: int = PAGE, cursor: Cursor | None = None) -> CommitPage:
        """`prefix`: the commit's id or its first 7 or more letters."""
        query = Query(keys.commit(prefix), prefix=prefix, index="commits", limit=limit, cursor=cursor)
        page = self._table.query(query)
        runs, pushed = [], []
        for item in page.items:
            if items.text(item, "sk") != SubjectKind.COMMIT.upper():
                runs.append(items.brief_of(item))
            elif isinstance(found := subject_items.listed_subject_of(item), PushedCommit):
                pushed.append(found)
        return CommitPage(runs, page.next, pushed)

    @staticmethod
    def after_run_of_commit(brief: ExecutionBrief) -> Cursor:
        """For `list_of_commit`, to go on behind this one."""
        key = items.execution_key(brief.id)
        sort = keys.commit_sort(brief.commit, brief.order, brief.id)
        return {"commit_pk": keys.commit(brief.commit), "commit_sk": sort, "pk": key.pk, "sk": key.sk}


def _said(packed: str | int | bytes) -> bytes:
    return packed if isinstance(packed, bytes) else str(packed).encode("utf-8", "surrogatepass")
