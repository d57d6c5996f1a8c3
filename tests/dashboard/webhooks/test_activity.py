"""When events came is remembered at once, and written by a job now and then."""

from __future__ import annotations

import pytest

from dashboard.jobs.write_last_seen import JOB
from dashboard.sources import SOURCES
from dashboard.webhooks.activity import EVERY_MS, HeardEvents
from dashboard.webhooks.ingest import ingest
from storage.errors import Unavailable
from storage.model.connection_state import Activity, clock_ahead_ms
from storage.model.entities import Connection
from storage.store import Store
from storage.table import metered
from tests.dashboard.bodies import workflow_run
from tests.dashboard.jobs.doing import do
from tests.dashboard.visiting import post_github
from tests.factories import MINUTE, NOW, Clock, a_connection, a_team


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id)


def known(store: Store, connection: Connection) -> Activity:
    return store.connection_states.find(connection.id).activity


def test_event_that_came_is_written_by_the_job_and_not_before(store: Store, connection: Connection) -> None:
    assert post_github(connection, workflow_run()).status_code == 202
    assert known(store, connection) == Activity(connection.id)
    do(JOB, store)
    assert (known(store, connection).last_at, known(store, connection).bits) == (NOW, 1)
    assert len(known(store, connection).readings) == 1


def test_post_that_is_not_believed_is_no_event_of_its_sender(store: Store, connection: Connection) -> None:
    post_github(connection, workflow_run(), **{"X-Hub-Signature-256": "sha256=0"})
    do(JOB, store)
    assert known(store, connection) == Activity(connection.id)


def test_event_that_was_fetched_from_the_tool_did_not_come(store: Store, connection: Connection) -> None:
    ingest(store, connection, SOURCES["github"], {"x-github-event": "ping"}, b"{}", arrived=False)
    do(JOB, store)
    assert known(store, connection) == Activity(connection.id)


def test_many_events_cost_a_write_in_five_minutes_and_none_while_nothing_comes(store: Store, clock: Clock) -> None:
    heard = HeardEvents()
    writes = 0
    for _ in range(60):
        heard.note("a" * 32, clock())
        with metered() as meter:
            heard.write(store)
        writes += meter.calls > 0
        clock.move(20_000)
    assert writes == 20 * MINUTE // EVERY_MS
    clock.move(EVERY_MS)
    heard.write(store)
    with metered() as meter:
        heard.write(store)
    assert meter.calls == 0


def test_event_that_ends_a_silence_is_written_at_once(store: Store, clock: Clock) -> None:
    heard = HeardEvents()
    heard.note("a" * 32, clock())
    heard.write(store)
    clock.move(16 * MINUTE)
    heard.note("a" * 32, clock())
    heard.write(store)
    assert store.connection_states.find("a" * 32).activity.last_at == clock()


def test_what_cannot_be_written_is_written_the_next_time(
    store: Store, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = HeardEvents()
    heard.note(connection.id, NOW)
    with monkeypatch.context() as patched:
        patched.setattr(store.connection_states, "note_activity", lambda _: False)
        heard.write(store)

        def away(_: Activity) -> bool:
            raise Unavailable("away")

        patched.setattr(store.connection_states, "note_activity", away)
        with pytest.raises(Unavailable):
            heard.write(store)
    heard.write(store)
    assert known(store, connection).last_at == NOW


def test_sender_whose_clock_is_ahead_is_found_by_what_its_events_tell(store: Store, clock: Clock) -> None:
    heard = HeardEvents()
    heard.tell("a" * 32, NOW, NOW)
    for _ in range(6):
        heard.note("a" * 32, clock())
        heard.tell("a" * 32, clock() + 3 * MINUTE, clock())
        heard.tell("a" * 32, clock() - 30 * 24 * 60 * MINUTE, clock())
        clock.move(1000)
    heard.write(store)
    assert clock_ahead_ms(store.connection_states.find("a" * 32).activity) == 3 * MINUTE


def test_strangers_cannot_make_it_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.webhooks.activity.MOST_WAITING", 2)
    heard = HeardEvents()
    for name in "abc":
        heard.note(name, NOW)
    assert sorted(heard._waiting) == ["a", "b"]
