"""Is the process up, is the store right; and what is said when something is wrong."""

from __future__ import annotations

import pytest

from storage.errors import TableMissing, Unavailable
from storage.store import Store
from tests.dashboard.visiting import Visitor


def test_process_is_up_whatever_the_store_does(
    stranger: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(type(store.table.engine), "get")
    assert stranger.get("/healthz").json() == {"status": "up"}


def test_ready_when_the_table_is_right(stranger: Visitor) -> None:
    assert stranger.get("/readyz").json() == {"status": "ready"}


@pytest.mark.parametrize("error", [Unavailable("gone"), TableMissing("no table")])
def test_not_ready_says_why(stranger: Visitor, store: Store, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(store.table.engine, "check", refuse)
    answer = stranger.get("/readyz")
    assert answer.status_code == 503
    assert type(error).__name__ in answer.json()["reason"]


def test_fault_of_ours_is_a_page_of_ours(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.network.build", lambda *_: 1 / 0)
    visitor.client.raise_request_exception = False
    answer = visitor.get("/")
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.content.decode()
    assert "ZeroDivision" not in answer.content.decode()


def test_machine_that_asks_wrongly_is_answered_in_json(stranger: Visitor) -> None:
    answer = stranger.get("/api/v2/nothing")
    assert (answer.status_code, set(answer.json())) == (404, {"message", "code"})
