"""Entries of the inbox in the table: read when due, put back, buried."""

from __future__ import annotations

from typing import Any

import pytest

from storage import keys
from storage.codec import items
from storage.model.deliveries import APPLIED, PENDING, Delivery
from storage.repositories.deliveries import DEAD, Deliveries, InboxEntry
from storage.table import Table, metered
from tests.factories import DAY, MINUTE, NOW, TEAM_ID, Clock, delivery, execution_changed
from tests.storage.engines import LOCAL, MOTO, SQLITE

CONNECTION = "c" * 32
SHARD = keys.inbox_shard("d-1")
OF_ONE_SHARD = [key for key in (f"d-{number}" for number in range(1, 2000)) if keys.inbox_shard(key) == SHARD]


@pytest.fixture(params=[SQLITE, MOTO, LOCAL])
def deliveries(request: pytest.FixtureRequest, clock: Clock) -> Deliveries:
    return Deliveries(request.getfixturevalue(request.param), clock)


def waiting(key: str, **changes: Any) -> Delivery:
    return delivery(key, outcome=PENDING, events=(execution_changed(),), team_id=TEAM_ID, **changes)


def due(deliveries: Deliveries, at: int = NOW, limit: int = 100) -> list[InboxEntry]:
    return deliveries.list_pending(SHARD, at, limit)


def test_entries_are_read_when_they_are_due_the_longest_due_first(deliveries: Deliveries) -> None:
    for place, key in enumerate(OF_ONE_SHARD[:40]):
        assert deliveries.accept(waiting(key, received_at=NOW - place))
    found = due(deliveries)
    assert [entry.key for entry in found] == OF_ONE_SHARD[39::-1]
    assert [entry.key for entry in due(deliveries, NOW - 30)] == OF_ONE_SHARD[39:29:-1]
    assert [entry.key for entry in due(deliveries, limit=20)] == OF_ONE_SHARD[39:19:-1]
    for entry in found[:35]:
        assert deliveries.put_back(entry, NOW + MINUTE, 1, "contended")
    assert [entry.key for entry in due(deliveries)] == OF_ONE_SHARD[4::-1]


def test_entry_that_was_put_back_is_whole_and_remembers_its_tries(deliveries: Deliveries) -> None:
    deliveries.accept(waiting("d-1", post="packed"))
    (entry,) = due(deliveries)
    deliveries.put_back(entry, NOW + MINUTE, 1, "contended")
    assert due(deliveries, NOW + MINUTE - 1) == []
    (again,) = due(deliveries, NOW + MINUTE)
    assert (again.tries, again.events, again.post) == (1, entry.events, "packed")
    (brief,) = deliveries.list_of_connection(CONNECTION)
    assert (brief.outcome, brief.reason) == (PENDING, "contended")


def test_two_who_tried_at_once_count_one_try(deliveries: Deliveries) -> None:
    deliveries.accept(waiting("d-1"))
    (entry,) = due(deliveries)
    assert deliveries.put_back(entry, NOW, 1, "contended")
    assert not deliveries.put_back(entry, NOW, 1, "contended")
    assert not deliveries.bury(entry, "contended")
    assert [again.tries for again in due(deliveries)] == [1]


def test_entry_that_another_applied_is_neither_put_back_nor_buried(deliveries: Deliveries) -> None:
    deliveries.accept(waiting("d-1"))
    (entry,) = due(deliveries)
    deliveries._table.put(items.delivery_item(delivery("d-1", outcome=APPLIED)))
    assert not deliveries.put_back(entry, NOW, 1, "contended")
    assert not deliveries.bury(entry, "contended")
    assert [brief.outcome for brief in deliveries.list_of_connection(CONNECTION)] == [APPLIED]


def test_entry_that_another_moves_between_read_and_write_is_left_to_them(
    sqlite_table: Table, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliveries, other = Deliveries(sqlite_table, clock), Deliveries(sqlite_table, clock)
    deliveries.accept(waiting("d-1"))
    (entry,) = due(deliveries)
    find = deliveries.find

    def interrupted(connection_id: str, key: str) -> object:
        found = find(connection_id, key)
        assert other.put_back(entry, NOW + 1, 1, "first")
        return found

    monkeypatch.setattr(deliveries, "find", interrupted)
    assert not deliveries.bury(entry, "second")
    assert [again.reason for again in deliveries.list_of_connection(CONNECTION)] == ["first"]


def test_dead_letter_leaves_the_inbox_and_is_on_its_connections_list(deliveries: Deliveries) -> None:
    for key in ("d-1", "d-2"):
        deliveries.accept(waiting(key, received_at=NOW + int(key[-1])))
        (entry,) = deliveries.list_pending(keys.inbox_shard(key), NOW + 2)
        assert deliveries.bury(entry, "a bug")
    assert due(deliveries, NOW + DAY) == []
    found = deliveries.list_dead(TEAM_ID, CONNECTION)
    assert [(brief.key, brief.outcome, brief.reason) for brief in found] == [
        ("d-2", DEAD, "a bug"),
        ("d-1", DEAD, "a bug"),
    ]
    assert deliveries.count_dead(TEAM_ID) == {CONNECTION: 2}
    assert deliveries.list_dead(TEAM_ID, "e" * 32) == []
    assert not deliveries.accept(waiting("d-1"))


@pytest.mark.parametrize(("post", "kept"), [("packed", False), ("", True)])
def test_dead_letter_keeps_its_events_where_its_post_is_not(sqlite_table: Table, post: str, kept: bool) -> None:
    deliveries = Deliveries(sqlite_table, Clock())
    deliveries.accept(waiting("d-1", post=post))
    deliveries.bury(due(deliveries)[0], "a bug")
    found = deliveries.find_dead(CONNECTION, "d-1")
    assert deliveries.find_post(CONNECTION, "d-1") == post
    assert (found is not None and found.events == (execution_changed(),)) is kept


def test_entry_of_an_earlier_version_is_read_and_put_back(sqlite_table: Table, clock: Clock) -> None:
    deliveries = Deliveries(sqlite_table, clock)
    item = items.delivery_item(waiting("d-1"))
    del item["version"]
    sqlite_table.put(item)
    (entry,) = due(deliveries)
    assert (entry.tries, entry.events) == (0, (execution_changed(),))
    assert deliveries.put_back(entry, NOW + 1, 1, "contended")
    (again,) = due(deliveries, NOW + 1)
    assert deliveries.bury(again, "contended")


def test_entry_that_cannot_be_read_keeps_no_other_and_loses_nothing(sqlite_table: Table, clock: Clock) -> None:
    deliveries = Deliveries(sqlite_table, clock)
    item = {**items.delivery_item(waiting(OF_ONE_SHARD[0])), "doc": '["of a later version"'}
    sqlite_table.put(item)
    deliveries.accept(waiting(OF_ONE_SHARD[1]))
    broken, whole = sorted(due(deliveries), key=lambda entry: len(entry.events))
    assert (broken.events, broken.reason) == ((), "its events cannot be read (DecodeError)")
    assert whole.events
    assert deliveries.put_back(broken, NOW, 1, broken.reason)
    assert (deliveries.find(CONNECTION, broken.key) or {})["doc"] == item["doc"]
    assert deliveries.bury(due(deliveries)[0] if due(deliveries)[0].key == broken.key else due(deliveries)[1], "x")
    assert deliveries.count_dead(TEAM_ID) == {}
    assert [brief.outcome for brief in deliveries.list_of_connection(CONNECTION)].count(DEAD) == 1


def test_what_is_not_due_is_hardly_read(sqlite_table: Table, clock: Clock) -> None:
    deliveries = Deliveries(sqlite_table, clock)
    for key in OF_ONE_SHARD[:100]:
        deliveries.accept(waiting(key, received_at=NOW + MINUTE))
    with metered() as meter:
        assert due(deliveries) == []
    assert (meter.operations, meter.rcu) == (["query"], 0.5)


@pytest.mark.parametrize("outcome", [PENDING, APPLIED])
def test_note_never_replaces_what_waits_or_was_applied(deliveries: Deliveries, outcome: str) -> None:
    deliveries._table.put(items.delivery_item(waiting("d-1") if outcome == PENDING else delivery("d-1")))
    assert not deliveries.note(delivery("d-1", outcome="ignored"))
    assert [brief.outcome for brief in deliveries.list_of_connection(CONNECTION)] == [outcome]


def test_note_takes_the_place_of_one_that_has_expired(deliveries: Deliveries) -> None:
    deliveries._table.put(items.delivery_item(delivery("d-1", received_at=NOW - 31 * DAY)))
    assert deliveries.note(delivery("d-1", outcome="ignored"))
    assert [brief.outcome for brief in deliveries.list_of_connection(CONNECTION)] == ["ignored"]
