"""Stores that are made once a process and copied for each test: to fill one takes much longer than to copy it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Hashable
from copy import copy
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from storage.engines.sqlite import SqliteEngine
from storage.engines.sqlite_schema import INSERT, SELECT
from storage.store import Store
from tests.factories import IN_MEMORY

Made = TypeVar("Made")
Rows = dict[tuple[str, str], tuple[Any, ...]]
_MADE: dict[Hashable, tuple[Any, Rows]] = {}


def empty_engine(path: Path) -> SqliteEngine:
    """A prepared engine at this path, where no file is yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_empty_file())
    # An engine that prepared it would have made this for its lock, too.
    Path(f"{path}.lock").touch()
    for each in (path, Path(f"{path}.lock")):
        each.chmod(0o600)
    return SqliteEngine(path)


@lru_cache(maxsize=1)
def _empty_file() -> bytes:
    with tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder:
        path = Path(folder) / "empty.db"
        engine = SqliteEngine(path)
        engine.prepare()
        # The last connection that is closed writes the log into the file.
        engine.close()
        return path.read_bytes()


def copied(store: Store, build: Callable[..., Made], *arguments: Hashable) -> Made:
    """What `build(store, *arguments)` gives, and in the embedded store what it writes. It is called once for each clock
    and must only write what was not there. What it gives has its store as `store`, if it has one."""
    engine, key = store.table.engine, (build, arguments, store.now())
    assert isinstance(engine, SqliteEngine)
    if key not in _MADE:
        before = _rows(engine)
        made = build(store, *arguments)
        after = _rows(engine)
        assert all(after.get(place) == row for place, row in before.items()), "changes what was there"
        _MADE[key] = made, {place: row for place, row in after.items() if place not in before}
        return made
    made, rows = _MADE[key]
    with engine._transaction() as connection:
        connection.executemany(INSERT, rows.values())
    found: Made = copy(made)
    if hasattr(found, "store"):
        vars(found)["store"] = store
    return found


def _rows(engine: SqliteEngine) -> Rows:
    with engine._connection() as connection:
        return {(row[0], row[1]): row for row in connection.execute(SELECT)}
