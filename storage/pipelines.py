"""Pipelines: their board rows and their own items."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from storage import items, schema
from storage.board import BoardRow
from storage.entities import Team
from storage.runs import PipelineRecord
from storage.table import Put, Query, Table, VersionIs


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A board row as it stands in the table. It is only decoded when somebody looks inside."""

    id: str
    version: int
    document: str

    def row(self) -> BoardRow:
        return items.row_of({"doc": self.document})


@dataclass(frozen=True, slots=True)
class Place:
    team: Team | None
    row: StoredRow | None


class Pipelines:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_board(self, team_id: str) -> list[StoredRow]:
        """All of a team's rows, in the order of their ids."""
        page = self._table.query(Query(schema.team(team_id), prefix="PIPELINE#"))
        return [StoredRow(str(i["sk"])[len("PIPELINE#") :], int(i["version"]), str(i["doc"])) for i in page.items]

    def find_row(self, team_id: str, pipeline_id: str) -> StoredRow | None:
        item = self._table.get(items.row_key(team_id, pipeline_id))
        return StoredRow(pipeline_id, items.number(item, "version"), items.text(item, "doc")) if item else None

    def find_place(self, team_id: str, pipeline_id: str) -> Place:
        """Where an execution belongs: its team and its pipeline's row, in one read. No pipeline may be named yet."""
        keys = [items.team_key(team_id), *([items.row_key(team_id, pipeline_id)] if pipeline_id else [])]
        team, row = (*self._table.batch_get(keys), None)[:2]
        return Place(
            items.team_of(team) if team else None,
            StoredRow(pipeline_id, items.number(row, "version"), items.text(row, "doc")) if row else None,
        )

    def put_row(self, row: BoardRow, version: int) -> None:
        """Change what people add to a row. Raises Conflict when the row is not at `version` any more."""
        now = self._now()
        topics = [f"pipeline:{row.id}", f"team:{row.team_id}"]
        if row.latest:
            topics.append(f"execution:{row.latest.execution_id}")
        notice = items.change_item(now, topics, schema.new_id()[:12])
        self._table.transact([Put(items.row_item(row, version + 1), VersionIs(version)), Put(notice)])

    def find(self, pipeline_id: str) -> PipelineRecord | None:
        item = self._table.get(items.record_key(pipeline_id))
        return items.record_of(item) if item else None

    def find_by_key(self, team_id: str, source: str, key: str) -> PipelineRecord | None:
        """By what its tool calls it: the id follows from that."""
        return self.find(schema.pipeline_id(team_id, source, key))
