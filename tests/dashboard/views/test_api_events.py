"""POST /api/v1/events: CDEvents with a token instead of a connection."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpRequest, UnreadablePostError
from django.test import Client, override_settings

from dashboard.auth.tokens import create_token
from dashboard.views.api import api
from dashboard.webhooks.ingest import Answer
from dashboard.webhooks.token_posts import connection_of
from storage.errors import Conflict, Throttled
from storage.model.accounts import Role, Scope
from storage.model.document import replace
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.dashboard.views.test_cdevents_webhook import envelope, headers_of, pipeline_run
from tests.dashboard.visiting import Visitor
from tests.factories import BY, a_member, a_team, administrator

STARTED = pipeline_run("started")


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def a_token(store: Store, team: Team | None, role: Role = Role.MANAGER, scope: Scope = Scope.INGEST) -> str:
    """Of somebody of that role, good for the team alone, or for all where none is given."""
    owner = a_member(store, team, role) if team else administrator(store)
    return create_token(owner, "events", BY, scopes=[scope], team_id=team.id if team else "")


def post(token: str, body: object = STARTED, kind: str = "application/json", query: str = "", **headers: str) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Authorization": f"Bearer {token}", **headers} if token else headers
    return Client().post(f"/api/v1/events{query}", raw, content_type=kind, headers=sent)


def board(store: Store, team: Team) -> list[tuple[str, Status]]:
    rows = [stored.row() for stored in store.pipelines.list_board(team.id)]
    return [(row.label, row.latest.status) for row in rows if row.latest]


@pytest.mark.parametrize(
    ("body", "kind", "headers"),
    [
        (STARTED, "application/json", {}),
        (STARTED, "application/json", headers_of(STARTED)),
        (envelope(STARTED), "application/cloudevents+json; charset=utf-8", {}),
        ([envelope(STARTED)], "application/cloudevents-batch+json", {}),
    ],
    ids=["bare", "binary", "structured", "batched"],
)
def test_event_is_accepted_in_every_mode_and_once(
    store: Store, team: Team, body: object, kind: str, headers: dict[str, str]
) -> None:
    token = a_token(store, team)
    answer = post(token, body, kind, **headers)
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "accepted", "delivery": "/shop/tekton r-1-started"},
    )
    assert board(store, team) == [("till-deploy", Status.RUNNING)]
    again = post(token, body, kind, **headers)
    assert (again.status_code, again.json()) == (200, {"status": "duplicate"})


def test_what_came_stands_on_a_connection_of_the_team(store: Store, team: Team) -> None:
    token = a_token(store, team)
    post(token)
    post(token, pipeline_run("paused"))
    post(token, {"context": {}})
    (connection,) = store.connections.list_of_team(team.id)
    assert (connection.name, connection.source) == ("Events by API token", "cdevents")
    noted = store.deliveries.list_of_connection(connection.id)
    assert sorted((one.answer, one.outcome) for one in noted) == [(200, "ignored"), (202, "applied"), (400, "rejected")]
    page = Visitor(store, administrator(store)).text(f"/manage/connections/{connection.id}")
    assert "pipelinerun.started" in page
    (entry,) = (one for one in store.audit.list_of_team(team.id).items if one.action == "connection.created")
    assert entry.target == "cdevents Events by API token"


def test_paused_connection_ignores_and_keeps_what_came(store: Store, team: Team) -> None:
    token = a_token(store, team)
    post(token)
    (connection,) = (store.connections.find(one.id) for one in store.connections.list_of_team(team.id))
    assert connection is not None
    store.connections.put(connection, replace(connection, paused=True), BY, "connection.paused")
    answer = post(token, pipeline_run("finished", outcome="success"))
    assert (answer.status_code, answer.json()["reason"]) == (200, "this connection is paused")


def test_connection_that_was_deleted_is_made_anew_with_the_next_event(store: Store, team: Team) -> None:
    token = a_token(store, team)
    post(token)
    (connection,) = store.connections.list_of_team(team.id)
    store.connections.delete(connection, BY)
    assert post(token, pipeline_run("finished", outcome="success")).status_code == 202
    assert len(store.connections.list_of_team(team.id)) == 1


def test_webhook_of_that_connection_takes_nothing_by_a_token(store: Store, team: Team) -> None:
    token = a_token(store, team)
    post(token)
    path = f"/hooks/cdevents/{connection_of(team.id)}"
    answer = Client().post(path, json.dumps(STARTED), content_type="application/json", headers={"X-Api-Key": token})
    assert answer.status_code == 401


def test_two_first_events_at_once_make_one_connection(
    store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = store.connections.create

    def slower(connection: Connection, by: Any) -> None:
        create(connection, by)
        raise Conflict("another was as early")

    monkeypatch.setattr(store.connections, "create", slower)
    assert post(a_token(store, team)).status_code == 202
    assert len(store.connections.list_of_team(team.id)) == 1


REFUSED = [
    (b"{", "application/json", 400, "$"),
    ({"context": {"type": "dev.cdevents.taskrun.started.0.3.0"}}, "application/json", 400, "context.timestamp"),
    ([STARTED, 7], "application/json", 400, "1"),
    (STARTED, "text/plain", 415, ""),
    (STARTED, "application/cloudevents+avro", 415, ""),
    (STARTED, "application/json; charset=latin-1", 415, ""),
]


@pytest.mark.parametrize(("body", "kind", "status", "path"), REFUSED)
def test_what_cannot_be_read_is_refused_in_the_shape_of_the_api(
    store: Store, team: Team, body: object, kind: str, status: int, path: str
) -> None:
    answer = post(a_token(store, team), body, kind)
    told = answer.json()
    assert (answer.status_code, told.get("path", "")) == (status, path)
    assert told["code"] == {400: "invalid", 415: "unsupported_media_type"}[status]
    assert told["message"]


def test_body_that_is_too_long_is_refused_unread(store: Store, team: Team) -> None:
    with override_settings(MAX_BODY=100):
        answer = post(a_token(store, team))
    assert (answer.status_code, answer.json()["code"], answer["Connection"]) == (413, "too_large", "close")


def test_batch_that_says_too_much_is_refused_alike(store: Store, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.views.api.events.take", lambda *_: Answer(413, {"message": "too much"}))
    assert post(a_token(store, team)).json() == {"message": "too much", "code": "too_large"}


def test_body_without_a_length_is_refused(store: Store, team: Team) -> None:
    token = a_token(store, team)
    headers = {"Authorization": f"Bearer {token}"}
    answer = Client().generic("POST", "/api/v1/events", b"{}", CONTENT_LENGTH="", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (411, "length_required")


def test_body_that_breaks_off_is_refused(store: Store, team: Team, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: HttpRequest) -> bytes:
        raise UnreadablePostError("gone")

    token = a_token(store, team)
    monkeypatch.setattr(HttpRequest, "body", property(broken))
    assert post(token).status_code == 400


@pytest.mark.parametrize("token", ["", "x" * 40])
def test_post_without_a_token_is_refused_and_nothing_is_kept(store: Store, team: Team, token: str) -> None:
    answer = post(token)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert store.connections.list_of_team(team.id) == []


@pytest.mark.parametrize(
    ("role", "scope"),
    [
        (Role.MANAGER, Scope.READ),
        (Role.MANAGER, Scope.MANAGE),
        (Role.MEMBER, Scope.INGEST),
        (Role.VIEWER, Scope.INGEST),
    ],
)
def test_token_of_another_scope_or_of_a_lower_role_may_not(store: Store, team: Team, role: Role, scope: Scope) -> None:
    answer = post(a_token(store, team, role, scope))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert store.connections.list_of_team(team.id) == []


def test_token_of_one_team_posts_for_no_other(store: Store, team: Team) -> None:
    other = a_team(store, "Ledger", "ledger")
    token = a_token(store, team)
    assert post(token, query="?team=ledger").status_code == 404
    assert post(token, query="?team=payments").status_code == 202
    assert (board(store, other), len(board(store, team))) == ([], 1)


def test_token_of_many_teams_says_whose_events_these_are(store: Store, team: Team) -> None:
    token = a_token(store, None)
    assert post(token).status_code == 202, "there is one team only"
    other = a_team(store, "Ledger", "ledger")
    answer = post(token, pipeline_run("started", "r-2"))
    assert (answer.status_code, "?team=" in answer.json()["message"]) == (400, True)
    assert post(token, pipeline_run("started", "r-2"), query="?team=ledger").status_code == 202
    assert post(token, query="?team=nobody").status_code == 404
    assert (len(board(store, team)), len(board(store, other))) == (1, 1)


def test_token_where_there_is_no_team_finds_none(store: Store) -> None:
    owner = administrator(store)
    found = [post(create_token(owner, "x", BY, scopes=[scope])) for scope in (Scope.INGEST, Scope.READ)]
    assert [answer.status_code for answer in found] == [404, 403]


def test_store_that_takes_nothing_is_told_to_the_sender(
    store: Store, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise Throttled("slow down")

    token = a_token(store, team)
    monkeypatch.setattr("storage.recording.recorder.Recorder.apply", full)
    answer = post(token)
    assert (answer.status_code, answer["Retry-After"], answer.json()["code"]) == (503, "5", "unavailable")


def test_call_is_documented_with_its_content_types_and_answers() -> None:
    told = api.get_openapi_schema()["paths"]["/api/v1/events"]["post"]
    assert "application/cloudevents+json" in told["requestBody"]["content"]
    assert {"200", "202", "400", "401", "403", "404", "413", "415", "503"} <= set(map(str, told["responses"]))
    assert [(one["name"], one["in"]) for one in told["parameters"]] == [("team", "query")]
