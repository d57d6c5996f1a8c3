"""Files of older schemas: they open, and keep every item."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
import pytest

from storage.engines.sqlite import SqliteEngine
from storage.errors import TableMissing
from storage.schema import EXPIRES
from storage.table import Item, Key, Put, Query

# As the engine made it while each row held the whole item in a text, and in columns once more what indexes need.
CLUSTERED = (
    "CREATE TABLE items (pk TEXT NOT NULL, sk TEXT NOT NULL, expires, history_pk, history_sk, commit_pk, commit_sk,"
    " inbox_pk, inbox_sk, summary, item TEXT NOT NULL, PRIMARY KEY (pk, sk)) WITHOUT ROWID",
    "CREATE INDEX items_expires ON items (expires) WHERE expires IS NOT NULL",
    "CREATE INDEX items_history ON items (history_pk, history_sk, pk, sk) WHERE history_pk IS NOT NULL",
    "CREATE INDEX items_commits ON items (commit_pk, commit_sk, pk, sk) WHERE commit_pk IS NOT NULL",
    "CREATE INDEX items_inbox ON items (inbox_pk, inbox_sk, pk, sk) WHERE inbox_pk IS NOT NULL",
)
WITH_BINARY = (CLUSTERED[0].replace("item TEXT NOT NULL,", "item TEXT NOT NULL, binary BLOB,"), *CLUSTERED[1:])
FIRST = ("CREATE TABLE items (pk TEXT, sk TEXT, expires, item TEXT, PRIMARY KEY (pk, sk))",)

KEYS = ("expires", "history_pk", "history_sk", "summary")
COUNT = 1001


def item(place: int) -> Item:
    keys: Item = {"history_pk": "H", "history_sk": f"{place:04d}", EXPIRES: 5, "summary": "é\x00"}
    return {"pk": "P", "sk": f"{place:04d}", "doc": "x" * 3000, "version": 2**53 + 1, **keys}


def make(path: Path, definitions: Sequence[str], items: Sequence[Item], columns: Sequence[str] = ()) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.execute("PRAGMA journal_mode = WAL")
        for definition in definitions:
            connection.execute(definition)
        names = ("pk", "sk", "item", *columns)
        rows = [
            (one["pk"], one["sk"], orjson.dumps(one).decode(), *(one.get(name) for name in columns)) for one in items
        ]
        marks = ", ".join("?" * len(names))
        connection.executemany(f"INSERT INTO items ({', '.join(names)}) VALUES ({marks})", rows)  # noqa: S608
        connection.commit()


@pytest.mark.parametrize(
    ("definitions", "columns"),
    [(FIRST, ()), (CLUSTERED, KEYS), (WITH_BINARY, KEYS)],
    ids=["first", "clustered", "binary"],
)
def test_items_of_an_older_schema_are_taken_over(
    tmp_path: Path, definitions: Sequence[str], columns: Sequence[str]
) -> None:
    path = tmp_path / "items.db"
    items = [item(place) for place in range(COUNT)]
    make(path, definitions, items, columns)
    engine = SqliteEngine(path)
    with pytest.raises(TableMissing, match="rest"):
        engine.check()
    engine.prepare()
    engine.check()
    assert engine.query(Query("P")).items == tuple(items)
    in_history = engine.query(Query("H", index="history", reverse=True, limit=1)).items
    assert in_history == (
        {name: value for name, value in items[-1].items() if name not in ("doc", "version", EXPIRES)},
    )
    assert engine.purge_expired(6) == COUNT
    engine.close()


def test_binary_values_of_an_older_schema_are_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    make(path, WITH_BINARY, [])
    with closing(sqlite3.connect(path)) as connection:
        text = '{"pk":"P","sk":"S","doc":[2],"n":1,"summary":[3]}'
        connection.execute(
            "INSERT INTO items (pk, sk, summary, item, binary) VALUES ('P', 'S', ?, ?, ?)", (b"sum", text, b"\x00dsum")
        )
        connection.commit()
    engine = SqliteEngine(path)
    engine.prepare()
    assert engine.get(Key("P", "S"), consistent=True) == {
        "pk": "P",
        "sk": "S",
        "doc": b"\x00d",
        "n": 1,
        "summary": b"sum",
    }
    engine.close()


def test_item_with_one_key_of_an_index_keeps_it(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    # The column was empty, as the item is not in the index.
    stored: Item = {"pk": "P", "sk": "S", "history_pk": "H"}
    make(path, CLUSTERED, [stored])
    engine = SqliteEngine(path)
    engine.prepare()
    assert engine.get(Key("P", "S"), consistent=True) == stored
    assert engine.query(Query("H", index="history")).items == ()
    engine.close()


def test_room_of_the_older_schema_is_given_back(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    make(path, CLUSTERED, [item(place) for place in range(COUNT)], KEYS)
    before = path.stat().st_size
    engine = SqliteEngine(path)
    engine.prepare()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert path.stat().st_size < 0.6 * before
    assert Path(f"{path}-wal").stat().st_size < 100_000
    engine.close()


def test_servers_that_start_together_take_it_over_once(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    items = [item(place) for place in range(COUNT)]
    make(path, CLUSTERED, items, KEYS)
    engines = [SqliteEngine(path) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(SqliteEngine.prepare, engines))
    for engine in engines:
        assert engine.query(Query("P")).items == tuple(items)
        engine.close()


@pytest.mark.parametrize("other", ["without", "with"])
def test_table_of_another_set_of_indexes_keeps_what_it_held(tmp_path: Path, other: str) -> None:
    path = tmp_path / "items.db"
    engine = SqliteEngine(path)
    engine.prepare()
    stored = item(1) | {"commit_pk": "C", "commit_sk": "1", "doc": b"\xff"}
    engine.write(Put(stored))
    engine.close()
    with closing(sqlite3.connect(path)) as connection:
        if other == "without":
            connection.execute("DROP INDEX items_commits")
            for name in ("commit_pk", "commit_sk"):
                connection.execute(f"ALTER TABLE items DROP COLUMN {name}")
            connection.execute("""UPDATE items SET rest = json_set(rest, '$.commit_pk', 'C', '$.commit_sk', '1')""")
        else:
            connection.execute("ALTER TABLE items ADD COLUMN owner_pk")
            connection.execute("UPDATE items SET owner_pk = 'O'")
            stored |= {"owner_pk": "O"}
        connection.commit()
    with pytest.raises(TableMissing, match="commit_pk" if other == "without" else "owner_pk"):
        engine.check()
    engine.prepare()
    engine.check()
    assert engine.get(Key("P", "0001"), consistent=True) == stored
    assert engine.query(Query("C", index="commits")).items[0]["sk"] == "0001"
    engine.close()


def test_process_of_an_older_version_is_refused_rather_than_shown_half_an_item(tmp_path: Path) -> None:
    path = tmp_path / "items.db"
    make(path, CLUSTERED, [item(1)], KEYS)
    older: Any
    with closing(sqlite3.connect(path)) as older:
        select = "SELECT item FROM items WHERE pk = 'P'"
        assert len(older.execute(select).fetchall()) == 1
        engine = SqliteEngine(path)
        engine.prepare()
        engine.close()
        with pytest.raises(sqlite3.OperationalError, match="no such column: item"):
            older.execute(select)
