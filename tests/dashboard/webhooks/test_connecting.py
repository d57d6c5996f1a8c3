"""Connections over their life: rotated, paused, replayed, sealed under another key, deleted."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from dashboard.auth.sealing import unseal
from dashboard.webhooks.connecting import OVERLAP_HOURS
from dashboard.webhooks.ingest import PAUSED
from dashboard.webhooks.receive import CONNECTION_SECONDS
from storage.errors import Conflict
from storage.keys import execution_id
from storage.model.entities import Connection, Execution, Status
from storage.store import Store
from tests.dashboard.bodies import pipeline_changed, workflow_run
from tests.dashboard.visiting import Visitor, post_github, signature, text_of
from tests.factories import MINUTE, NOW, SECRET, Clock, a_connection, a_team

OVERLAP = OVERLAP_HOURS * 3_600_000
SHOWN = re.compile(r'id="secret" readonly value="([^"]+)"')
KEY, OTHER_KEY = "the-first-signing-key-of-this-test-0001", "the-second-signing-key-of-this-test-002"


class Process:
    """A process whose own time a test moves on: it remembers connections for ten seconds."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 1000.0
        monkeypatch.setattr("dashboard.webhooks.receive.time", SimpleNamespace(monotonic=lambda: self.seconds))

    def forgets(self) -> None:
        self.seconds += CONNECTION_SECONDS


@pytest.fixture(autouse=True)
def process(monkeypatch: pytest.MonkeyPatch) -> Process:
    return Process(monkeypatch)


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id, name="acme")


def page(connection: Connection) -> str:
    return f"/manage/connections/{connection.id}"


def post(connection: Connection, secret: str = SECRET, key: str = "", number: int = 5001, **run: Any) -> int:
    body = json.dumps(workflow_run(number, **run)).encode()
    answer = post_github(connection, body, key=key, **{"X-Hub-Signature-256": signature(body, secret)})
    return int(answer.status_code)


def rotated(visitor: Visitor, connection: Connection) -> str:
    """The new secret, from the page that shows it once."""
    answer = visitor.post(f"{page(connection)}/rotate")
    assert answer.status_code == 200
    (secret,) = SHOWN.findall(text_of(answer))
    assert secret not in visitor.text(page(connection))
    return str(secret)


def execution(store: Store, connection: Connection, number: int = 5001) -> Execution | None:
    return store.executions.find(execution_id(connection.team_id, "github", str(number)))


# Rotation


def test_old_secret_works_until_the_overlap_ends_and_not_a_second_longer(
    visitor: Visitor, connection: Connection, clock: Clock, process: Process
) -> None:
    assert post(connection) == 202
    new = rotated(visitor, connection)
    assert (post(connection), post(connection, new)) == (202, 202)
    process.forgets()
    clock.move(OVERLAP - 1)
    assert (post(connection), post(connection, new)) == (202, 202)
    clock.move(1)
    assert (post(connection), post(connection, new)) == (401, 202)
    process.forgets()
    assert (post(connection), post(connection, new)) == (401, 202)


def test_new_secret_works_at_once_where_the_connection_is_remembered(
    visitor: Visitor, connection: Connection, process: Process
) -> None:
    assert post(connection) == 202
    new = rotated(visitor, connection)
    assert post(connection, new) == 202
    process.seconds += 1
    assert post(connection, "a-secret-of-nobody") == 401


def test_page_says_how_long_the_old_secret_works(visitor: Visitor, connection: Connection, clock: Clock) -> None:
    rotated(visitor, connection)
    assert "the one before works until" in visitor.text(page(connection))
    clock.move(OVERLAP)
    assert "the one before works until" not in visitor.text(page(connection))


def test_secret_that_is_rotated_twice_is_over_and_the_one_between_is_not(
    visitor: Visitor, connection: Connection, clock: Clock, process: Process
) -> None:
    first = rotated(visitor, connection)
    clock.move(MINUTE)
    second = rotated(visitor, connection)
    process.forgets()
    assert [post(connection, secret) for secret in (SECRET, first, second)] == [401, 202, 202]
    clock.move(OVERLAP)
    assert [post(connection, secret) for secret in (first, second)] == [401, 202]


def test_key_of_codepipeline_is_rotated_alike(visitor: Visitor, store: Store, clock: Clock, process: Process) -> None:
    connection = a_connection(store, a_team(store).id, "codepipeline")

    def sent(key: str) -> int:
        path, headers = f"/hooks/codepipeline/{connection.id}", {"X-Api-Key": key}
        return int(Client().post(path, pipeline_changed(), "application/json", headers=headers).status_code)

    new = rotated(visitor, connection)
    assert (sent(SECRET), sent(new)) == (202, 200)
    clock.move(OVERLAP)
    assert (sent(SECRET), sent(new)) == (401, 200)


def test_second_of_two_who_rotate_at_once_is_told_and_shown_no_secret(
    visitor: Visitor, store: Store, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(*_: object) -> None:
        raise Conflict("somebody else was first")

    monkeypatch.setattr(store.connections, "put", lose)
    for action in ("rotate", "pause"):
        answer = visitor.post(f"{page(connection)}/{action}", {"paused": "1"})
        assert (answer.status_code, SHOWN.findall(text_of(answer))) == (409, [])
        assert "Somebody changed this connection meanwhile" in text_of(answer)
    assert store.connections.find(connection.id) == connection


# Pause and replay


def pause(visitor: Visitor, connection: Connection, process: Process, *, resume: bool = False) -> None:
    assert visitor.post(f"{page(connection)}/pause", {} if resume else {"paused": "1"}).status_code == 303
    process.forgets()


def replay(visitor: Visitor, connection: Connection, key: str) -> tuple[int, str]:
    answer = visitor.post(f"{page(connection)}/replay", {"delivery": key})
    said = re.findall(r'role="status"><span class="banner__words">([^<]*)<', text_of(answer))
    return answer.status_code, said[0] if said else ""


def test_paused_connection_takes_posts_and_applies_none(
    visitor: Visitor, store: Store, connection: Connection, process: Process
) -> None:
    pause(visitor, connection, process)
    answer = post_github(connection, workflow_run(), key="d-1")
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": PAUSED})
    assert PAUSED == "this connection is paused"
    assert execution(store, connection) is None
    brief = store.deliveries.find_brief(connection.id, "d-1")
    assert brief is not None
    assert (brief.outcome, brief.reason, brief.replayable) == ("ignored", PAUSED, True)
    assert post(connection, "a-secret-of-nobody") == 401
    text = visitor.text(page(connection))
    assert "Paused" in text
    assert PAUSED in text


def test_resumed_connection_goes_on(visitor: Visitor, store: Store, connection: Connection, process: Process) -> None:
    pause(visitor, connection, process)
    pause(visitor, connection, process, resume=True)
    assert post(connection) == 202
    assert execution(store, connection) is not None


def test_delivery_of_a_pause_is_applied_when_replayed(
    visitor: Visitor, store: Store, connection: Connection, process: Process
) -> None:
    pause(visitor, connection, process)
    post(connection, key="d-1")
    pause(visitor, connection, process, resume=True)
    assert replay(visitor, connection, "d-1") == (200, "Replayed: the run was changed by it.")
    found = execution(store, connection)
    assert found is not None
    assert found.status is Status.RUNNING
    brief = store.deliveries.find_brief(connection.id, "d-1")
    assert brief is not None
    assert (brief.outcome, brief.reason, brief.execution_id) == ("applied", "replayed", found.id)
    assert replay(visitor, connection, "d-1")[1] == "Replayed: nothing new in it, the run stands as it was."


def test_replay_of_what_was_applied_changes_nothing(
    visitor: Visitor, store: Store, connection: Connection, clock: Clock
) -> None:
    post(connection, key="d-1")
    clock.move(MINUTE)
    post(connection, key="d-2", status="completed", conclusion="success", at=NOW + MINUTE)
    before = execution(store, connection)
    board = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    for key in ("d-1", "d-2", "d-1"):
        assert replay(visitor, connection, key) == (200, "Replayed: nothing new in it, the run stands as it was.")
    assert execution(store, connection) == before
    assert [stored.row() for stored in store.pipelines.list_board(connection.team_id)] == board
    assert [entry.action for entry in store.audit.list_all().items].count("delivery.replayed") == 3


def test_replay_of_what_says_nothing_to_us_says_so(visitor: Visitor, connection: Connection, process: Process) -> None:
    pause(visitor, connection, process)
    post_github(connection, {}, "ping", key="d-ping")
    assert replay(visitor, connection, "d-ping") == (200, "Replayed: there is nothing in it for us.")


def test_delivery_of_which_nothing_is_kept_is_not_replayed(visitor: Visitor, connection: Connection) -> None:
    post_github(connection, {}, "ping", key="d-ping")
    post_github(connection, b"[]", key="d-array")
    assert replay(visitor, connection, "d-ping") == (409, "Not replayed: Nothing is kept of this delivery.")
    for key in ("none", "", "x" * 5000, "a#b", "é"):
        assert replay(visitor, connection, key)[0] == 404


def test_delivery_of_one_connection_is_not_replayed_through_another(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    other = a_connection(store, a_team(store, "Ledger", "ledger").id)
    post(connection, key="d-1")
    assert replay(visitor, other, "d-1")[0] == 404
    assert execution(store, other) is None


# Another signing key


def keys(settings: Any, key: str, *fallbacks: str) -> None:
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = key, list(fallbacks)


def unreadable(visitor: Visitor, connection: Connection) -> bool:
    text = visitor.text(page(connection))
    return "Secret unreadable" in text and "cannot be read with the present signing key" in text


def test_webhooks_outlive_a_new_signing_key_and_then_the_old_one(
    visitor: Visitor, store: Store, settings: Any, clock: Clock, process: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    keys(settings, KEY)
    team = a_team(store)
    connection, rotating = a_connection(store, team.id), a_connection(store, team.id, name="two")
    new = rotated(visitor, rotating)
    used = [(connection, SECRET), (rotating, SECRET), (rotating, new)]
    keys(settings, OTHER_KEY, KEY)
    process.forgets()
    assert [post(*each) for each in used] == [202, 202, 202]
    call_command("rotate_keys")
    assert "2 connections sealed under the present key." in capsys.readouterr().out
    call_command("rotate_keys")
    keys(settings, OTHER_KEY)
    process.forgets()
    assert [post(*each) for each in used] == [202, 202, 202]
    assert not unreadable(visitor, rotating)
    clock.move(OVERLAP)
    assert [post(*each) for each in used] == [202, 401, 202]


def test_without_the_old_key_everything_is_refused_and_said_so(
    visitor: Visitor, store: Store, settings: Any, process: Process
) -> None:
    keys(settings, KEY)
    connection = a_connection(store, a_team(store).id)
    assert post(connection) == 202
    keys(settings, OTHER_KEY)
    for secret in (SECRET, "", "None"):
        assert post(connection, secret) == 401
    assert unreadable(visitor, connection)
    with pytest.raises(CommandError, match="1 cannot be opened with any key given"):
        call_command("rotate_keys")
    new = rotated(visitor, connection)
    process.seconds += 1  # it looks again once a second
    assert not unreadable(visitor, connection)
    assert [post(connection, secret) for secret in (SECRET, new, "")] == [401, 202, 401]


def test_keys_are_rotated_while_somebody_changes_the_connection(
    store: Store, settings: Any, connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, lost = store.connections.put, list[int]()

    def lose_twice(*args: Any) -> Connection:
        if len(lost) < 2:
            lost.append(1)
            raise Conflict("somebody else was first")
        return put(*args)

    monkeypatch.setattr(store.connections, "put", lose_twice)
    keys(settings, OTHER_KEY, settings.SECRET_KEY)
    call_command("rotate_keys")
    keys(settings, OTHER_KEY)
    kept = store.connections.find(connection.id)
    assert kept is not None
    assert unseal(kept.secret) == SECRET


def test_keys_of_more_connections_than_one_read_lists_are_rotated(
    store: Store, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    keys(settings, KEY)
    team = a_team(store)
    ids = [a_connection(store, team.id, created_at=NOW + place).id for place in range(230)]
    keys(settings, OTHER_KEY, KEY)
    call_command("rotate_keys")
    assert "230 connections sealed under the present key." in capsys.readouterr().out
    keys(settings, OTHER_KEY)
    found = store.connections.find_all(ids)
    assert [each.id for each in found] == ids
    assert {unseal(each.secret) for each in found} == {SECRET}


# Its end


def test_deleted_connection_is_not_found_by_its_tool_nor_by_anybody(
    visitor: Visitor, store: Store, connection: Connection, process: Process
) -> None:
    post(connection)
    assert visitor.post(f"{page(connection)}/delete", {"confirm": "Acme"}).status_code == 400
    assert visitor.post(f"{page(connection)}/delete", {"confirm": "acme"}).status_code == 303
    process.forgets()
    assert post(connection) == 404
    assert visitor.get(page(connection)).status_code == 404
    assert visitor.get(f"{page(connection)}/check").status_code == 404
    assert execution(store, connection) is not None
