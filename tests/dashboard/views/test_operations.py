"""Is the process up, is the store right; and what is said when something is wrong."""

from __future__ import annotations

import threading

import pytest

from dashboard.operations.readiness import MISSING, NO_WRITES, THROTTLED, Readiness
from storage.errors import TableMissing, Throttled, Unavailable
from storage.store import Store
from storage.table import metered
from tests.dashboard.visiting import Visitor


def test_process_is_up_whatever_the_store_does(
    stranger: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(store.table.engine), "get")
    assert stranger.get("/healthz").json() == {"status": "up"}


def test_ready_when_the_table_is_right(stranger: Visitor) -> None:
    assert stranger.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (Unavailable("/var/lib/x.db: attempt to write a readonly database"), NO_WRITES),
        (Unavailable("/var/lib/x.db: database or disk is full"), NO_WRITES),
        (Throttled("https://dynamodb.local: slow down"), THROTTLED),
        (TableMissing("/var/lib/x.db is not there"), MISSING),
    ],
)
@pytest.mark.parametrize("fails", ["check", "write"])
def test_not_ready_tells_strangers_a_word_and_the_log_the_rest(
    stranger: Visitor,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    word: str,
    fails: str,
) -> None:
    def refuse(*_: object) -> None:
        raise error

    monkeypatch.setattr(store.table.engine, fails, refuse)
    answer = stranger.get("/readyz")
    assert (answer.status_code, answer.json()) == (503, {"status": "not ready", "reason": word})
    assert str(error) in caplog.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.parametrize("host", ["10.0.0.7:8000", "elsewhere.example", "a b", "[::1", "-" * 4000])
def test_both_are_answered_whatever_the_host_header_says(
    stranger: Visitor, caplog: pytest.LogCaptureFixture, path: str, host: str
) -> None:
    answer = stranger.get(path, host=host)
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert caplog.text == ""


def test_store_is_asked_once_in_five_seconds_however_many_ask(store: Store) -> None:
    seconds = [100.0]
    asked = Readiness(lambda: seconds[0])
    with metered() as meter:
        assert [asked.word(store) for _ in range(50)] == [""] * 50
    assert meter.operations == ["put"]
    seconds[0] += 5
    with metered() as meter:
        asked.word(store)
    assert meter.operations == ["put"]


def test_those_who_ask_while_the_store_hangs_are_told_what_was_last_known(store: Store) -> None:
    seconds, hangs, goes_on = [100.0], threading.Event(), threading.Event()
    asked = Readiness(lambda: seconds[0])
    assert asked.word(store) == ""

    def hang() -> None:
        hangs.set()
        assert goes_on.wait(5)
        raise Unavailable("gone")

    store.table.engine.check = hang  # type: ignore[method-assign]
    seconds[0] += 5
    first = threading.Thread(target=lambda: asked.word(store))
    first.start()
    assert hangs.wait(5)
    assert asked.word(store) == ""
    goes_on.set()
    first.join()
    assert asked.word(store) == NO_WRITES


def test_fault_of_ours_is_a_page_of_ours(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.screens.network.build", lambda *_, **__: 1 / 0)
    visitor.client.raise_request_exception = False
    answer = visitor.get("/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()


def test_machine_that_asks_wrongly_is_answered_in_json(stranger: Visitor) -> None:
    answer = stranger.get("/api/v2/nothing")
    assert (answer.status_code, set(answer.json())) == (404, {"message", "code"})


@pytest.mark.parametrize(
    "path", ["/api/v1/teams", "/api/v2/nothing", "/nowhere", "/hooks/github/none", "/executions/none"]
)
def test_nobody_keeps_answers_of_the_api_or_errors(visitor: Visitor, path: str) -> None:
    assert visitor.get(path)["Cache-Control"] == "no-store"
