"""Pipelines: their board rows and their own items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from storage import keys
from storage.codec import fact_items, failure_items, items
from storage.model.board_row import BoardRow
from storage.model.entities import Execution, Team
from storage.model.failures import JobFailure
from storage.model.merge import StoredExecution
from storage.model.overrides import NO_OVERRIDES
from storage.model.pipeline_record import PipelineRecord
from storage.model.windows import Window
from storage.repositories.executions import Executions
from storage.table import Item, Query, Table

AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A board row as it stands in the table. It is only decoded when somebody looks inside."""

    id: str
    version: int
    document: str | bytes
    hidden: bool = False

    def row(self) -> BoardRow:
        return items.row_of_document(self.document)


class PipelinePair(NamedTuple):
    """A pipeline's record and its row. `version`: the record's."""

    record: PipelineRecord
    row: StoredRow
    version: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where an execution belongs. `version`: the record's. `failures`: why its jobs failed, as far as it is known."""

    team: Team | None
    row: StoredRow | None
    record: PipelineRecord | None = None
    version: int = 0
    failures: tuple[JobFailure, ...] = ()

    def read(self, stored: StoredExecution, attempt: int | None = None) -> Execution:
        """The execution as its pipeline is arranged now, in the team it belongs to now."""
        overrides = self.record.arranged if self.record else NO_OVERRIDES
        team_id = self.team.id if self.team else ""
        return Executions.read(stored, attempt, overrides, team_id)


class OfPipeline(Protocol):
    """A run, or what is known of one, with whose it was when it ran."""

    @property
    def pipeline_id(self) -> str: ...
    @property
    def team_id(self) -> str: ...


T = TypeVar("T", bound=OfPipeline)


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose a pipeline is. record, row: None where it stands no more; the row, too, where it was moved since. version:
    of the record."""

    team: Team
    record: PipelineRecord | None
    row: StoredRow | None = None
    version: int = 0


@dataclass(frozen=True, slots=True)
class Owners:
    """teams: all that were read and stand, by their ids."""

    by_pipeline: Mapping[str, Owner]
    teams: Mapping[str, Team]

    def __or__(self, other: Owners) -> Owners:
        return Owners({**self.by_pipeline, **other.by_pipeline}, {**self.teams, **other.teams})


class Pipelines:
    def __init__(self, table: Table, now: Callable[[], int]) -> None:
        self._table = table
        self._now = now

    def list_board(self, team_id: str, *, hidden: bool = False) -> list[StoredRow]:
        """All of a team's rows, those people have hidden only where asked for, in the order of their ids."""
        page = self._table.query(Query(keys.team(team_id), prefix=keys.PIPELINES))
        found = [_stored(str(item["sk"])[len(keys.PIPELINES) :], item) for item in page.items]
        return found if hidden else [row for row in found if not row.hidden]

    def list_health(self, team_id: str) -> tuple[list[StoredRow], list[Window]]:
        """The team's rows, and what its pipelines and the team itself delivered: they stand behind them."""
        page = self._table.query(Query(keys.team(team_id), after=keys.PIPELINES))
        rows, windows = [], []
        for item in page.items:
            sort = str(item["sk"])
            if sort.startswith(keys.PIPELINES):
                rows.append(_stored(sort[len(keys.PIPELINES) :], item))
            elif sort.startswith(keys.WINDOWS):
                windows.append(fact_items.window_of(item))
        return [row for row in rows if not row.hidden], windows

    def find_row(self, team_id: str, pipeline_id: str) -> StoredRow | None:
        item = self._table.get(items.row_key(team_id, pipeline_id))
        return _stored(pipeline_id, item) if item else None

    def find_pair(self, team_id: str, pipeline_id: str) -> PipelinePair | None:
        """A pipeline's record and its row, in one read. By a former id it is found in two."""
        item, row = self._pair(team_id, pipeline_id)
        record = items.record_of(item) if item else None
        if record is not None and record.moved_to:
            item, row = self._pair(record.team_id, record.moved_to)
            record = items.record_of(item) if item else None
            if record is not None and record.team_id != team_id:
                return None
        if item is None or record is None or row is None:
            return None
        return PipelinePair(record, _stored(record.id, row), items.number(item, "version"))

    def _pair(self, team_id: str, pipeline_id: str) -> tuple[Item | None, Item | None]:
        record, row = self._table.batch_get([items.record_key(pipeline_id), items.row_key(team_id, pipeline_id)])
        return record, row

    def find_place(self, team_id: str, pipeline_id: str, execution_id: str = "", failed: int = 0) -> Place:
        """Where an execution belongs: its team, its pipeline's row and record, and why so many of its jobs failed, in
        one read. No pipeline may be named yet. One that was moved to another team since, or has another key, takes two
        reads more."""
        named = [items.row_key(team_id, pipeline_id), items.record_key(pipeline_id)] if pipeline_id else []
        asked = [failure_items.failure_key(execution_id, place) for place in range(failed)]
        read = self._table.batch_get([items.team_key(team_id), *asked, *named])
        failures = tuple(failure_items.failure_of(each) for each in read[1 : 1 + failed] if each)
        team, row, item = (read[0], *read[1 + failed :], None, None)[:3]
        if row is None and pipeline_id:
            found = self.find_stored(pipeline_id)
            if found is not None and (found[0].team_id, found[0].id) != (team_id, pipeline_id):
                team_id, pipeline_id = found[0].team_id, found[0].id
                moved = [items.row_key(team_id, pipeline_id), items.record_key(pipeline_id)]
                team, row, item = self._table.batch_get([items.team_key(team_id), *moved])
        return Place(
            items.team_of(team) if team else None,
            _stored(pipeline_id, row) if row else None,
            items.record_of(item) if item else None,
            items.number(item, "version") if item else 0,
            failures,
        )

    def owners(self, runs: Sequence[OfPipeline], team_ids: Sequence[str] = ()) -> Owners:
        """Of the pipelines of these runs the team each belongs to now, its record and its row; without those whose team
        is gone. `team_ids`: teams that are read besides. As many as `fitting` says, in one read; where some were moved
        since they ran, in two."""
        told = {run.pipeline_id: run.team_id for run in runs}
        wanted = list(dict.fromkeys([*told.values(), *team_ids]))
        if not wanted:
            return Owners({}, {})
        records = [items.record_key(pipeline_id) for pipeline_id in told]
        row_keys = [items.row_key(team_id, pipeline_id) for pipeline_id, team_id in told.items()]
        found = self._table.batch_get([*records, *row_keys, *map(items.team_key, wanted)])
        stood = {id_: item for id_, item in zip(told, found, strict=False) if item}
        rows = {id_: _stored(id_, item) for id_, item in zip(told, found[len(told) :], strict=False) if item}
        known = {id_: items.record_of(item) for id_, item in stood.items()}
        owner_ids = {id_: known[id_].team_id if id_ in known else team for id_, team in told.items()}
        teams = found[2 * len(told) :]
        if elsewhere := sorted(set(owner_ids.values()).difference(wanted)):
            teams += self._table.batch_get([items.team_key(team_id) for team_id in elsewhere])
        by_id = {team.id: team for team in (items.team_of(item) for item in teams if item)}
        return Owners(
            {
                id_: Owner(by_id[team], known.get(id_), rows.get(id_), items.number(stood.get(id_, {}), "version"))
                for id_, team in owner_ids.items()
                if team in by_id
            },
            by_id,
        )

    @staticmethod
    def fitting(runs: Sequence[T], others: int = 0) -> Sequence[T]:
        """The first of them, up to where their pipelines and teams, and so many other teams, are more than one read
        takes."""
        pipelines, teams = set[str](), set[str]()
        for place, run in enumerate(runs):
            pipelines.add(run.pipeline_id)
            teams.add(run.team_id)
            if 2 * len(pipelines) + len(teams) + others > AT_ONCE:
                return runs[:place]
        return runs

    def find(self, pipeline_id: str) -> PipelineRecord | None:
        """By a former id the one that has taken over what was kept under it, in two reads."""
        found = self.find_stored(pipeline_id)
        return found[0] if found else None

    def find_stored(self, pipeline_id: str) -> tuple[PipelineRecord, int] | None:
        """The same with its version."""
        item = self._table.get(items.record_key(pipeline_id))
        if item is None:
            return None
        record = items.record_of(item)
        return self.find_stored(record.moved_to) if record.moved_to else (record, items.number(item, "version"))

    def list_records(self, pipeline_ids: Sequence[str]) -> dict[str, PipelineRecord]:
        """By their ids, those that stand."""
        found: dict[str, PipelineRecord] = {}
        for at in range(0, len(pipeline_ids), AT_ONCE):
            some = pipeline_ids[at : at + AT_ONCE]
            items_ = self._table.batch_get([items.record_key(pipeline_id) for pipeline_id in some])
            found |= {id_: items.record_of(item) for id_, item in zip(some, items_, strict=True) if item}
        return found

    def list_without_histories(self, pipeline_ids: Sequence[str]) -> list[PipelineRecord]:
        """Those that stand, in their order, with nothing of their executions: of thousands at once."""
        parts = [pipeline_ids[at : at + AT_ONCE] for at in range(0, len(pipeline_ids), AT_ONCE)]
        found = [item for part in parts for item in self._table.batch_get([items.record_key(id_) for id_ in part])]
        return [items.record_without_history(item) for item in found if item]

    def find_by_key(self, team_id: str, source: str, key: str) -> PipelineRecord | None:
        """By what its tool calls it: the id follows from that."""
        return self.find(keys.pipeline_id(team_id, source, key))


def _stored(pipeline_id: str, item: Item) -> StoredRow:
    document = item["doc"]
    packed = document if isinstance(document, bytes) else str(document)
    return StoredRow(pipeline_id, items.number(item, "version"), packed, bool(item.get("hidden")))
