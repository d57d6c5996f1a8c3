"""What is refused and stands in no audit entry stands in the log, once a minute for each kind and place."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest

from dashboard.auth.refusals import MOST_KEPT, Refusals, refusals
from dashboard.auth.throttle import PER_EMAIL, try_sign_in
from storage.store import Store
from tests.dashboard.visiting import Visitor
from tests.factories import administrator


@pytest.fixture(autouse=True)
def _nothing_was_said() -> Iterator[None]:
    refusals.forget()
    yield
    refusals.forget()


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "dashboard.auth.refusals"]


def ask_with_token(visitor: Visitor) -> None:
    assert visitor.get("/api/v1/teams", Authorization=f"Bearer {'x' * 40}").status_code == 401


def open_link(visitor: Visitor) -> None:
    assert visitor.get("/reset/nothing").status_code == 404


@pytest.mark.parametrize(
    ("act", "words"),
    [(ask_with_token, "an API token that nobody has"), (open_link, "a link that opens nothing")],
)
def test_secret_that_nobody_has_is_in_the_log(
    stranger: Visitor, caplog: pytest.LogCaptureFixture, act: Callable[[Visitor], None], words: str
) -> None:
    act(stranger)
    assert told(caplog) == [f"refused: {words}, from 127.0.0.1"]


def test_wrong_setup_code_is_in_the_log(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    typed = {"code": "wrong", "name": "Eve", "email": "eve@example.com", "password": "quite-new-4711"}
    assert Visitor(store, None).post("/setup", typed).status_code == 400
    assert told(caplog) == ["refused: a wrong setup code, from 127.0.0.1"]


def test_who_is_held_up_by_a_limit_is_in_the_log(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    administrator(store)
    for _ in range(PER_EMAIL):
        assert not try_sign_in("ada@example.com", "203.0.113.5")
    assert told(caplog) == []
    assert try_sign_in("ada@example.com", "203.0.113.5")
    assert told(caplog) == ["refused: too many tries at signing in, from 203.0.113.5"]


def test_one_of_a_kind_is_said_once_a_minute_with_how_many_came(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    now = [0.0]
    log = Refusals(lambda: now[0])
    for _ in range(5):
        log.note("x", "203.0.113.5")
    log.note("x", "203.0.113.6")
    now[0] = 60.0
    log.note("x", "203.0.113.5")
    assert told(caplog) == [
        "refused: x, from 203.0.113.5",
        "refused: x, from 203.0.113.6",
        "refused: x, from 203.0.113.5 (4 more since it was last said)",
    ]


def test_many_places_take_no_more_memory() -> None:
    log = Refusals()
    for number in range(MOST_KEPT + 10):
        log.note("x", str(number))
    assert len(log._said) == MOST_KEPT
