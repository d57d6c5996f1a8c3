"""What waits in the inbox: tried again with growing pauses, dead in the end, and in nobody's way."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable

import pytest

from dashboard.webhooks import inbox
from storage import keys
from storage.errors import TableMissing, Throttled, TooLarge, Unavailable
from storage.model.deliveries import PENDING, Delivery
from storage.model.document import replace
from storage.recording.recorder import Unsettled
from storage.repositories.deliveries import DEAD, InboxEntry
from storage.store import Store
from storage.table import metered
from tests.factories import DAY, NOW, TEAM_ID, Clock, delivery, execution_changed

CONNECTION = "c" * 32
EVERY = range(keys.INBOX_SHARDS)
LONG = inbox.LONGEST_PAUSE_MS


@pytest.fixture(autouse=True)
def _patience(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process's store is the test's, and a slow machine changes nothing."""
    monkeypatch.setattr(inbox, "SWEEP_SECONDS", 60.0)


def accept(store: Store, key: str = "d-1", execution: str = "5001") -> None:
    waiting = delivery(key, CONNECTION, outcome=PENDING, team_id=TEAM_ID, post="packed")
    assert store.deliveries.accept(replace(waiting, events=(execution_changed(execution),)))


@pytest.fixture
def fails(store: Store, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], list[str]]:
    """From now on every entry whose key begins with `d` fails so. Which were tried is listed."""
    settle = store.recorder.settle

    def begin(error: Exception) -> list[str]:
        tried: list[str] = []

        def fail(team_id: str, events: object, entry: Delivery, subjects: object, **options: str) -> object:
            tried.append(entry.key)
            if entry.key.startswith("d"):
                raise error
            return settle(team_id, events, entry, subjects)  # type: ignore[arg-type]

        monkeypatch.setattr(store.recorder, "settle", fail)
        return tried

    return begin


def pending(store: Store) -> list[InboxEntry]:
    return [entry for shard in EVERY for entry in store.deliveries.list_pending(shard, NOW + DAY)]


def outcomes(store: Store) -> list[tuple[str, str]]:
    return [(brief.outcome, brief.reason) for brief in store.deliveries.list_of_connection(CONNECTION)]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Unsettled("busy"), inbox.CONTENDED),
        (TooLarge("400 KB"), inbox.FULL),
        (RuntimeError("a bug"), "RuntimeError: a bug"),
    ],
)
def test_what_cannot_be_applied_is_dead_after_eight_tries_with_its_reason(
    store: Store, clock: Clock, fails: Callable[[Exception], list[str]], error: Exception, reason: str
) -> None:
    accept(store)
    tried = fails(error)
    for number in range(inbox.TRIES):
        assert outcomes(store) == [(PENDING, reason if number else "")]
        assert inbox.sweep(store, EVERY) == 0
        clock.move(LONG)
    assert outcomes(store) == [(DEAD, reason)]
    assert inbox.sweep(store, EVERY) == 0
    assert len(tried) == inbox.TRIES == 8
    assert store.deliveries.count_dead(TEAM_ID) == {CONNECTION: 1}


def test_pauses_grow_up_to_a_quarter_of_an_hour(
    store: Store, clock: Clock, fails: Callable[[Exception], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda least, most: most)
    accept(store)
    tried = fails(Unsettled("busy"))
    for count, seconds in enumerate((4, 16, 64, 256, 900, 900, 900), 1):
        inbox.sweep(store, EVERY)
        clock.move(seconds * 1000 - 1)
        inbox.sweep(store, EVERY)
        assert len(tried) == count
        clock.move(1)
    inbox.sweep(store, EVERY)
    assert outcomes(store) == [(DEAD, inbox.CONTENDED)]


def test_fault_of_ours_is_in_the_log_with_its_traceback_once(
    store: Store, clock: Clock, fails: Callable[[Exception], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    accept(store)
    fails(RuntimeError("a bug"))
    for _ in range(inbox.TRIES):
        inbox.sweep(store, EVERY)
        clock.move(LONG)
    assert sum(record.exc_info is not None for record in caplog.records) == 1
    assert "delivery d-1 is a dead letter after 8 tries: RuntimeError: a bug" in caplog.text


def test_pauses_of_what_failed_together_differ() -> None:
    pauses = {inbox.pause_ms(3) for _ in range(50)}
    assert len(pauses) > 40
    assert 32_000 <= min(pauses) <= max(pauses) <= 64_000


@pytest.mark.parametrize("error", [Throttled("slow down"), Unavailable("gone"), TableMissing("not yet")])
def test_trouble_of_the_store_uses_up_no_tries(
    store: Store, clock: Clock, fails: Callable[[Exception], list[str]], error: Exception
) -> None:
    accept(store)
    tried = fails(error)
    for _ in range(3 * inbox.TRIES):
        inbox.sweep(store, EVERY)
        clock.move(LONG)
    assert len(tried) == 3 * inbox.TRIES
    assert [entry.tries for entry in pending(store)] == [0]


def test_store_that_takes_nothing_ends_the_sweep(
    store: Store, fails: Callable[[Exception], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        accept(store, f"d-{number}")
    tried = fails(Unavailable("gone"))

    def refuse(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(store.table.engine, "write", refuse)
    with pytest.raises(Unavailable):
        inbox.sweep(store, EVERY)
    assert len(tried) == 1


def test_900_that_cannot_be_applied_delay_no_others_and_cost_next_to_nothing(
    store: Store, clock: Clock, fails: Callable[[Exception], list[str]], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    for number in range(900):
        accept(store, f"d-{number}", "1")
    tried = fails(RuntimeError("a bug"))
    while len(tried) < 900:
        inbox.sweep(store, EVERY)
    for number in range(40):
        accept(store, f"good-{number}", str(6000 + number))
    clock.move(500)
    assert inbox.sweep(store, EVERY) == 40
    clock.move(500)
    with metered() as meter:
        assert inbox.sweep(store, EVERY) == 0
    assert (meter.operations, meter.rcu) == (["query"] * keys.INBOX_SHARDS, 0.5 * keys.INBOX_SHARDS)


def test_sweep_ends_when_its_time_is_up_and_goes_on_with_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "SWEEP_SECONDS", -1.0)
    for number in range(3):
        accept(store, f"d-{number}", str(6000 + number))
    assert [inbox.sweep(store, EVERY) for _ in range(4)] == [1, 1, 1, 0]


def test_entry_without_events_is_not_applied() -> None:
    entry = InboxEntry(CONNECTION, "d-1", "event", NOW, 202, PENDING, reason="its events cannot be read (KeyError)")
    with pytest.raises(ValueError, match="cannot be read"):
        inbox.settle(None, entry)  # type: ignore[arg-type]
