"""The connection page sends a test run, prints the same for a shell, and says where the URL cannot be reached."""

from __future__ import annotations

import html
import re

import pytest
from django.test import override_settings

from dashboard.sources import SOURCES
from storage.errors import Conflict, Unavailable
from storage.model.accounts import Role
from storage.model.document import replace
from storage.model.entities import Connection, Team
from storage.store import Store
from tests.dashboard.visiting import Visitor, text_of
from tests.factories import BY, a_connection, a_member, a_team

CURL = re.compile(r'<textarea class="input" id="curl"[^>]*>(.*?)</textarea>', re.DOTALL)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


@pytest.fixture(params=SOURCES)
def connection(store: Store, team: Team, request: pytest.FixtureRequest) -> Connection:
    return a_connection(store, team.id, request.param)


def page(connection: Connection) -> str:
    return f"/manage/connections/{connection.id}"


def test_button_puts_a_run_on_the_board(visitor: Visitor, team: Team, connection: Connection) -> None:
    assert "Send a test run" in visitor.text(page(connection))
    answer = visitor.post(f"{page(connection)}/test-run")
    assert answer.status_code == 200
    assert "Test run sent" in text_of(answer)
    assert f'href="/teams/{team.slug}"' in text_of(answer)
    assert "Test run" in visitor.text(f"/teams/{team.slug}")


def test_test_run_that_is_not_taken_says_why(
    visitor: Visitor, store: Store, team: Team, connection: Connection
) -> None:
    store.connections.put(connection, replace(connection, paused=True), BY, "connection.paused")
    answer = visitor.post(f"{page(connection)}/test-run")
    assert (answer.status_code, "this connection is paused" in text_of(answer)) == (409, True)
    assert store.pipelines.list_board(team.id) == []


def test_test_run_while_the_store_is_away_is_the_usual_page(
    visitor: Visitor, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr("storage.recording.recorder.Recorder.apply", away)
    assert visitor.post(f"{page(connection)}/test-run").status_code == 503


def test_line_holds_the_secret_only_where_it_was_just_made(visitor: Visitor, connection: Connection) -> None:
    for answer, shown in ((visitor.post(f"{page(connection)}/rotate"), True), (visitor.get(page(connection)), False)):
        text = text_of(answer)
        line = CURL.search(text)
        assert line is not None
        secret = re.search(r'id="secret" readonly value="([^"]+)"', text)
        assert (secret is not None) is shown
        assert (
            html.unescape(line[1]).splitlines()[1].startswith(f"SECRET={secret[1]}" if secret else "SECRET=${SECRET:?")
        )


def test_tool_that_takes_url_and_secret_in_one_is_given_them_so_while_the_secret_is_shown(
    visitor: Visitor, store: Store, team: Team
) -> None:
    connection = a_connection(store, team.id, "jenkins")
    made = text_of(visitor.post(f"{page(connection)}/rotate"))
    secret = re.search(r'id="secret" readonly value="([^"]+)"', made)
    assert secret is not None
    assert f'value="http://jenkins:{secret[1]}@' in made
    assert "urlOrId: &#x27;big-transit&#x27;" in made
    later = visitor.text(page(connection))
    assert secret[1] not in later
    assert 'id="address"' not in later


def test_who_may_only_look_is_shown_neither(store: Store, team: Team, connection: Connection) -> None:
    member = Visitor(store, a_member(store, team, Role.MEMBER))
    text = member.text(page(connection))
    assert "Send a test run" not in text
    assert "curl" not in text
    assert member.post(f"{page(connection)}/test-run").status_code == 403


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("http://127.0.0.1:8000", "it is good on this machine alone"),
        ("http://10.0.0.7", "in another network cannot reach"),
        ("https://transit.example.com", ""),
    ],
)
def test_url_that_the_tool_cannot_reach_is_said_to_be_one(
    visitor: Visitor, connection: Connection, base: str, said: str
) -> None:
    with override_settings(BASE_URL=base):
        text = " ".join(visitor.text(page(connection)).split())
    assert ("cannot reach this URL" in text) is bool(said)
    assert said in text


def test_test_run_of_a_connection_changed_at_the_same_moment_is_not_sent(
    visitor: Visitor, store: Store, team: Team, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(*_: object) -> None:
        raise Conflict("changed")

    monkeypatch.setattr(store.connections, "note_test_run", changed)
    assert visitor.post(f"{page(connection)}/test-run").status_code == 409
    assert store.pipelines.list_board(team.id) == []
