"""Stores for one example each, and all that stands in them, read back: what must not depend on the order of events."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from storage import keys
from storage.codec import documents, fact_items, items
from storage.engines.sqlite import SqliteEngine
from storage.model.board_row import BoardRow
from storage.model.document import Document, replace
from storage.model.pipeline_record import PipelineRecord
from storage.model.pipeline_summary import PipelineSummary
from storage.store import Store
from storage.table import Item, Table
from tests.factories import IN_MEMORY, NOW, REF, TEAM_ID, stored_items

LONG = 36_500
PIPELINE_ID = keys.pipeline_id(TEAM_ID, "github", REF.key)


@contextmanager
def scratch(now: Callable[[], int] = lambda: NOW, retention_days: int = LONG) -> Iterator[Store]:
    """An empty store, for one at a time."""
    _, engine = _engine()
    with engine._connection() as connection:
        connection.execute("DELETE FROM items")
    store = Store(Table(engine, now), retention_days=retention_days)
    store.recorder._pause = lambda _: None
    yield store


@cache
def _engine() -> tuple[tempfile.TemporaryDirectory[str], SqliteEngine]:
    """To make one takes longer than most examples."""
    folder = tempfile.TemporaryDirectory(dir=IN_MEMORY)
    engine = SqliteEngine(Path(folder.name) / "test.db")
    engine.prepare()
    return folder, engine


def standing(store: Store) -> Mapping[str, object]:
    """Every execution, fact, window, record, row and summary as its document says, without how often it was written;
    and each execution as it is read, at each of its attempts."""
    found: dict[str, object] = {}
    for item in stored_items(store):
        pk, sk = str(item["pk"]), str(item["sk"])
        key = f"{pk} {sk}"
        if pk.startswith("EXECUTION#") and sk == "EXECUTION":
            found |= _execution(store, key, item)
        elif pk.startswith("PIPELINE#"):
            found[key] = items.record_of(item)
        elif pk.startswith("TEAM#") and sk.startswith("PIPELINE#"):
            found[key] = items.row_of(item)
        elif pk.startswith("FACTS#"):
            found[key] = fact_items.fact_of(item)
        elif pk.startswith("PARTS#"):
            found[key] = fact_items.part_of(item)
        elif sk.startswith(keys.WINDOWS):
            found[key] = fact_items.window_of(item)
        elif pk == "TEAMS" and not sk.startswith("TEAM#"):
            packed = item["doc"]
            assert isinstance(packed, bytes)
            found[key] = documents.unpack(PipelineSummary, packed)
    return found


def fold_facts(store: Store) -> None:
    """As the background job does."""
    folder = store.fact_folder
    for stale in folder.stale_days():
        folder.fold_day(stale)
    for team in folder.list_stale_teams():
        folder.fold_stale_team(team)


def _execution(store: Store, key: str, item: Item) -> dict[str, object]:
    stored = items.execution_of([item])
    assert stored is not None
    read = [store.executions.read(stored[0], attempt) for attempt in (None, 1, 2, 3)]
    listed = {name: item[name] for name in item if name not in ("version", "doc", "expires", "summary")}
    brief = items.brief_of(item) if "summary" in item else None
    return {key: stored[0], f"{key} read": read, f"{key} listed": (listed, brief)}


def differences(a: Mapping[str, object], b: Mapping[str, object]) -> list[str]:
    """Where two of them differ, field by field."""
    found = [f"{key}: only in one" for key in sorted(a.keys() ^ b.keys())]
    for key in sorted(a.keys() & b.keys()):
        if a[key] != b[key]:
            found += [f"{key} {line}" for line in _fields(a[key], b[key])]
    return found


def assert_same(found: Mapping[str, object], right: Mapping[str, object]) -> None:
    differing = differences(found, right)
    assert not differing, "\n".join(differing)


def _fields(a: object, b: object) -> Sequence[str]:
    if isinstance(a, Document) and type(a) is type(b):
        names = a.__struct_fields__
        pairs = [(name, getattr(a, name), getattr(b, name)) for name in names]
        return [f".{name}{line}" for name, x, y in pairs if x != y for line in _fields(x, y)]
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        pairs = [(str(place), x, y) for place, (x, y) in enumerate(zip(a, b, strict=True))]
        return [f"[{place}]{line}" for place, x, y in pairs if x != y for line in _fields(x, y)]
    return [f": {a!r} is not {b!r}"]


def row_of(store: Store, pipeline_id: str = PIPELINE_ID, team_id: str = TEAM_ID) -> BoardRow:
    stored = store.pipelines.find_row(team_id, pipeline_id)
    assert stored is not None
    return stored.row()


def record_of(store: Store, pipeline_id: str = PIPELINE_ID) -> PipelineRecord:
    found = store.pipelines.find(pipeline_id)
    assert found is not None
    return found


def execution_id(external: str = "5001", source: str = "github") -> str:
    return keys.execution_id(TEAM_ID, source, external)


def unmarked(record: PipelineRecord) -> PipelineRecord:
    """Without the wish to be folded again and when the first execution was, which only a fold takes back once that has
    moved away and which nothing shows; without a mark that a re-deploy which is remembered sets as well; where
    executions have no numbers, so that their order is when they were first heard of, without the orders that were
    believed meanwhile."""
    history = record.history
    record = replace(
        record,
        created_at=0,
        history=replace(history, stale=False, forgotten=replace(history.forgotten, production=None)),
    )
    if record.source == "github":
        return record
    texts = {name: said._replace(order=0) for name, said in record.texts.items()}
    return replace(record, texts=texts, first_order=min(0, record.first_order), last_order=min(0, record.last_order))
