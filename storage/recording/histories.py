"""Pipelines' executions as rebuilding reads them: a page of ids, a few executions at a time, however many there are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from storage import keys
from storage.codec import items
from storage.errors import Conflict
from storage.model.document import replace
from storage.model.execution_view import build
from storage.model.long_execution import SPLIT_ABOVE, Jobs, split
from storage.model.merge import State, StoredExecution, TextRegister
from storage.model.pipeline_record import PipelineRecord
from storage.model.run import run_of
from storage.recording import facts
from storage.table import Delete, Item, Key, Put, Query, Table, VersionIs, Write

PAGE = 100
# Executions held at once: one may be as long as an item.
AT_ONCE = 25
TRIES = 5


class Histories:
    def __init__(self, table: Table) -> None:
        self._table = table

    def list_ids(self, pipeline_id: str, *, newest_first: bool = False) -> Iterator[str]:
        """Of all executions, read as far as they are asked for. The index may lag."""
        cursor = None
        while True:
            query = Query(keys.pipeline(pipeline_id), index="history", reverse=newest_first, limit=PAGE, cursor=cursor)
            page = self._table.query(query)
            yield from (items.text(item, "pk").partition(keys.SEPARATOR)[2] for item in page.items)
            cursor = page.next
            if cursor is None:
                return

    def read(self, ids: Iterable[str]) -> Iterator[Found]:
        """Those of them that stand, in their order; of long ones the head, as all that is derived follows from it."""
        left = iter(ids)
        while some := list(islice(left, AT_ONCE)):
            for execution_id, head in zip(some, self._heads(some), strict=True):
                if head is not None and (found := self._found(execution_id, head)):
                    yield found

    def find(self, execution_id: str) -> Found | None:
        return next(self.read([execution_id]), None)

    def _heads(self, ids: list[str]) -> list[Item | None]:
        return self._table.batch_get([items.execution_key(execution_id) for execution_id in ids])

    def _found(self, execution_id: str, head: Item) -> Found | None:
        """Long ones of the build before lie in parts, which are read again when a write came between."""
        expires = items.number(head, "expires")
        if "parts" not in head:
            return Found(*items.head_of(head), expires)
        for _ in range(TRIES):
            page = self._table.query(Query(keys.execution(execution_id), consistent=True))
            if not page.items:
                return None
            if (found := items.execution_of(page.items)) is not None:
                parts = [Key(items.text(item, "pk"), items.text(item, "sk")) for item in page.items[1:]]
                return Found(*found, expires, parts if "parts" in page.items[0] else [])
        raise Conflict(f"execution {execution_id} is being written by others")

    def move(self, record: PipelineRecord, old: str) -> list[str]:
        """The executions of a pipeline that this one has taken over become its own. Ids of those that did."""
        return [execution_id for execution_id in self.list_ids(old) if self._move(execution_id, old, record)]

    def _move(self, execution_id: str, old: str, record: PipelineRecord) -> bool:
        """An event that comes between only makes this begin again."""
        for _ in range(TRIES):
            found = self.find(execution_id)
            if found is None or found.stored.pipeline_id != old:
                return False
            try:
                self._table.transact(_moved(found, record))
            except Conflict:
                continue
            return True
        raise Conflict(f"execution {execution_id} is being written by others")


@dataclass(frozen=True, slots=True)
class Found:
    """An execution, its version, when it expires, and the parts of a long document of the build before."""

    stored: StoredExecution
    version: int
    expires: int
    parts: Sequence[Key] = ()


def _moved(found: Found, record: PipelineRecord) -> list[Write]:
    """A long document of the build before is split on this occasion, as it would be by its next event."""
    state = _of_pipeline(found.stored.state, record)
    jobs: Mapping[int, Jobs] = {}
    if found.parts and len(state.actions) > SPLIT_ABOVE:
        state, jobs = split(state)
    moved = replace(found.stored, pipeline_id=record.id, state=state)
    execution = build(
        state,
        execution_id=moved.id,
        pipeline_id=record.id,
        team_id=record.team_id,
        overrides=record.arranged,
    )
    run, expires = run_of(state, execution, record.arranged), found.expires
    moved, fact_writes = facts.settled(moved, found.stored, execution, run, record.arranged, expires)
    return [
        Put(items.execution_item(moved, execution, found.version + 1, expires), VersionIs(found.version)),
        *fact_writes,
        *(Put(items.jobs_item(moved.id, number, some, expires)) for number, some in jobs.items()),
        *(Delete(key) for key in found.parts),
    ]


def _of_pipeline(state: State, record: PipelineRecord) -> State:
    """Some pipelines once were named after what started a run: the name they have now is their heir's to say."""
    known = {"pipeline_key": record.key, "pipeline_name": record.text("name")}
    texts = {name: said for name, said in state.texts.items() if known.get(name, said.value)}
    return replace(state, texts={n: TextRegister(said.rank, known.get(n, said.value)) for n, said in texts.items()})
