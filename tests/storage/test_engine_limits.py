"""What every engine refuses, so that nothing works on one of them only."""

from __future__ import annotations

import pytest

from storage.errors import BadKey, StorageError
from storage.table import Delete, Item, Key, Put, Query, Table, Value

LARGE = "x" * 300_000


def item(pk: str = "TEAM#1", sk: str = "TEAM", **attributes: Value) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


FOREIGN_CURSORS = [
    {"pk": "Q", "sk": "S#1"},
    {"pk": "P", "sk": "T"},
    {"pk": "P"},
    {"pk": "P", "sk": ""},
    {"pk": "P", "sk": "S#1", "history_pk": "P", "history_sk": "1"},
]


@pytest.mark.parametrize("cursor", FOREIGN_CURSORS)
def test_cursor_of_another_query_is_refused(table: Table, cursor: dict[str, str]) -> None:
    with pytest.raises(BadKey):
        table.query(Query("P", prefix="S#", cursor=cursor))


def test_cursor_before_the_range_is_refused(table: Table) -> None:
    with pytest.raises(BadKey):
        table.query(Query("P", after="S#2", cursor={"pk": "P", "sk": "S#1"}))


@pytest.mark.parametrize(
    "query",
    [
        Query("P", prefix="a", after="b"),
        Query("P", index="history", consistent=True),
        Query("P", limit=0),
        Query(""),
    ],
)
def test_query_that_dynamodb_cannot_ask_is_refused(table: Table, query: Query) -> None:
    with pytest.raises(ValueError):
        table.query(query)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, True, 1.5, None, "half \ud800", bytearray(b"b")])
def test_value_that_no_item_can_hold_is_refused(table: Table, value: Value) -> None:
    with pytest.raises(ValueError):
        table.engine.write(Put(item(value=value)))
    assert table.get(Key("TEAM#1", "TEAM")) is None


@pytest.mark.parametrize(
    "bad",
    [item(sk=""), item(pk="x" * 2049), item(sk="é" * 513), item(history_pk=""), item(commit_sk=7), item(pk="\ud800")],
)
def test_key_that_dynamodb_refuses_is_refused(table: Table, bad: Item) -> None:
    with pytest.raises(BadKey):
        table.put(bad)


def test_item_over_400_kib_is_refused(table: Table) -> None:
    table.put(item(doc="x" * 400_000))
    with pytest.raises(StorageError, match="409601 bytes"):
        table.put(item("P", "1", doc="x" * (400 * 1024 - 8)))
    assert table.get(Key("P", "1")) is None


def test_transaction_over_four_megabytes_is_refused(table: Table) -> None:
    with pytest.raises(StorageError, match="4194304"):
        table.transact([Put(item("P", str(number), doc=LARGE)) for number in range(15)])
    assert table.query(Query("P")).items == ()


def test_no_key_goes_twice_into_one_call(table: Table) -> None:
    with pytest.raises(ValueError):
        table.transact([Put(item()), Delete(Key("TEAM#1", "TEAM"))])
    with pytest.raises(ValueError):
        table.batch_get([Key("P", "1"), Key("P", "1")])


def test_hundred_and_one_are_too_many(table: Table) -> None:
    with pytest.raises(ValueError):
        table.batch_get([Key("P", str(number)) for number in range(101)])
    with pytest.raises(ValueError):
        table.transact([Put(item("P", str(number))) for number in range(101)])
