"""From a verified body to an answer, and what is kept meanwhile."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from typing import Any

import pytest

from dashboard.sources import SOURCES, Source
from dashboard.sources.kit.source import Parsed
from dashboard.wakeups import WakeUp, wakeups
from dashboard.webhooks import inbox, ingest
from storage import keys
from storage.errors import Conflict, Throttled, Unavailable
from storage.model.deliveries import PENDING
from storage.model.document import replace
from storage.model.entities import Connection, Status
from storage.model.events import AnyEvent
from storage.recording.recorder import Unsettled
from storage.store import Store
from storage.table import Write, metered
from tests.dashboard.bodies import workflow_run
from tests.factories import (
    DAY,
    MINUTE,
    NOW,
    REF,
    TEAM_ID,
    Clock,
    a_run,
    action_changed,
    delivery,
    execution_changed,
    stored_items,
)

CONNECTION = Connection("c" * 32, TEAM_ID, "github", "", NOW)
EVERY = range(keys.INBOX_SHARDS)


@pytest.fixture(autouse=True)
def _store_of_the_process(store: Store) -> None:
    """What jobs do goes there too."""


def take(store: Store, body: Any, event: str = "workflow_run", key: str = "d-1") -> ingest.Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"x-github-event": event, "x-github-delivery": key, "content-type": "application/json"}
    return ingest.ingest(store, CONNECTION, SOURCES["github"], headers, raw)


def saying(*events: AnyEvent, key: str = "d-1") -> Source:
    """A source whose every body says this."""
    return dataclasses.replace(SOURCES["github"], parse=lambda headers, body: Parsed(events, "event", key))


def outcomes(store: Store) -> list[tuple[str, int, str]]:
    found = store.deliveries.list_of_connection(CONNECTION.id)
    return [(brief.outcome, brief.answer, brief.reason) for brief in found]


def pending(store: Store) -> int:
    return sum(len(store.deliveries.list_pending(shard, NOW + DAY)) for shard in EVERY)


def status_of(store: Store, name: str = "5001") -> Status:
    return store.executions.get(keys.execution_id(TEAM_ID, "github", name)).status


def test_event_is_applied_and_its_delivery_noted(store: Store) -> None:
    take(store, workflow_run(5000), key="d-0")
    with metered() as meter:
        answer = take(store, workflow_run())
    assert answer == ingest.Answer(202, {"status": "accepted", "delivery": "d-1"})
    assert meter.operations == ["batch_get", "transact"]
    assert status_of(store) is Status.RUNNING
    assert outcomes(store) == [("applied", 202, "")] * 2


def test_new_pipelines_name_is_told_apart_from_its_neighbours(store: Store) -> None:
    """Which takes reads of its own once a pipeline, and a write of the team's names; so do rules about its stages."""
    with metered() as meter:
        take(store, workflow_run())
    assert meter.operations == ["batch_get", "batch_get", "batch_get", "transact", "get", "query", "batch_get", "put"]
    again = workflow_run(5002, name="Nightly", workflow_id=4712, path=".github/workflows/nightly.yml")
    take(store, again, key="d-2")
    names = {row.row().label for row in store.pipelines.list_board(TEAM_ID)}
    assert names == {"checkout · CI", "checkout · Nightly"}


def test_change_is_told_to_open_pages_and_what_changes_nothing_is_not(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(wakeups, "send", lambda name, subject="": told.append(name))
    take(store, workflow_run())
    take(store, workflow_run(), key="d-2")
    assert told == [WakeUp.STORE_CHANGED]


def test_pipeline_that_went_stale_is_left_to_a_job(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(
        wakeups, "send", lambda name, subject="": told.append(subject) if name is WakeUp.PIPELINE_IS_STALE else None
    )
    for number in range(40):
        store.recorder.apply(TEAM_ID, a_run(str(7000 + number), began=NOW - (60 - number) * MINUTE))
    take(store, workflow_run(status="completed", conclusion="failure", at=NOW - 70 * MINUTE))
    assert told == [keys.pipeline_id(TEAM_ID, "github", REF.key)]


def test_second_post_of_a_delivery_is_a_duplicate(store: Store) -> None:
    take(store, workflow_run())
    assert take(store, workflow_run()) == ingest.Answer(200, {"status": "duplicate"})
    assert len(outcomes(store)) == 1


def test_body_without_a_delivery_id_goes_by_its_hash(store: Store) -> None:
    assert take(store, workflow_run(), key="").code == 202
    assert take(store, workflow_run(), key="").body == {"status": "duplicate"}
    assert take(store, workflow_run(at=NOW + 1000), key="").code == 202


@pytest.mark.parametrize(("event", "reason"), [("ping", "ping"), ("star", "star events carry nothing")])
def test_event_that_carries_nothing_is_ignored_and_noted(store: Store, event: str, reason: str) -> None:
    answer = take(store, {"zen": "Anything added dilutes everything else."}, event)
    assert (answer.code, answer.body["status"]) == (200, "ignored")
    assert reason in answer.body["reason"]
    assert outcomes(store) == [("ignored", 200, answer.body["reason"])]


def test_refused_body_is_noted_without_any_of_it(store: Store) -> None:
    body = workflow_run()
    body["workflow_run"]["id"] = "private words"
    answer = take(store, body)
    assert (answer.code, answer.body["path"]) == (400, "workflow_run.id")
    ((outcome, code, reason),) = outcomes(store)
    assert (outcome, code) == ("rejected", 400)
    assert "workflow_run.id" in reason
    assert "private" not in everything(store)


def everything(store: Store) -> str:
    return "".join(map(str, stored_items(store)))


@pytest.mark.parametrize(
    ("at", "kept"), [(NOW + DAY, True), (NOW + DAY + 1000, False), (946_684_800_000, True), (946_684_799_000, False)]
)
def test_event_out_of_time_is_kept_out_visibly(store: Store, at: int, kept: bool) -> None:
    answer = ingest.ingest(store, CONNECTION, saying(execution_changed(at=at)), {}, b"")
    assert answer.code == (202 if kept else 200)
    assert outcomes(store)[0][0] == ("applied" if kept else "ignored")


# The inbox


def unsettled(*args: object, **options: object) -> object:
    raise Unsettled("others keep writing")


def test_event_that_does_not_settle_waits_durably_and_is_applied_later(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store.recorder, "apply", unsettled)
    assert take(store, workflow_run()).code == 202
    assert pending(store) == 1
    monkeypatch.undo()
    assert inbox.sweep(store, EVERY) == 1
    assert status_of(store) is Status.RUNNING
    assert pending(store) == 0
    assert outcomes(store) == [("applied", 202, "")]


def test_event_that_still_does_not_settle_goes_on_waiting(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store.recorder, "apply", unsettled)
    take(store, workflow_run())
    assert inbox.sweep(store, EVERY) == 0
    assert pending(store) == 1


def test_repeat_of_a_waiting_delivery_is_applied_at_once(store: Store) -> None:
    waiting = delivery("d-1", CONNECTION.id, outcome=PENDING, execution_id=TEAM_ID)
    kept = replace(waiting, events=(execution_changed(),))
    assert store.deliveries.accept(kept)
    answer = ingest.ingest(store, CONNECTION, saying(execution_changed()), {}, b"")
    assert answer.code == 202
    assert status_of(store) is Status.RUNNING
    assert pending(store) == 0


def test_unsettled_repeat_of_what_was_applied_is_a_duplicate(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    take(store, workflow_run())
    monkeypatch.setattr(store.recorder, "apply", unsettled)
    assert take(store, workflow_run()).body == {"status": "duplicate"}


def test_body_that_speaks_of_two_executions_goes_through_the_inbox(store: Store) -> None:
    source = saying(execution_changed("1"), execution_changed("2"), action_changed("1"))
    assert ingest.ingest(store, CONNECTION, source, {}, b"").code == 202
    assert pending(store) == 1
    assert inbox.sweep(store, EVERY) == 1
    assert {status_of(store, "1"), status_of(store, "2")} == {Status.RUNNING}
    assert ingest.ingest(store, CONNECTION, source, {}, b"").body == {"status": "duplicate"}


def test_sweep_leaves_alone_what_has_only_just_come(store: Store, clock: Clock) -> None:
    source = saying(execution_changed("1"), execution_changed("2"))
    ingest.ingest(store, CONNECTION, source, {}, b"")
    assert inbox.sweep(store, EVERY, older_than_seconds=5) == 0
    clock.move(5000)
    assert inbox.sweep(store, EVERY, older_than_seconds=5) == 1


def test_sweep_reads_each_shard_once_when_nothing_waits(store: Store) -> None:
    with metered() as meter:
        assert inbox.sweep(store, EVERY) == 0
    assert meter.operations == ["query"] * keys.INBOX_SHARDS


@pytest.mark.parametrize("error", [Throttled("slow down"), Unavailable("gone")])
def test_store_that_takes_nothing_is_said_so_and_nothing_is_kept(
    store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(store.table.engine, "transact", refuse)
    with pytest.raises(type(error)):
        take(store, workflow_run())
    monkeypatch.undo()
    assert everything(store) == ""


def test_everlasting_conflicts_end_in_the_inbox(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    transact = store.table.engine.transact

    def refuse(writes: Sequence[Write]) -> None:
        if len(writes) > 1:
            raise Conflict("somebody else", index=1)
        transact(writes)

    monkeypatch.setattr(store.table.engine, "transact", refuse)
    assert take(store, workflow_run()).code == 202
    monkeypatch.undo()
    assert pending(store) == 1


# Posts that were refused


def test_refusal_stands_though_it_cannot_be_noted(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(store.table.engine, "write", refuse)
    ingest.refuse(store, CONNECTION, 401, "wrong")
    assert "could not be noted" in caplog.text


def test_paused_connection_keeps_what_waits_in_the_inbox(store: Store) -> None:
    """The same delivery comes again while the connection is paused: it once took the place of the one that waits."""
    told = saying(execution_changed("5001"), execution_changed("5002"))
    assert ingest.ingest(store, CONNECTION, told, {}, b"").code == 202
    paused = replace(CONNECTION, paused=True)
    assert ingest.ingest(store, paused, told, {}, b"").body["status"] == "ignored"
    assert inbox.sweep(store, EVERY) == 1
    (row,) = store.pipelines.list_board(TEAM_ID)
    assert len(row.row().in_flight) == 2


def test_four_hundred_refused_posts_are_one_note_a_minute(store: Store, clock: Clock) -> None:
    for _ in range(400):
        ingest.refuse(store, CONNECTION, 401, "the signature is missing or wrong")
    with metered() as meter:
        ingest.refuse(store, CONNECTION, 401, "the signature is missing or wrong")
    assert meter.calls == 0
    clock.move(60_000)
    ingest.refuse(store, CONNECTION, 401, "the signature is missing or wrong")
    assert len(store.deliveries.list_of_connection(CONNECTION.id)) == 2


def test_refusal_that_could_not_be_noted_is_noted_the_next_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> bool:
        raise Unavailable("gone")

    with monkeypatch.context() as gone:
        gone.setattr(store.deliveries, "note", fail)
        ingest.refuse(store, CONNECTION, 401, "wrong")
    ingest.refuse(store, CONNECTION, 401, "wrong")
    assert len(store.deliveries.list_of_connection(CONNECTION.id)) == 1
