"""Dead letters as the pages of a connection show them, and their replay."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.views.manage import connections
from dashboard.webhooks import inbox, posts
from storage import keys
from storage.errors import TooLarge
from storage.keys import execution_id
from storage.model.accounts import Role
from storage.model.deliveries import PENDING
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import NOW, a_connection, a_member, a_team, delivery, execution_changed

HEADERS = {"x-github-event": "workflow_run", "x-github-delivery": "d-1", "content-type": "application/json"}


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture
def connection(store: Store, team: Team) -> Connection:
    return a_connection(store, team.id)


def a_dead_letter(store: Store, connection: Connection, key: str = "d-1", *, kept: bool = True) -> None:
    post = posts.pack(HEADERS, json.dumps(workflow_run()).encode(), tuple(HEADERS)) if kept else ""
    waiting = delivery(key, connection.id, outcome=PENDING, team_id=connection.team_id, post=post)
    store.deliveries.accept(replace(waiting, events=(execution_changed(),)))
    entries = store.deliveries.list_pending(keys.inbox_shard(key), NOW)
    assert store.deliveries.bury(next(entry for entry in entries if entry.key == key), "RuntimeError: a bug")


def page(visitor: Visitor, connection: Connection) -> str:
    return visitor.text(f"/manage/connections/{connection.id}")


def replay(visitor: Visitor, connection: Connection, key: str = "d-1") -> tuple[int, str, str]:
    answer = visitor.post(f"/manage/connections/{connection.id}/replay", {"delivery": key})
    text = text_of(answer)
    return answer.status_code, re.findall(r'banner__words">([^<]*)<', text)[0], text


def test_page_shows_dead_letters_with_their_reason_however_many_came_after(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    assert "Dead letters" not in page(visitor, connection)
    a_dead_letter(store, connection)
    for number in range(60):
        store.deliveries.note(delivery(f"n-{number}", connection.id, received_at=NOW + 1 + number))
    text = page(visitor, connection)
    assert "Dead letters" in text
    assert "RuntimeError: a bug" in text
    assert ("1 dead" in text, "Some deliveries could not be applied" in text) == (True, True)
    assert "1 dead" in visitor.text(f"/manage/connections/{connection.id}/check")
    assert "1 dead letter<" in visitor.text(f"/manage/teams/{connection.team_id}/connections")


def test_page_of_another_connection_shows_none(visitor: Visitor, store: Store, connection: Connection) -> None:
    a_dead_letter(store, connection)
    other = a_connection(store, connection.team_id)
    assert "Dead letters" not in page(visitor, other)


def test_page_says_how_many_dead_letters_it_does_not_show(
    visitor: Visitor, store: Store, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_DEAD", 2)
    for number in range(3):
        a_dead_letter(store, connection, f"d-{number}")
    assert "the newest 2 of 3" in page(visitor, connection)


@pytest.mark.parametrize("kept", [True, False])
def test_dead_letter_is_replayed_audited_and_gone(
    visitor: Visitor, store: Store, connection: Connection, kept: bool
) -> None:
    a_dead_letter(store, connection, kept=kept)
    status, said, text = replay(visitor, connection)
    assert (status, said) == (200, "Replayed: the run was changed by it.")
    assert "Dead letters" not in text
    assert store.executions.find(execution_id(connection.team_id, "github", "5001")) is not None
    assert [entry.action for entry in store.audit.list_all().items].count("delivery.replayed") == 1
    brief = store.deliveries.find_brief(connection.id, "d-1")
    assert brief is not None
    assert (brief.outcome, brief.reason) == ("applied", "replayed")
    assert store.deliveries.count_dead(connection.team_id) == {}


@pytest.mark.parametrize(
    ("error", "words"), [(TooLarge("400 KB"), inbox.FULL), (RuntimeError("a bug"), "RuntimeError: a bug")]
)
def test_replay_that_fails_again_says_why_and_leaves_it(
    visitor: Visitor, store: Store, connection: Connection, monkeypatch: pytest.MonkeyPatch,
    error: Exception, words: str,
) -> None:  # fmt: skip
    a_dead_letter(store, connection)

    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store.recorder, "apply", fail)
    status, said, text = replay(visitor, connection)
    assert (status, said) == (409, f"Not replayed: {words}.")
    assert "Dead letters" in text


def test_viewer_may_not_see_and_member_may_replay(store: Store, team: Team, connection: Connection) -> None:
    a_dead_letter(store, connection)
    path = f"/manage/connections/{connection.id}"
    viewer, member = (Visitor(store, a_member(store, team, role)) for role in (Role.VIEWER, Role.MEMBER))
    assert viewer.get(path).status_code == 403
    assert viewer.post(f"{path}/replay", {"delivery": "d-1"}).status_code == 403
    assert replay(member, connection)[0] == 200
