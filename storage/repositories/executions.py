"""Executions, read. They are written only by storage.recording.recorder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from storage import keys
from storage.codec import items
from storage.errors import NotFound
from storage.model.briefs import ExecutionBrief
from storage.model.entities import Execution
from storage.model.execution_view import build
from storage.model.merge import StoredExecution
from storage.model.overrides import NO_OVERRIDES, PipelineOverrides
from storage.table import Cursor, Item, Query, Table

PAGE = 25


@dataclass(frozen=True, slots=True)
class ExecutionPage:
    items: Sequence[ExecutionBrief]
    next: Cursor | None


@dataclass(frozen=True, slots=True)
class ExecutionHead:
    """An execution's first item as it was read, not decoded yet."""

    item: Item


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

    def whole(self, execution_id: str, head: ExecutionHead) -> StoredExecution | None:
        """From its first item, reading on where it is a very long one."""
        long = "parts" in head.item or "split" in head.item
        stored = self.find_stored(execution_id) if long else items.head_of(head.item)
        return stored[0] if stored else None

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
        return ExecutionPage([items.brief_of(item) for item in page.items], page.next)

    def list_of_commit(self, prefix: str, limit: int = PAGE, cursor: Cursor | None = None) -> ExecutionPage:
        """`prefix`: the commit's id or its first 7 or more letters."""
        query = Query(keys.commit(prefix), prefix=prefix, index="commits", limit=limit, cursor=cursor)
        page = self._table.query(query)
        return ExecutionPage([items.brief_of(item) for item in page.items], page.next)

    @staticmethod
    def after_run_of_commit(brief: ExecutionBrief) -> Cursor:
        """For `list_of_commit`, to go on behind this one."""
        key = items.execution_key(brief.id)
        sort = keys.commit_sort(brief.commit, brief.order, brief.id)
        return {"commit_pk": keys.commit(brief.commit), "commit_sk": sort, "pk": key.pk, "sk": key.sk}
