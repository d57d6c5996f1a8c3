"""Every session of a person is shown, and can be ended."""

from __future__ import annotations

import re

import pytest

from dashboard.auth.last_seen import EVERY_MS, last_seen
from dashboard.auth.sessions import open_sessions
from storage.errors import Unavailable
from storage.model.accounts import Session
from storage.store import Store
from storage.table import metered
from tests.dashboard.visiting import Visitor
from tests.factories import BY, MINUTE, NOW, Clock, administrator

HOUR = 60 * MINUTE
SHOWN = re.compile(r'name="session" value="(\w+)"')


def session(user_id: str, number: int, epoch: int = 0) -> Session:
    return Session(user_id, f"{number:064x}", epoch, NOW - number * 1000, NOW + HOUR, f"10.0.{number}.1", "Firefox/1")


def opened(visitor: Visitor, many: int) -> None:
    assert visitor.user is not None
    for number in range(1, many + 1):
        visitor.store.sessions.put(session(visitor.user.id, number), BY)


def hashes(visitor: Visitor) -> list[str]:
    found = visitor.store.users.find(visitor.user.id)  # type: ignore[union-attr]
    assert found is not None
    return [each.key_hash for each in open_sessions(found)]


def test_each_of_many_is_on_one_of_the_pages_newest_first(visitor: Visitor) -> None:
    opened(visitor, 130)
    pages = [visitor.text(f"/account?sessions={number}") for number in range(1, 8)]
    shown = [found for page in pages for found in SHOWN.findall(page)]
    assert len(shown) == len(set(shown)) == 131
    assert shown[1:] == [f"{number:064x}" for number in range(1, 131)]
    assert "this one" in pages[0]
    assert "131 browsers" in pages[0]
    assert "Page 7 of 7" in pages[6]
    assert "Older" not in pages[6]


@pytest.mark.parametrize(("wanted", "page"), [("0", 1), ("-1", 1), ("x", 1), ("²", 1), ("99", 2), ("9" * 30, 1)])
def test_page_there_is_none_of_is_the_first_or_the_last(visitor: Visitor, wanted: str, page: int) -> None:
    opened(visitor, 25)
    assert f"Page {page} of 2" in visitor.text(f"/account?sessions={wanted}")


def test_administrator_sees_all_of_them(visitor: Visitor) -> None:
    opened(visitor, 130)
    assert "131 open" in visitor.text(f"/manage/people/{visitor.user.id}")  # type: ignore[union-attr]


def test_any_can_be_ended_this_one_too(visitor: Visitor) -> None:
    opened(visitor, 2)
    this, *others = SHOWN.findall(visitor.text("/account"))
    assert visitor.post("/account/sessions/end", {"session": others[1]}).status_code == 303
    assert sorted(hashes(visitor)) == sorted([this, others[0]])
    assert visitor.post("/account/sessions/end", {"session": this}).status_code == 303
    assert visitor.get("/account").status_code == 302


@pytest.mark.parametrize("word", ["", "x", "f" * 64, "a#b", "é" * 64])
def test_one_there_is_none_of_is_not_found(visitor: Visitor, word: str) -> None:
    assert visitor.post("/account/sessions/end", {"session": word}).status_code == 404


def test_all_others_end_however_many_and_this_one_goes_on(visitor: Visitor, store: Store) -> None:
    opened(visitor, 130)
    assert visitor.post("/account/sessions/end-others").status_code == 303
    text = visitor.text("/account")
    assert len(SHOWN.findall(text)) == 1
    assert "this one" in text
    assert "End all others" not in text
    topics = {topic for change in store.changes.list_since(NOW - 1000, NOW) for topic in change.topics}
    assert f"reader:{visitor.user.id}" in topics  # type: ignore[union-attr]
    assert f"session:{1:064x}" in topics
    assert "sessions.ended" in {entry.action for entry in store.audit.list_all(200).items}


def test_session_of_before_a_sign_out_everywhere_is_not_shown(visitor: Visitor, store: Store) -> None:
    user = administrator_of(visitor)
    store.sessions.put(session(user, 1, epoch=7), BY)
    assert len(SHOWN.findall(visitor.text("/account"))) == 1


def administrator_of(visitor: Visitor) -> str:
    assert visitor.user is not None
    return visitor.user.id


def test_last_use_is_noted_aside_and_not_each_time(visitor: Visitor, store: Store, clock: Clock) -> None:
    clock.move(EVERY_MS - 1)
    visitor.get("/account")
    last_seen.write(store)
    assert [each.seen_at for each in store.sessions.list_of_user(administrator_of(visitor))] == [0]
    clock.move(1)
    with metered() as meter:
        visitor.get("/")
    assert meter.operations == ["batch_get", "query"]
    last_seen.write(store)
    assert [each.seen_at for each in store.sessions.list_of_user(administrator_of(visitor))] == [NOW + EVERY_MS]
    visitor.get("/")
    with metered() as meter:
        last_seen.write(store)
    assert meter.operations == []


def test_session_that_ended_is_not_opened_again_by_noting_it(visitor: Visitor, store: Store, clock: Clock) -> None:
    clock.move(EVERY_MS)
    visitor.get("/")
    (only,) = hashes(visitor)
    store.sessions.delete(administrator_of(visitor), only, BY)
    last_seen.write(store)
    assert store.sessions.list_of_user(administrator_of(visitor)) == []


def test_what_could_not_be_noted_is_noted_the_next_time(
    visitor: Visitor, store: Store, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock.move(EVERY_MS)
    visitor.get("/")

    def gone(*_: object, **__: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(store.table.engine, "get", gone)
    with pytest.raises(Unavailable):
        last_seen.write(store)
    monkeypatch.undo()
    last_seen.write(store)
    assert [each.seen_at for each in store.sessions.list_of_user(administrator_of(visitor))] == [NOW + EVERY_MS]


def test_others_end_whatever_was_changed_of_the_person_meanwhile(store: Store) -> None:
    user = administrator(store)
    store.sessions.put(session(user.id, 1), BY)
    store.sessions.put(session(user.id, 2), BY)
    store.users.rename(user, "Another name", BY)
    after = store.users.end_other_sessions(user, BY, f"{1:064x}")
    assert [each.key_hash for each in open_sessions(after)] == [f"{1:064x}"]
    assert after.name == "Another name"
