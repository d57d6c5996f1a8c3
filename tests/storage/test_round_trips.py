"""How many requests an operation takes and what each is billed, alike on every engine.

DynamoDB Local splits a query's answer a little after 1 MiB, moto a little before 1 MB: sizes here keep clear of both.
"""

from __future__ import annotations

import pytest

from storage.engines.answer_sizes import BATCH_BYTES, QUERY_BYTES, answers_of_batch, answers_of_query
from storage.errors import BadKey, Conflict
from storage.table import Absent, Item, Key, Put, Query, Table, Value, item_size, metered

HUNDRED_KB = 100_000


def item(place: int, size: int, pk: str = "P", **attributes: Value) -> Item:
    """An item of so many bytes by DynamoDB's counting."""
    stored: Item = {"pk": pk, "sk": f"{place:03d}", **attributes}
    return stored | {"doc": "x" * (size - item_size(stored) - len("doc"))}


def fill(table: Table, count: int, size: int) -> None:
    items = [item(place, size) for place in range(count)]
    for begin in range(0, count, 10):
        table.transact([Put(entry) for entry in items[begin : begin + 10]])


def test_partition_of_two_and_a_half_megabytes_is_three_round_trips(table: Table) -> None:
    fill(table, 25, HUNDRED_KB)
    with metered() as meter:
        assert len(table.query(Query("P")).items) == 25
    assert (meter.calls, meter.operations) == (3, ["query"] * 3)


def test_limit_is_reached_over_as_many_round_trips_as_it_takes(table: Table) -> None:
    fill(table, 25, HUNDRED_KB)
    for limit, calls in ((5, 1), (15, 2), (24, 3)):
        with metered() as meter:
            assert len(table.query(Query("P", limit=limit)).items) == limit
        assert meter.calls == calls, limit


def test_each_page_of_a_query_is_billed_by_itself(concurrent_table: Table) -> None:
    fill(concurrent_table, 25, HUNDRED_KB)
    with metered() as meter:
        concurrent_table.query(Query("P", consistent=True))
    # Eleven items, eleven, three: each in steps of 4 KiB.
    assert (meter.calls, meter.rcu) == (3, 269 + 269 + 74)


def test_query_is_billed_for_the_item_that_tells_of_a_next_page(table: Table) -> None:
    fill(table, 3, 4000)
    with metered() as meter:
        table.query(Query("P", limit=1, consistent=True))
    assert (meter.calls, meter.rcu) == (1, 2)


def test_index_page_counts_what_the_index_holds(sqlite_table: Table) -> None:
    for place in range(12):
        keys = {"history_pk": "H", "history_sk": f"{place:03d}"}
        sqlite_table.put(item(place, HUNDRED_KB, summary="s" * 30_000, **keys))
    with metered() as meter:
        sqlite_table.query(Query("P"))
        sqlite_table.query(Query("H", index="history"))
    assert meter.operations == ["query"] * 2 + ["query"]


def test_large_index_entries_take_several_round_trips(table: Table) -> None:
    for place in range(12):
        keys = {"history_pk": "H", "history_sk": f"{place:03d}"}
        table.put({"pk": "P", "sk": f"{place:03d}", "summary": "é" * 60_000, **keys})
    with metered() as meter:
        assert len(table.query(Query("H", index="history")).items) == 12
    assert meter.calls == 2


def test_batch_over_sixteen_mebibytes_is_split_and_comes_back_whole(table: Table) -> None:
    fill(table, 42, 400_000)
    keys = [Key("P", f"{place:03d}") for place in range(42)]
    with metered() as meter:
        found = table.batch_get([*keys, *(Key("Q", f"{place:03d}") for place in range(58))])
    assert [entry and entry["sk"] for entry in found] == [*(key.sk for key in keys), *[None] * 58]
    assert meter.operations == ["batch_get"] * 2
    assert meter.rcu == 42 * 98 + 58


def test_batch_of_many_small_items_is_one_round_trip(table: Table) -> None:
    fill(table, 100, 500)
    with metered() as meter:
        table.batch_get([Key("P", f"{place:03d}") for place in range(100)])
    assert meter.operations == ["batch_get"]


def test_nothing_asked_is_no_round_trip(table: Table) -> None:
    with metered() as meter:
        table.batch_get([])
        table.transact([])
        with pytest.raises(BadKey):
            table.get(Key("", ""))
    assert (meter.calls, meter.rcu, meter.wcu) == (0, 0, 0)


def test_refused_write_is_a_round_trip(table: Table) -> None:
    table.put(item(1, 500))
    with metered() as meter, pytest.raises(Conflict):
        table.put(item(1, 500), Absent())
    assert meter.operations == ["put"]


# What SQLite goes by: measured on DynamoDB Local, at the edges.


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [
        (0, 0, [0]),
        (3, QUERY_BYTES // 4, [3]),
        (4, QUERY_BYTES // 4, [4]),
        (8, QUERY_BYTES // 4, [4, 4]),
        (5, QUERY_BYTES // 4 - 1, [5]),
        (5, QUERY_BYTES // 4 + 1, [4, 1]),
        (30, HUNDRED_KB, [11, 11, 8]),
        (8, 350_000, [3, 3, 2]),
    ],
)
def test_query_answer_ends_with_the_item_that_brings_it_to_a_mebibyte(
    count: int, size: int, expected: list[int]
) -> None:
    assert [len(page) for page in answers_of_query([item(place, size) for place in range(count)])] == expected


@pytest.mark.parametrize(
    ("count", "size", "expected"),
    [(64, BATCH_BYTES // 64, 1), (65, BATCH_BYTES // 64, 2), (100, 300 * 1024, 2), (100, 400_000, 3)],
)
def test_batch_answer_ends_before_sixteen_mebibytes(count: int, size: int, expected: int) -> None:
    assert answers_of_batch([None, *(item(place, size) for place in range(count))]) == expected
