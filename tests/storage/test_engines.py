"""What every engine does alike. What it refuses is in test_engine_limits.py."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from storage.errors import Conflict
from storage.table import Absent, Delete, Exists, Item, Key, Page, Precondition, Put, Query, Table, VersionIs, Write

LARGE = "x" * 300_000


def item(pk: str = "TEAM#1", sk: str = "TEAM", **attributes: str | int) -> Item:
    return {"pk": pk, "sk": sk, **attributes}


def fill(table: Table, pk: str, sort_keys: list[str], **attributes: str | int) -> None:
    for sk in sort_keys:
        table.put(item(pk, sk, **attributes))


def sort_keys(page: Page, name: str = "sk") -> list[str]:
    return [str(found[name]) for found in page.items]


def pages(table: Table, **query: Any) -> Iterator[Page]:
    page = table.query(Query(**query))
    yield page
    while page.next is not None:
        page = table.query(Query(**query, cursor=page.next))
        yield page


def history(sk: str, at: str, **attributes: str | int) -> Item:
    return item("EXECUTION#1", sk, history_pk="PIPELINE#1", history_sk=at, **attributes)


# Items


def test_values_come_back_as_they_were_put(table: Table) -> None:
    texts = ["", "plain", "Grüße, 世界 🚀", 'quote " back\\slash \n\t', "nul \x00 inside", "\u2028", "12"]
    numbers = [0, -1, 2**53 + 1, 2**63 - 1, -(2**63)]
    values: list[str | int] = [*texts, *numbers]
    stored = item() | {f"value{place}": value for place, value in enumerate(values)}
    table.put(stored)
    assert table.get(Key("TEAM#1", "TEAM")) == stored


def test_attribute_may_be_named_like_a_reserved_word(table: Table) -> None:
    stored = item(version=1, name="n", status="s", size=2, **{"with space": "w", "dotted.name": "d"})
    table.put(stored, Absent())
    table.put(stored, VersionIs(1))
    assert table.get(Key("TEAM#1", "TEAM")) == stored


def test_put_replaces_the_whole_item(table: Table) -> None:
    table.put(item(old="1", both="1"))
    table.put(item(both="2"))
    assert table.get(Key("TEAM#1", "TEAM")) == item(both="2")


def test_get_of_what_is_not_there_is_none(table: Table) -> None:
    table.put(item())
    assert table.get(Key("TEAM#1", "OTHER")) is None
    assert table.get(Key("OTHER", "TEAM"), consistent=False) is None


def test_delete_removes_and_may_be_repeated(table: Table) -> None:
    table.put(item())
    table.delete(Key("TEAM#1", "TEAM"))
    table.delete(Key("TEAM#1", "TEAM"))
    assert table.get(Key("TEAM#1", "TEAM")) is None


def test_batch_get_keeps_the_order_and_leaves_none_for_the_missing(table: Table) -> None:
    fill(table, "P", ["1", "2", "3"])
    keys = [Key("P", "3"), Key("P", "missing"), Key("P", "1"), Key("Q", "2"), Key("P", "2")]
    assert table.batch_get(keys) == [item("P", "3"), None, item("P", "1"), None, item("P", "2")]


def test_batch_get_of_nothing_is_nothing(table: Table) -> None:
    assert table.batch_get([]) == []


def test_transaction_of_nothing_does_nothing(table: Table) -> None:
    table.transact([])


def test_table_prepared_again_keeps_its_items(table: Table) -> None:
    table.put(item(version=1))
    table.engine.prepare()
    table.engine.check()
    assert table.get(Key("TEAM#1", "TEAM")) == item(version=1)


# Queries


def test_query_reads_one_partition_in_key_order(table: Table) -> None:
    fill(table, "P", ["b", "a", "c"])
    fill(table, "P2", ["a"])
    assert sort_keys(table.query(Query("P"))) == ["a", "b", "c"]
    assert sort_keys(table.query(Query("P", reverse=True, consistent=True))) == ["c", "b", "a"]
    assert table.query(Query("NOBODY")) == Page(())


def test_sort_keys_compare_by_their_bytes(table: Table) -> None:
    # Surrogate pairs come before U+FFFD in UTF-16, after it in UTF-8; capitals come before small letters.
    order = ["A", "B", "a", "é", "\uffee", "🚀"]
    fill(table, "P", order[::-1])
    assert sort_keys(table.query(Query("P"))) == order


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("B#", ["B#", "B#1", "B#\U0010ffff"]),
        ("B", ["B", "B#", "B#1", "B#\U0010ffff", "Bc"]),
        ("B#\U0010ffff", ["B#\U0010ffff"]),
        ("\ud7ff".encode().decode(), ["\ud7ffz"]),
        ("%", []),
        ("_", []),
    ],
)
def test_prefix_takes_the_keys_that_begin_so(table: Table, prefix: str, expected: list[str]) -> None:
    fill(table, "P", ["A", "B", "B#", "B#1", "B#\U0010ffff", "Bc", "C", "b#", "\ud7ffz", "\ue000"])
    assert sort_keys(table.query(Query("P", prefix=prefix))) == expected


def test_after_takes_the_keys_strictly_greater(table: Table) -> None:
    fill(table, "P", ["1", "2", "20", "3"])
    assert sort_keys(table.query(Query("P", after="2"))) == ["20", "3"]
    assert sort_keys(table.query(Query("P", after="2", reverse=True))) == ["3", "20"]


@pytest.mark.parametrize("reverse", [False, True])
def test_pages_join_into_the_whole(table: Table, reverse: bool) -> None:
    fill(table, "P", ["S#1", "S#2", "S#3", "S#4", "S#5", "T"])
    found = [sort_keys(page) for page in pages(table, pk="P", prefix="S#", reverse=reverse, limit=2)]
    keys = ["S#1", "S#2", "S#3", "S#4", "S#5"]
    keys = keys[::-1] if reverse else keys
    assert found == [keys[:2], keys[2:4], keys[4:]]


def test_page_that_holds_the_last_item_has_no_next(table: Table) -> None:
    fill(table, "P", ["1", "2"])
    assert table.query(Query("P", limit=2)).next is None
    assert table.query(Query("P", limit=1)).next == {"pk": "P", "sk": "1"}


def test_query_goes_on_past_one_megabyte(table: Table) -> None:
    keys = [str(number) for number in range(5)]
    fill(table, "P", keys, doc=LARGE)
    whole = table.query(Query("P"))
    assert (sort_keys(whole), whole.next) == (keys, None)
    assert [sort_keys(page) for page in pages(table, pk="P", limit=4)] == [keys[:4], keys[4:]]


# Indexes


def test_index_holds_only_items_with_both_of_its_keys(table: Table) -> None:
    table.put(history("1", "001"))
    table.put(item("EXECUTION#1", "2", history_pk="PIPELINE#1"))
    table.put(item("EXECUTION#1", "3", history_sk="003"))
    table.put(item("EXECUTION#1", "4", commit_pk="PIPELINE#1", commit_sk="004"))
    assert sort_keys(table.query(Query("PIPELINE#1", index="history"))) == ["1"]


def test_index_gives_keys_and_what_it_projects(table: Table) -> None:
    stored = history("1", "001", summary="short", doc="long", version=3, inbox_pk="INBOX#1", inbox_sk="001")
    table.put(stored)
    in_history = table.query(Query("PIPELINE#1", index="history")).items
    in_inbox = table.query(Query("INBOX#1", index="inbox")).items
    assert in_history == (history("1", "001", summary="short"),)
    assert in_inbox == (item("EXECUTION#1", "1", inbox_pk="INBOX#1", inbox_sk="001"),)


def test_item_leaves_the_index_with_its_keys(table: Table) -> None:
    for sk in ("1", "2", "3"):
        table.put(history(sk, sk))
    table.put(item("EXECUTION#1", "1"))
    table.delete(Key("EXECUTION#1", "2"))
    assert sort_keys(table.query(Query("PIPELINE#1", index="history"))) == ["3"]


def test_index_follows_a_changed_key_and_summary(table: Table) -> None:
    table.put(history("1", "001", summary="before"))
    table.put(history("1", "009", summary="after"))
    assert table.query(Query("PIPELINE#1", index="history")).items == (history("1", "009", summary="after"),)


@pytest.mark.parametrize("reverse", [False, True])
def test_index_pages_join_into_the_whole(table: Table, reverse: bool) -> None:
    places = ["2024#1", "2024#2", "2025#1", "2025#2", "2026#1"]
    for number, place in enumerate(places):
        table.put(history(str(9 - number), place))
    query: dict[str, Any] = {"pk": "PIPELINE#1", "index": "history", "prefix": "202", "reverse": reverse, "limit": 2}
    found = [sort_keys(page, "history_sk") for page in pages(table, **query)]
    expected = places[::-1] if reverse else places
    assert found == [expected[:2], expected[2:4], expected[4:]]


def test_index_pages_lose_no_item_among_equal_places(table: Table) -> None:
    for sk in "abcdef":
        table.put(history(sk, "001"))
    found = [sk for page in pages(table, pk="PIPELINE#1", index="history", limit=1) for sk in sort_keys(page)]
    assert sorted(found) == list("abcdef")


def test_index_query_takes_a_range(table: Table) -> None:
    for sk in ("1", "2", "3"):
        table.put(history(sk, f"{sk}#x"))
    assert sort_keys(table.query(Query("PIPELINE#1", index="history", after="1#x"))) == ["2", "3"]
    assert sort_keys(table.query(Query("PIPELINE#1", index="history", prefix="2"))) == ["2"]


# Conditions

KEPT: list[tuple[Item | None, Precondition]] = [
    (None, Absent()),
    (item(version=4), Exists()),
    (item(other="o"), Exists()),
    (item(version=4), VersionIs(4)),
]
REFUSED: list[tuple[Item | None, Precondition]] = [
    (item(version=4), Absent()),
    (None, Exists()),
    (None, VersionIs(0)),
    (item(version=4), VersionIs(3)),
    (item(other="o"), VersionIs(0)),
]


@pytest.mark.parametrize(("standing", "condition"), KEPT)
@pytest.mark.parametrize("alone", [True, False])
def test_write_whose_condition_holds_is_done(
    table: Table, standing: Item | None, condition: Precondition, alone: bool
) -> None:
    if standing:
        table.put(standing)
    send(table, Put(item(version=5), condition), alone=alone)
    assert table.get(Key("TEAM#1", "TEAM")) == item(version=5)


@pytest.mark.parametrize(("standing", "condition"), REFUSED)
@pytest.mark.parametrize("kind", ["put", "delete"])
@pytest.mark.parametrize("alone", [True, False])
def test_refused_write_changes_nothing_and_shows_what_stood_there(
    table: Table, standing: Item | None, condition: Precondition, kind: str, alone: bool
) -> None:
    key = Key("TEAM#1", "TEAM")
    if standing:
        table.put(standing)
    write = Put(item(version=5), condition) if kind == "put" else Delete(key, condition)
    with pytest.raises(Conflict) as conflict:
        send(table, write, alone=alone)
    assert (conflict.value.index, conflict.value.old) == (0 if alone else 1, standing)
    assert table.get(key) == standing
    assert table.get(Key("BESIDE", "1")) is None


def send(table: Table, write: Put | Delete, *, alone: bool) -> None:
    if alone:
        table.write(write)
    else:
        table.transact([Put(item("BESIDE", "1")), write])


@pytest.mark.parametrize("condition", [Exists(), VersionIs(4), None])
def test_conditional_delete_removes(table: Table, condition: Precondition | None) -> None:
    table.put(item(version=4))
    table.delete(Key("TEAM#1", "TEAM"), condition)
    assert table.get(Key("TEAM#1", "TEAM")) is None


def test_transaction_is_all_or_nothing(table: Table) -> None:
    table.put(item("P", "gone"))
    table.put(item("P", "held", version=2))
    writes: list[Write] = [
        Put(item("P", "new"), Absent()),
        Delete(Key("P", "gone")),
        Put(item("P", "held", version=2), VersionIs(1)),
    ]
    with pytest.raises(Conflict) as conflict:
        table.transact(writes)
    assert (conflict.value.index, conflict.value.old) == (2, item("P", "held", version=2))
    assert sort_keys(table.query(Query("P"))) == ["gone", "held"]
    table.transact([*writes[:2], Put(item("P", "held", version=3), VersionIs(2))])
    assert table.query(Query("P")).items == (item("P", "held", version=3), item("P", "new"))


def test_conflict_names_the_first_condition_that_failed(table: Table) -> None:
    fill(table, "P", ["1", "2"])
    with pytest.raises(Conflict) as conflict:
        table.transact([Put(item("P", "0")), Put(item("P", "1"), Absent()), Put(item("P", "2"), Absent())])
    assert (conflict.value.index, conflict.value.old) == (1, item("P", "1"))


def test_hundred_writes_go_in_one_transaction(table: Table) -> None:
    table.transact([Put(item("P", f"{number:03d}")) for number in range(100)])
    assert len(table.query(Query("P")).items) == 100


def test_counter_loses_nothing_to_sixteen_threads(concurrent_table: Table) -> None:
    table, key, rounds = concurrent_table, Key("P", "counter"), 5
    table.put(item("P", "counter", version=0))

    def increment(_: int) -> None:
        done = 0
        while done < rounds:
            version = int((table.get(key) or {})["version"])
            try:
                table.put(item("P", "counter", version=version + 1), VersionIs(version))
            except Conflict:
                continue
            done += 1

    with ThreadPoolExecutor(16) as threads:
        list(threads.map(increment, range(16)))
    assert table.get(key) == item("P", "counter", version=16 * rounds)


def test_of_many_transactions_for_one_name_just_one_gets_it(concurrent_table: Table) -> None:
    table = concurrent_table

    def claim(number: int) -> bool:
        try:
            table.transact([Put(item("SLUG#a", "SLUG", doc=str(number)), Absent()), Put(item("TEAMS", str(number)))])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        won = [number for number, got_it in enumerate(threads.map(claim, range(8))) if got_it]
    owner = table.get(Key("SLUG#a", "SLUG"))
    assert [owner] == [item("SLUG#a", "SLUG", doc=str(number)) for number in won]
    assert sort_keys(table.query(Query("TEAMS"))) == [str(number) for number in won]
