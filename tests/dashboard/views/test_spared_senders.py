"""A tool that gives up receivers which answer 4xx is told 200 of whatever it may send and we cannot use."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from dashboard.sources import SOURCES
from storage.model import document
from storage.model.entities import Connection
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.visiting import signature
from tests.factories import a_connection, a_team

BODY = json.dumps(workflow_run()).encode()


@pytest.fixture(autouse=True)
def spared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "github", replace(SOURCES["github"], ignores_unusable=True))


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id)


def post(connection: Connection, body: bytes = BODY, /, **meta: Any) -> Any:
    headers = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": signature(body)}
    given = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **meta}
    return Client().generic("POST", f"/hooks/github/{connection.id}", body, headers=headers, **given)


def outcomes(store: Store, connection: Connection) -> list[tuple[str, int, str, str]]:
    found = store.deliveries.list_of_connection(connection.id)
    return [(brief.outcome, brief.answer, brief.event, brief.reason) for brief in found]


def test_body_that_cannot_be_used_is_ignored_and_listed_as_rejected(store: Store, connection: Connection) -> None:
    answer = post(connection, b"{}")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ignored", "reason": "An object is needed: workflow_run"},
    )
    assert outcomes(store, connection) == [("rejected", 200, "workflow_run", "An object is needed workflow_run")]


@pytest.mark.parametrize(
    ("meta", "header"),
    [
        ({"CONTENT_TYPE": "text/html"}, "Content-Type"),
        ({"CONTENT_TYPE": "application/json; charset=utf-16"}, "Content-Type"),
        ({"HTTP_CONTENT_ENCODING": "gzip"}, "Content-Encoding"),
    ],
)
def test_headers_that_rule_a_post_out_are_ignored_with_the_reason(
    store: Store, connection: Connection, meta: dict[str, str], header: str
) -> None:
    answer = post(connection, **meta)
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert answer.json()["reason"].endswith(f": {header}")
    assert [(outcome, code) for outcome, code, _, _ in outcomes(store, connection)] == [("rejected", 200)]
    assert store.pipelines.list_board(connection.team_id) == []


@pytest.mark.parametrize("meta", [{"CONTENT_LENGTH": ""}, {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}])
def test_body_of_unknown_length_is_ignored_where_its_sender_is_known_without_it(
    store: Store, connection: Connection, meta: dict[str, str]
) -> None:
    """It reads as empty: a signature of nothing is one."""
    headers = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": signature(b"")}
    given: dict[str, Any] = {"CONTENT_TYPE": "application/json", **meta}
    answer = Client().generic("POST", f"/hooks/github/{connection.id}", BODY, headers=headers, **given)
    reason = "A Content-Length is needed: Content-Length"
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": reason})


@pytest.mark.parametrize(
    "meta",
    [{}, {"CONTENT_TYPE": "text/html"}, {"HTTP_CONTENT_ENCODING": "gzip"}, {"CONTENT_LENGTH": ""}],
    ids=str,
)
@pytest.mark.parametrize("body", [BODY, b"{"])
def test_sender_that_is_not_known_is_refused_whatever_it_sends(
    store: Store, connection: Connection, meta: dict[str, str], body: bytes
) -> None:
    headers = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": "sha256=0"}
    given: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": "application/json", **meta}
    answer = Client().generic("POST", f"/hooks/github/{connection.id}", body, headers=headers, **given)
    assert answer.status_code == 401
    assert {outcome for outcome, *_ in outcomes(store, connection)} == {"refused"}


def test_body_over_the_limit_is_refused_unread(connection: Connection, settings: Any) -> None:
    settings.MAX_BODY = len(BODY) - 1
    assert post(connection).status_code == 413


def test_connection_that_is_unknown_is_not_found(connection: Connection) -> None:
    assert post(document.replace(connection, id="0" * 32), CONTENT_TYPE="text/html").status_code == 404


def test_good_body_is_accepted_as_ever(connection: Connection) -> None:
    assert post(connection).status_code == 202
