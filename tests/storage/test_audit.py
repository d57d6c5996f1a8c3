"""What is refused, in the audit log, on every engine."""

from __future__ import annotations

import pytest

from storage.errors import Unavailable
from storage.model.document import replace
from storage.store import Store
from storage.table import Table
from tests.factories import BY, Clock


@pytest.fixture
def store(table: Table) -> Store:
    return Store(table)


def test_what_is_refused_again_and_again_is_noted_once_an_hour_and_counted(store: Store, clock: Clock) -> None:
    other = replace(BY, user_id="u2", name="Somebody else")
    for _ in range(300):
        store.audit.put_refused(BY, "request.post", "/manage")
    store.audit.put_refused(BY, "request.post", "/manage/people")
    store.audit.put_refused(other, "request.post", "/manage")
    assert len(store.audit.list_all(limit=100).items) == 3
    clock.move(3_600_000)
    store.audit.put_refused(BY, "request.post", "/manage")
    newest = store.audit.list_all().items[0]
    assert (newest.target, newest.after) == ("/manage", (("more before", "299"),))


def test_refusal_that_could_not_be_noted_is_noted_the_next_time(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("gone")

    with monkeypatch.context() as gone:
        gone.setattr(store.table.engine, "write", fail)
        with pytest.raises(Unavailable):
            store.audit.put_refused(BY, "request.post", "/manage")
    store.audit.put_refused(BY, "request.post", "/manage")
    assert len(store.audit.list_all().items) == 1
