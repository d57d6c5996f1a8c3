"""What the codec remembers of items that change."""

from __future__ import annotations

from storage.codec import items
from storage.codec.latest import Latest
from storage.store import Store
from storage.table import Item
from tests.factories import TEAM_ID, a_run, record


def item(key: str, document: str) -> Item:
    return {"pk": key, "sk": "s", "doc": document}


def test_of_an_item_only_what_was_decoded_last_is_kept() -> None:
    decoded: list[object] = []

    def decode(document: object) -> str:
        decoded.append(document)
        return str(document).upper()

    latest = Latest(decode, 2)
    told = [("a", "x"), ("a", "x"), ("a", "y"), ("a", "x"), ("b", "x"), ("c", "x"), ("b", "x"), ("a", "x")]
    assert [latest.of(item(*each)) for each in told] == ["X", "X", "Y", "X", "X", "X", "X", "X"]
    assert len(decoded) == 6
    assert len(latest) == 2


def test_a_pipeline_of_many_runs_is_remembered_once(store: Store) -> None:
    before = len(items.RECORDS), len(items.ROWS)
    for number in range(5001, 5021):
        record(store, a_run(str(number)), TEAM_ID)
    assert len(items.RECORDS) - before[0] <= 1
    assert len(items.ROWS) - before[1] <= 1
