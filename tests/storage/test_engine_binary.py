"""Binary values, alike on every engine."""

from __future__ import annotations

import pytest

from storage.errors import BadKey, Conflict
from storage.table import Absent, Exists, Item, Key, Precondition, Put, Query, Table, Value, VersionIs

KEY = Key("TEAM#1", "TEAM")
EVERY_BYTE = bytes(range(256))
VALUES = [b"", EVERY_BYTE, b"\x00", b"\xff\xfe", b"[3]", EVERY_BYTE * 800]


def item(**attributes: Value) -> Item:
    return {"pk": KEY.pk, "sk": KEY.sk, **attributes}


@pytest.mark.parametrize("value", VALUES, ids=len)
def test_binary_value_comes_back_from_every_read_as_it_was_put(table: Table, value: bytes) -> None:
    stored = item(doc=value)
    table.put(stored)
    assert table.get(KEY) == stored
    assert table.batch_get([KEY]) == [stored]
    assert table.query(Query(KEY.pk)).items == (stored,)


def test_binary_values_stand_beside_each_other_and_beside_text(table: Table) -> None:
    stored = item(first=b"1", text="[1]", empty=b"", number=2, last=b"\xc3\xa9", summary=b"\x00s")
    table.put(stored)
    assert table.get(KEY) == stored


def test_text_replaces_a_binary_value_and_the_other_way_round(table: Table) -> None:
    for stored in (item(doc=b"one"), item(doc="two"), item(doc=b"three")):
        table.put(stored)
        assert table.get(KEY) == stored


def test_binary_values_are_written_in_a_transaction(table: Table) -> None:
    stored: list[Item] = [{"pk": "P", "sk": str(place), "doc": value} for place, value in enumerate(VALUES)]
    table.transact([Put(entry) for entry in stored])
    assert table.query(Query("P")).items == tuple(stored)


@pytest.mark.parametrize("summary", VALUES, ids=len)
def test_index_projects_a_binary_value(table: Table, summary: bytes) -> None:
    entry = item(history_pk="PIPELINE#1", history_sk="001", summary=summary)
    table.put(entry | {"doc": b"long"})
    assert table.query(Query("PIPELINE#1", index="history")).items == (entry,)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("condition", [Absent(), VersionIs(3)])
def test_refused_write_shows_the_binary_values_that_stood_there(
    table: Table, condition: Precondition, alone: bool
) -> None:
    stored = item(version=4, doc=EVERY_BYTE, summary=b"")
    table.put(stored)
    write = Put(item(version=5), condition)
    with pytest.raises(Conflict) as conflict:
        table.write(write) if alone else table.transact([write])
    assert conflict.value.old == stored


@pytest.mark.parametrize("condition", [Exists(), VersionIs(4)])
def test_condition_holds_of_an_item_with_binary_values(table: Table, condition: Precondition) -> None:
    table.put(item(version=4, doc=EVERY_BYTE))
    table.put(item(version=5, doc=b""), condition)
    assert table.get(KEY) == item(version=5, doc=b"")


@pytest.mark.parametrize("name", ["pk", "sk", "history_pk", "commit_sk"])
def test_key_is_never_binary(table: Table, name: str) -> None:
    with pytest.raises(BadKey):
        table.put(item() | {name: b"key"})
