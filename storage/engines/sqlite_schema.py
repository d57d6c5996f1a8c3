"""The embedded engine's table: its columns after storage.schema, and the SQL of a query.

What an index needs of an item, its keys and what it projects, is in columns; all else is one JSON text (`rest`), and
binary values of it stand one after the other in `binary`. Nothing is kept twice. A partial index a schema index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

import orjson

from storage.engines.rules import partition_and_sort
from storage.schema import EXPIRES, INDEXES
from storage.table import Item, Query, Value

_KEY_COLUMNS = tuple(dict.fromkeys(name for index in INDEXES.values() for name in (index.pk, index.sk)))
_PROJECTED = tuple(dict.fromkeys(name for index in INDEXES.values() for name in index.project))
_IN_COLUMNS = tuple(dict.fromkeys((EXPIRES, *_KEY_COLUMNS, *_PROJECTED)))
COLUMNS = ("pk", "sk", *_IN_COLUMNS, "rest", "binary")
LONG_COLUMNS = len(_PROJECTED) + 2
_COLUMN_NAMES = frozenset(COLUMNS[:-2])
_NOTHING = (None,) * len(_IN_COLUMNS)

# By rowid, not clustered by key: there a row over a quarter of a page goes to overflow pages of its own, half of them
# empty, and each index repeats both keys. Columns without a type keep a value as it is. Text compares by its UTF-8
# bytes, as DynamoDB's sort keys do.
_TABLE = (
    f"CREATE TABLE items (pk TEXT NOT NULL, sk TEXT NOT NULL, {', '.join(_IN_COLUMNS)}, rest TEXT NOT NULL,"
    " binary BLOB, PRIMARY KEY (pk, sk))"
)
# An item with only one key of an index is not in it.
_PARTIAL = {"items_expires": f"items ({EXPIRES}) WHERE {EXPIRES} IS NOT NULL"} | {
    f"items_{index.name}": f"items ({index.pk}, {index.sk}, pk, sk)"
    f" WHERE {index.pk} IS NOT NULL AND {index.sk} IS NOT NULL"
    for index in INDEXES.values()
}
SELECT = f"SELECT {', '.join(COLUMNS)} FROM items"  # noqa: S608
INSERT = f"INSERT INTO items ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"  # noqa: S608
_REBUILD_BATCH = 500
_LAST = chr(0x10FFFF)


def row_of(item: Item) -> tuple[Value | None, ...]:
    """Values for COLUMNS. In the text a binary value is a list of its length."""
    parts: list[bytes] = []

    def place(value: bytes) -> list[int]:
        parts.append(value)
        return [len(value)]

    rest = {name: value for name, value in item.items() if name not in _COLUMN_NAMES}
    text = orjson.dumps(rest, default=place).decode()
    columns = [item.get(name) for name in _IN_COLUMNS]
    return item["pk"], item["sk"], *columns, text, b"".join(parts) if parts else None


def item_of(row: Sequence[Any]) -> Item:
    """The item of a row of COLUMNS."""
    item = _text_item(row[-2], row[-1])
    item["pk"], item["sk"] = row[0], row[1]
    columns = row[2:-2]
    if columns != _NOTHING:
        item.update({name: value for name, value in zip(_IN_COLUMNS, columns, strict=True) if value is not None})
    return item


def _text_item(text: str, binary: bytes | None) -> Item:
    item: dict[str, Any] = orjson.loads(text)
    if binary is not None:
        begin = 0
        for name, value in item.items():
            if isinstance(value, list):
                end = begin + value[0]
                item[name] = binary[begin:end]
                begin = end
    return item


def entry_names(query: Query) -> tuple[str, ...]:
    """What an index gives of an item."""
    index = INDEXES[query.index]
    return tuple(dict.fromkeys(("pk", "sk", index.pk, index.sk, *index.project)))


def select(query: Query) -> tuple[str, list[str | int]]:
    """One more row than the limit, which tells whether there is a next page."""
    partition, sort = partition_and_sort(query)
    place = (sort, "pk", "sk") if query.index else ("sk",)
    # SQLite uses a partial index only where the query repeats its condition.
    where, values = [f"{partition} = ?", f"{sort} IS NOT NULL"], [query.pk]
    if query.prefix:
        where.append(f"{sort} >= ?")
        values.append(query.prefix)
        if beyond := _beyond(query.prefix):
            where.append(f"{sort} < ?")
            values.append(beyond)
    if query.after:
        where.append(f"{sort} > ?")
        values.append(query.after)
    if query.cursor is not None:
        where.append(f"({', '.join(place)}) {'<' if query.reverse else '>'} ({', '.join('?' * len(place))})")
        values.extend(query.cursor[name] for name in place)
    order = ", ".join(f"{name} DESC" if query.reverse else name for name in place)
    what = ", ".join(entry_names(query) if query.index else COLUMNS)
    limit = -1 if query.limit is None else query.limit + 1
    sql = f"SELECT {what} FROM items WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?"  # noqa: S608
    return sql, [*values, limit]


def create(connection: sqlite3.Connection) -> bool:
    """Make what is missing, in a transaction. Whether a table of an older schema was written anew."""
    have = _columns(connection)
    rebuild = bool(have) and set(have) != set(COLUMNS)
    if rebuild:
        _set_aside(connection)
    if rebuild or not have:
        connection.execute(_TABLE)
    for name, definition in _PARTIAL.items():
        connection.execute(f"CREATE INDEX IF NOT EXISTS {name} ON {definition}")
    if rebuild:
        _take_over(connection, have)
    return rebuild


def missing(connection: sqlite3.Connection) -> list[str]:
    """Names of the table, columns and indexes that are not there, and of columns that another schema has."""
    have = _columns(connection)
    if not have:
        return ["the table"]
    indexes = {row[1] for row in connection.execute("PRAGMA index_list(items)")}
    lacking = [name for name in COLUMNS if name not in have] + [name for name in _PARTIAL if name not in indexes]
    return lacking + [f"a place for {name}" for name in have if name not in COLUMNS]


def _columns(connection: sqlite3.Connection) -> list[str]:
    return [row[1] for row in connection.execute("PRAGMA table_info(items)")]


def _set_aside(connection: sqlite3.Connection) -> None:
    for _, name, _, origin, _ in connection.execute("PRAGMA index_list(items)").fetchall():
        if origin == "c":
            connection.execute(f"DROP INDEX {name}")
    connection.execute("ALTER TABLE items RENAME TO items_before")


def _take_over(connection: sqlite3.Connection, have: Sequence[str]) -> None:
    """Every item from a table with other columns. One that has `item` has the whole of it there."""
    whole = "item" in have
    names = [name for name in have if name not in ("pk", "sk", "item", "rest", "binary")]
    columns = ["pk", "sk", "item" if whole else "rest", "binary" if "binary" in have else "NULL", *names]
    select = f"SELECT {', '.join(columns)} FROM items_before WHERE (pk, sk) > (?, ?) ORDER BY pk, sk LIMIT ?"  # noqa: S608
    place: tuple[str, str] = ("", "")
    while rows := connection.execute(select, (*place, _REBUILD_BATCH)).fetchall():
        items = []
        for pk, sk, text, binary, *values in rows:
            item = _text_item(text, binary) | {"pk": pk, "sk": sk}
            if not whole:
                item |= {name: value for name, value in zip(names, values, strict=True) if value is not None}
            items.append(item)
        connection.executemany(INSERT, map(row_of, items))
        place = rows[-1][:2]
    connection.execute("DROP TABLE items_before")


def _beyond(prefix: str) -> str:
    """The least text after all that begin with this; empty where there is none. UTF-8 sorts by code point."""
    kept = prefix.rstrip(_LAST)
    if not kept:
        return ""
    following = ord(kept[-1]) + 1
    return kept[:-1] + chr(0xE000 if following == 0xD800 else following)
