"""CONTRACT section 5, call by call."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from storage.errors import Unavailable
from storage.store import Store
from tests.dashboard.views.town import Town
from tests.dashboard.visiting import signature
from tests.factories import BY, SHA, a_team, a_user, administrator

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
NAME_NEEDED = "Name is required and must be a non-empty string"


class Script:
    def __init__(self, token: str) -> None:
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else b""
        return Client().generic(method, f"/api/v1{path}", data, content_type="application/json", headers=self.headers)


@pytest.fixture
def script(store: Store) -> Script:
    return Script(create_token(administrator(store), "a script", BY))


def test_team_is_created(script: Script) -> None:
    answer = script("POST", "/teams", {"name": " Payments "})
    assert answer.status_code == 201
    team = answer.json()
    assert list(team) == ["id", "name", "slug", "createdAt", "updatedAt"]
    assert UUID4.fullmatch(team["id"])
    assert (team["name"], team["slug"]) == ("Payments", "payments")
    assert team["createdAt"] == team["updatedAt"] == "2026-11-23T12:00:00.000Z"
    assert script("GET", f"/teams/{team['id']}").json() == team
    assert script("GET", "/teams").json() == {"items": [team], "next": None}


@pytest.mark.parametrize("body", [{}, {"name": ""}, {"name": "  "}, {"name": None}, {"name": 5}, {"name": ["x"]}])
def test_team_without_a_name_is_refused_in_these_words(script: Script, body: dict[str, Any]) -> None:
    answer = script("POST", "/teams", body)
    assert (answer.status_code, answer.json()["message"]) == (400, NAME_NEEDED)
    assert set(answer.json()) == {"message", "code"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "QUERY"])
def test_method_that_is_not_taken_is_refused_in_the_one_error_shape(script: Script, method: str) -> None:
    answer = script(method, "/teams")
    assert (answer.status_code, set(answer.headers["Allow"].split(", "))) == (405, {"GET", "POST"})
    assert answer.json()["code"] == "method_not_allowed"
    assert set(answer.json()) == {"message", "code"}
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff"])
def test_body_that_is_no_object_is_400(script: Script, body: bytes) -> None:
    answer = script("POST", "/teams", body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "code"}


def test_teams_of_one_name_get_addresses_of_their_own(script: Script) -> None:
    slugs = [script("POST", "/teams", {"name": "Payments"}).json()["slug"] for _ in range(3)]
    assert slugs == ["payments", "payments-2", "payments-3"]
    slugs = [script("POST", "/teams", {"name": name}).json()["slug"] for name in ("支付", "!!!")]
    assert slugs == ["team-5d3ba34c", "team"]


@pytest.mark.parametrize("team_id", ["none", "00000000-0000-4000-8000-000000000000", "a%23b", "%00"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_team_that_is_not_there_is_not_found(script: Script, team_id: str, method: str) -> None:
    answer = script(method, f"/teams/{team_id}", {"name": "x"})
    assert (answer.status_code, answer.json()["message"]) == (404, "Team not found")


def test_team_is_renamed_and_keeps_its_address(script: Script, clock: Any) -> None:
    team = script("POST", "/teams", {"name": "Payments"}).json()
    clock.move(60_000)
    answer = script("PATCH", f"/teams/{team['id']}", {"name": "Checkout"})
    assert answer.status_code == 200
    assert answer.json() == {**team, "name": "Checkout", "updatedAt": "2026-11-23T12:01:00.000Z"}
    assert script("PATCH", f"/teams/{team['id']}", {"name": ""}).json()["message"] == NAME_NEEDED


def test_team_is_removed_with_an_empty_answer(script: Script) -> None:
    team = script("POST", "/teams", {"name": "Payments"}).json()
    answer = script("DELETE", f"/teams/{team['id']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert script("GET", f"/teams/{team['id']}").status_code == 404
    assert script("POST", "/teams", {"name": "Payments"}).json()["slug"] == "payments"


def test_connection_is_made_with_a_secret_that_signs(script: Script, store: Store) -> None:
    team = a_team(store)
    answer = script("POST", f"/teams/{team.id}/connections", {"source": "github"})
    assert answer.status_code == 201
    made = answer.json()
    assert list(made) == ["id", "source", "webhookUrl", "secret"]
    assert len(made["secret"]) >= 16
    path = made["webhookUrl"].partition("/hooks/")
    signed = {"X-GitHub-Event": "ping", "X-Hub-Signature-256": signature(b"{}", made["secret"])}
    posted = Client().post(f"/hooks/{path[2]}", b"{}", content_type="application/json", headers=signed)
    assert posted.json()["status"] == "ignored"


def test_given_secret_is_taken(script: Script, store: Store) -> None:
    body = {"source": "codepipeline", "secret": "sixteen-letters!"}
    answer = script("POST", f"/teams/{a_team(store).id}/connections", body)
    assert (answer.status_code, answer.json()["secret"]) == (201, "sixteen-letters!")


@pytest.mark.parametrize(
    "body",
    [{}, {"source": "x"}, {"source": 5}, {"source": "github", "secret": "short"}, {"source": "github", "secret": 5}],
)
def test_connection_that_cannot_be_is_refused(script: Script, store: Store, body: dict[str, Any]) -> None:
    team = a_team(store)
    answer = script("POST", f"/teams/{team.id}/connections", body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert store.connections.list_of_team(team.id) == []


def test_connection_of_no_team_is_not_found(script: Script) -> None:
    answer = script("POST", "/teams/none/connections", {"source": "github"})
    assert (answer.status_code, answer.json()["message"]) == (404, "Team not found")


def test_pipelines_of_a_team_are_what_its_board_shows(script: Script, town: Town) -> None:
    items = script("GET", f"/teams/{town.team.id}/pipelines").json()["items"]
    assert [item["name"] for item in items] == ["cart · CI", "checkout · CI", "gift · CI", "tax · CI"]
    latest = items[2]["latestExecution"]
    assert latest["status"] == "failed"
    assert [stage["name"] for stage in latest["stages"]] == ["build", "test", "deploy production"]
    assert latest["stages"][2]["status"] == "failed"


def test_execution_has_its_stages_actions_and_times(script: Script, town: Town) -> None:
    found = script("GET", f"/executions/{town.red}").json()
    assert (found["status"], found["attempt"], found["commit"], found["externalId"]) == ("failed", 1, SHA, "210")
    assert found["queuedAt"] < found["startedAt"] < found["finishedAt"]
    assert all(value.endswith("Z") for value in (found["queuedAt"], found["finishedAt"]))
    assert [action["name"] for action in found["stages"][0]["actions"]] == ["build"]
    assert found["url"].startswith("https://")


def test_executions_of_a_pipeline_come_newest_first_page_by_page(script: Script, town: Town) -> None:
    path = f"/pipelines/{town.pipeline}/executions"
    first = script("GET", f"{path}?limit=4").json()
    rest = script("GET", f"{path}?limit=4&cursor={first['next']}").json()
    assert [item["externalId"] for item in first["items"] + rest["items"]] == [
        "110",
        "105",
        "104",
        "103",
        "102",
        "101",
        "100",
    ]
    assert rest["next"] is None
    assert script("GET", f"/pipelines/{town.pipeline}").json()["name"] == "checkout · CI"


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=-1", "limit=abc", "limit=1000000000000"])
def test_limit_out_of_bounds_is_refused(script: Script, town: Town, query: str) -> None:
    answer = script("GET", f"/pipelines/{town.pipeline}/executions?{query}")
    assert answer.status_code == 400
    assert set(answer.json()) == {"message", "code"}


def test_cursor_of_another_list_is_refused_in_the_one_error_shape(script: Script, town: Town) -> None:
    cursor = script("GET", f"/pipelines/{town.pipeline}/executions?limit=1").json()["next"]
    for odd in ("x", cursor[:-1], "%00"):
        answer = script("GET", f"/pipelines/{town.pipeline}/executions?cursor={odd}")
        assert answer.status_code in (400, 404)
        assert set(answer.json()) == {"message", "code"}
    assert script("GET", f"/commits/{SHA}?cursor={cursor}").status_code in (400, 404)


def test_commit_lists_its_executions(script: Script, town: Town) -> None:
    found = script("GET", f"/commits/{SHA[:7]}?limit=100").json()["items"]
    assert {town.red, town.green, town.moving} <= {item["id"] for item in found}
    assert script("GET", "/commits/abc").status_code == 400


NOT_FOUND = [
    "/executions/none",
    "/executions/" + "%23" * 32,
    "/pipelines/none",
    "/pipelines/" + "%23" * 32,
    "/pipelines/" + "0" * 32 + "/executions",
    "/nothing",
]


@pytest.mark.parametrize("path", NOT_FOUND)
def test_what_is_not_there_is_404_in_the_one_error_shape(script: Script, path: str) -> None:
    answer = script("GET", path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"message", "code"}


@pytest.mark.parametrize("token", ["", "x", "x" * 40, "bt_" + "0" * 8 + "_" + "x" * 43, "é" * 40])
def test_wrong_token_is_401_in_the_one_error_shape(store: Store, token: str) -> None:
    answer = Script(token)("GET", "/teams")
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert set(answer.json()) == {"message", "code"}


def test_token_of_a_disabled_user_is_dead(store: Store) -> None:
    token = create_token(a_user(store, is_active=False), "old", BY)
    assert Script(token)("GET", "/teams").status_code == 401


def test_token_of_a_reader_reads_and_changes_nothing(store: Store) -> None:
    reader, team = Script(create_token(a_user(store), "reader", BY)), a_team(store)
    assert reader("GET", f"/teams/{team.id}").status_code == 200
    for method, path in (("POST", "/teams"), ("PATCH", f"/teams/{team.id}"), ("DELETE", f"/teams/{team.id}")):
        assert reader(method, path, {"name": "x"}).status_code == 403
    assert reader("POST", f"/teams/{team.id}/connections", {"source": "github"}).status_code == 403
    assert store.teams.get(team.id).team == team


def test_store_out_of_reach_is_503(script: Script, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise Unavailable("gone")

    monkeypatch.setattr(store.table.engine, "query", refuse)
    answer = script("GET", "/teams")
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
