"""Table: what operations cost, and that expired items are hidden."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from storage.errors import Conflict
from storage.schema import EXPIRES
from storage.table import (
    Absent,
    Delete,
    Item,
    Key,
    Meter,
    Put,
    Query,
    Table,
    Value,
    index_writes,
    item_size,
    metered,
    read_units,
    write_units,
)
from tests.factories import Clock

LONG_PAST, FAR_AHEAD = 1_000_000_000, 99_999_999_999
KEY = Key("P", "S")


def item(size: int = 0, **attributes: Value) -> Item:
    """An item of so many bytes by DynamoDB's counting."""
    stored: Item = {"pk": KEY.pk, "sk": KEY.sk, **attributes}
    return stored | {"doc": "x" * (size - item_size(stored) - len("doc"))} if size else stored


def cost(meter: Meter) -> tuple[int, float, float]:
    return meter.calls, meter.rcu, meter.wcu


@pytest.mark.parametrize(
    ("stored", "size"),
    [
        ({"pk": "P"}, 3),
        ({"pk": "Grüße 🚀"}, 2 + 12),
        ({"half": "\ud800"}, 4 + 3),
        ({"n": 0}, 1 + 2),
        ({"n": 12345}, 1 + 4),
        ({"b": b"\x00\xff\x80"}, 1 + 3),
        ({"b": b""}, 1),
        ({}, 0),
    ],
)
def test_size_counts_names_and_values_in_utf8(stored: Item, size: int) -> None:
    assert item_size(stored) == size


@pytest.mark.parametrize(("size", "units"), [(0, 1), (4096, 1), (4097, 2), (409_600, 100)])
def test_read_is_billed_in_steps_of_four_kibibytes_and_half_when_eventual(size: int, units: float) -> None:
    assert read_units(size, consistent=True) == units
    assert read_units(size, consistent=False) == units / 2


@pytest.mark.parametrize(("size", "units"), [(0, 1), (1024, 1), (1025, 2)])
def test_write_is_billed_in_steps_of_one_kibibyte(size: int, units: int) -> None:
    assert write_units(size) == units


def test_index_entry_is_billed_by_what_it_projects() -> None:
    keys: dict[str, Any] = {"history_pk": "H", "history_sk": "1"}
    assert index_writes(item()) == 0
    assert index_writes(item(history_pk="H")) == 0
    assert index_writes(item(5000, **keys)) == 1
    assert index_writes(item(summary="s" * 1500, **keys)) == 2
    assert index_writes(item(**keys, inbox_pk="I", inbox_sk="1")) == 2


def test_reads_are_counted_and_billed(sqlite_table: Table) -> None:
    sqlite_table.put(item(5000))
    with metered() as meter:
        sqlite_table.get(KEY)
        sqlite_table.get(KEY, consistent=False)
        sqlite_table.batch_get([KEY, Key("P", "missing")])
        sqlite_table.query(Query("P"))
    assert cost(meter) == (4, 2 + 1 + (2 + 1) + 1, 0)
    assert meter.operations == ["get", "get", "batch_get", "query"]
    assert meter.seconds > 0


def test_query_is_billed_by_the_sum_of_its_items(sqlite_table: Table) -> None:
    for number in range(10):
        sqlite_table.put({"pk": "P", "sk": str(number), "doc": "x" * 1000})
    with metered() as meter:
        sqlite_table.query(Query("P", consistent=True))
    assert meter.rcu == 3


def test_writes_are_counted_and_billed(sqlite_table: Table) -> None:
    with metered() as meter:
        sqlite_table.put(item(1500, history_pk="H", history_sk="1"))
        sqlite_table.delete(KEY)
    assert cost(meter) == (2, 0, 2 + 1 + 1)
    assert meter.operations == ["put", "delete"]


def test_transaction_costs_twice_but_its_index_entries_once(sqlite_table: Table) -> None:
    with metered() as meter:
        sqlite_table.transact([Put(item(1500, history_pk="H", history_sk="1")), Delete(Key("P", "T"))])
    assert cost(meter) == (1, 0, 2 * 2 + 1 + 2 * 1)


def test_refused_write_is_billed_all_the_same(sqlite_table: Table) -> None:
    sqlite_table.put(item())
    with metered() as meter:
        with pytest.raises(Conflict):
            sqlite_table.put(item(), Absent())
        with pytest.raises(Conflict):
            sqlite_table.transact([Put(item(), Absent())])
    assert cost(meter) == (2, 0, 1 + 2)


def test_meter_counts_its_own_block_and_thread(sqlite_table: Table) -> None:
    sqlite_table.get(KEY)
    with metered() as outer:
        sqlite_table.get(KEY)
        with metered() as inner:
            sqlite_table.get(KEY)
        other = threading.Thread(target=sqlite_table.get, args=(KEY,))
        other.start()
        other.join()
    assert (outer.calls, inner.calls) == (1, 1)


def test_expired_item_is_hidden_from_every_read(table: Table, clock: Clock) -> None:
    table.put(item(**{EXPIRES: clock() // 1000 + 60}))
    table.put({"pk": "P", "sk": "T", EXPIRES: FAR_AHEAD})
    table.put({"pk": "P", "sk": "U"})
    clock.move(59_999)
    assert table.get(KEY) is not None
    clock.move(1)
    assert table.get(KEY) is None
    assert [found and found["sk"] for found in table.batch_get([KEY, Key("P", "T")])] == [None, "T"]
    assert [found["sk"] for found in table.query(Query("P")).items] == ["T", "U"]


def test_page_of_expired_items_still_leads_to_the_next(table: Table) -> None:
    table.put(item(**{EXPIRES: LONG_PAST}))
    table.put({"pk": "P", "sk": "T"})
    first = table.query(Query("P", limit=1))
    assert first.items == ()
    assert [found["sk"] for found in table.query(Query("P", limit=1, cursor=first.next)).items] == ["T"]


def test_expired_item_still_stands_in_the_way_of_absent(table: Table) -> None:
    table.put(item(**{EXPIRES: LONG_PAST}))
    with pytest.raises(Conflict) as conflict:
        table.put(item(), Absent())
    assert conflict.value.old == item(**{EXPIRES: LONG_PAST})
