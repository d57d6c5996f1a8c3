"""What is kept beside connections: joined with what other processes noted, read in one go."""

from __future__ import annotations

import pytest

from storage.model.backfill import MissedDeliveries, Repair
from storage.model.connection_state import Activity, ConnectionState, noted
from storage.model.entities import ApiQuota
from storage.store import Store
from storage.table import metered
from tests.factories import NOW

QUARTER = 900_000


def test_of_connections_that_nothing_is_known_of_nothing_came(store: Store) -> None:
    assert store.connection_states.find("a" * 32) == ConnectionState(Activity("a" * 32))


def test_all_that_is_kept_is_found_of_each_in_one_read(store: Store) -> None:
    of = ["a" * 32, "b" * 32]
    quota, repair = ApiQuota(5000, 10, NOW + 1, NOW), Repair(of[0], checked_at=NOW)
    store.connections.note_quota(of[0], quota)
    store.backfills.put_repair(repair)
    store.backfills.put_missed(MissedDeliveries(of[1], count=3))
    with metered() as meter:
        found = store.connection_states.find_all(of)
    assert meter.calls == 1
    assert (found[of[0]].quota, found[of[0]].repair, found[of[0]].missed) == (quota, repair, None)
    assert found[of[1]].missed == MissedDeliveries(of[1], count=3)


def test_more_connections_than_a_batch_takes_are_all_found(store: Store) -> None:
    of = [f"{place:032x}" for place in range(60)]
    assert [each.activity.connection_id for each in store.connection_states.find_all(of).values()] == of


def test_two_processes_know_more_than_one(store: Store) -> None:
    first, second = noted(Activity("a" * 32), NOW), noted(Activity("a" * 32), NOW + 2 * QUARTER)
    assert store.connection_states.note_activity(second)
    assert store.connection_states.note_activity(first)
    found = store.connection_states.find("a" * 32).activity
    assert (found.last_at, found.bits) == (NOW + 2 * QUARTER, 0b101)


def test_who_writes_at_once_with_another_is_told(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    table = store.table
    activity = noted(Activity("a" * 32), NOW)
    reading = table.get

    def meanwhile(*args: object, **options: object) -> object:
        found = reading(*args, **options)  # type: ignore[arg-type]
        monkeypatch.setattr(table, "get", reading)
        assert store.connection_states.note_activity(noted(Activity("a" * 32), NOW + QUARTER))
        return found

    monkeypatch.setattr(table, "get", meanwhile)
    assert not store.connection_states.note_activity(activity)
    assert store.connection_states.find("a" * 32).activity.last_at == NOW + QUARTER
