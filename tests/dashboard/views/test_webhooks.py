"""CONTRACT section 4, line by line: what a webhook post is answered, and what is kept of it."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from storage import keys
from storage.errors import Throttled, Unavailable
from storage.model.document import replace
from storage.model.entities import Connection, Status
from storage.store import Store
from storage.table import metered
from tests.dashboard.bodies import pipeline_changed, workflow_run
from tests.dashboard.visiting import Visitor, post_github, signature
from tests.factories import BY, NOW, SECRET, a_connection, a_team, execution_changed, stored_items

BODY = json.dumps(workflow_run()).encode()


@pytest.fixture
def github(store: Store) -> Connection:
    return a_connection(store, a_team(store).id)


@pytest.fixture
def codepipeline(store: Store) -> Connection:
    return a_connection(store, a_team(store, "Ledger", "ledger").id, "codepipeline")


def post(path: str, body: bytes = BODY, /, content_type: str = "application/json", **headers: str) -> Any:
    own = {"X-GitHub-Event": "workflow_run", "X-GitHub-Delivery": "d-1", "X-Hub-Signature-256": signature(body)}
    kept = {name: value for name, value in {**own, **headers}.items() if value}
    meta: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": content_type}
    return Client().generic("POST", path, body, headers=kept, **meta)


def everything(store: Store) -> str:
    return "".join(map(str, stored_items(store)))


def test_signed_event_is_accepted_and_on_the_board(store: Store, github: Connection) -> None:
    answer = post(f"/hooks/github/{github.id}")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "delivery": "d-1"})
    (row,) = store.pipelines.list_board(github.team_id)
    assert row.row().name == "checkout · CI"


def test_event_costs_the_connection_once_then_one_read_and_one_transaction(store: Store, github: Connection) -> None:
    """Of a pipeline that is known: a new one is named among its neighbours. Former keys are looked for once."""
    store.recorder.apply(github.team_id, [execution_changed()])
    with metered() as meter:
        post(f"/hooks/github/{github.id}")
        post_github(github, workflow_run(at=NOW + 1000))
    assert meter.operations == ["get", "batch_get", "batch_get", "transact", "batch_get", "transact"]


@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_anything_but_post_is_refused(github: Connection, method: str) -> None:
    answer = getattr(Client(), method)(f"/hooks/github/{github.id}")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"


@pytest.mark.parametrize("length", ["", "-1", "1e3", "abc", " 5"])
def test_body_without_a_length_is_refused(store: Store, github: Connection, length: str) -> None:
    answer = Client().generic("POST", f"/hooks/github/{github.id}", BODY, CONTENT_LENGTH=length)
    assert answer.status_code == 411


def test_chunked_body_is_refused_not_read_as_empty(github: Connection) -> None:
    assert post(f"/hooks/github/{github.id}", **{"Transfer-Encoding": "chunked"}).status_code == 411


def test_body_over_the_limit_is_refused_unread(github: Connection, settings: Any) -> None:
    settings.MAX_BODY = len(BODY) - 1
    assert post(f"/hooks/github/{github.id}").status_code == 413
    settings.MAX_BODY = len(BODY)
    assert post(f"/hooks/github/{github.id}").status_code == 202


@pytest.mark.parametrize(
    "content_type",
    ["", "text/html", "text/plain", "application/json; charset=utf-16", "multipart/form-data; boundary=x"],
)
def test_wrong_content_type_is_refused(github: Connection, content_type: str) -> None:
    assert post(f"/hooks/github/{github.id}", content_type=content_type).status_code == 415


@pytest.mark.parametrize("encoding", ["gzip", "br", "odd"])
def test_packed_body_is_refused(github: Connection, encoding: str) -> None:
    assert post(f"/hooks/github/{github.id}", **{"Content-Encoding": encoding}).status_code == 415


def test_charset_of_utf8_in_any_spelling_is_taken(github: Connection) -> None:
    assert post(f"/hooks/github/{github.id}", content_type='application/json; charset="UTF-8"').status_code == 202


@pytest.mark.parametrize(
    "path",
    [
        "github/{0}x",
        "gitlab/{0}",
        "codepipeline/{0}",
        "github/" + "a" * 2000,
        "github/..",
        "github/a%23b",
        "github/%00",
        "github/é",
    ],
)
def test_unknown_connection_is_not_found(store: Store, github: Connection, path: str) -> None:
    answer = post("/hooks/" + path.format(github.id))
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/json"


def test_unknown_connection_is_asked_for_once_in_a_while(store: Store) -> None:
    with metered() as meter:
        for _ in range(5):
            post("/hooks/github/" + "0" * 32)
    assert meter.calls <= 2


SIGNATURES = [
    "",
    "sha256=",
    signature(BODY)[:-1],
    signature(BODY) + "0",
    signature(BODY).upper(),
    signature(BODY).replace("sha256=", "sha1="),
    signature(BODY).replace("sha256=", ""),
    signature(BODY + b"\n"),
    signature(BODY, "another secret altogether"),
    "sha256=" + "0" * 8000,
    "sha256=é",
]


@pytest.mark.parametrize("given", SIGNATURES, ids=range(len(SIGNATURES)))
def test_missing_or_wrong_signature_is_refused_and_nothing_of_the_body_kept(
    store: Store, github: Connection, given: str
) -> None:
    answer = post(f"/hooks/github/{github.id}", **{"X-Hub-Signature-256": given})
    assert (answer.status_code, answer.json()) == (401, {"message": "The signature is missing or wrong"})
    assert "acme" not in everything(store)
    (noted,) = store.deliveries.list_of_connection(github.id)
    assert (noted.outcome, noted.answer, noted.event) == ("refused", 401, "")


def test_signature_is_looked_at_before_the_body_is(github: Connection) -> None:
    assert post(f"/hooks/github/{github.id}", b"{not json", **{"X-Hub-Signature-256": "sha256=0"}).status_code == 401


def test_signature_of_another_connection_is_refused(store: Store, github: Connection) -> None:
    other = a_connection(store, github.team_id, secret="quite-another-secret")
    assert post(f"/hooks/github/{other.id}").status_code == 401


@pytest.mark.parametrize("sealed", ["", "not sealed by us"])
@pytest.mark.parametrize("secret", ["", SECRET])
def test_connection_without_a_readable_secret_refuses_everything(store: Store, sealed: str, secret: str) -> None:
    connection = a_connection(store, a_team(store).id, secret="x" * 16)
    store.connections.put(connection, replace(connection, secret=sealed), BY, "connection.changed")
    answer = post(f"/hooks/github/{connection.id}", **{"X-Hub-Signature-256": signature(BODY, secret)})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"", ""),
        (b"{not json", ""),
        (b"null", ""),
        (b"[]", ""),
        (b"[" * 100_000, ""),
        (b"{}", "workflow_run"),
        (b'{"workflow_run": {"status": "queued"}}', "workflow_run.id"),
        (b'{"workflow_run": {"status": "queued", "id": 5}}', "workflow_run.updated_at"),
    ],
)
def test_body_that_cannot_be_used_is_refused_with_the_place_named(github: Connection, body: bytes, path: str) -> None:
    answer = post(f"/hooks/github/{github.id}", body)
    assert answer.status_code == 400
    assert answer.json()["message"]
    assert answer.json()["path"].startswith(path)


@pytest.mark.parametrize("event", ["ping", "star", "check_run"])
def test_event_that_carries_nothing_is_ignored(github: Connection, event: str) -> None:
    answer = post(f"/hooks/github/{github.id}", **{"X-GitHub-Event": event})
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert answer.json()["reason"]


def test_delivery_seen_before_is_a_duplicate(github: Connection) -> None:
    assert post(f"/hooks/github/{github.id}").status_code == 202
    again = post(f"/hooks/github/{github.id}")
    assert (again.status_code, again.json()) == (200, {"status": "duplicate"})


@pytest.mark.parametrize("error", [Throttled("slow down"), Unavailable("gone")])
@pytest.mark.parametrize("call", ["get", "batch_get", "transact"])
def test_store_out_of_reach_asks_to_send_again(
    store: Store, github: Connection, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(store.table.engine, call, refuse)
    answer = post(f"/hooks/github/{github.id}")
    monkeypatch.undo()
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) >= 1
    assert "acme" not in everything(store)


def test_cookies_and_queries_mean_nothing_here(visitor: Visitor, github: Connection) -> None:
    path = f"/hooks/github/{github.id}?team=other"
    assert visitor.client.post(path, BODY, content_type="application/json").status_code == 401
    visitor.client.cookies[settings.SESSION_COOKIE] = "x" * 5000
    headers = {"X-GitHub-Event": "workflow_run", "X-Hub-Signature-256": signature(BODY)}
    answer = visitor.client.post(path, BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 202
    assert not answer.cookies


def test_body_sent_as_a_form_is_understood(github: Connection) -> None:
    body = urlencode({"payload": BODY.decode()}).encode()
    assert post(f"/hooks/github/{github.id}", body, "application/x-www-form-urlencoded").status_code == 202


# CodePipeline: the secret itself travels.

EVENT = json.dumps(pipeline_changed()).encode()
BASIC = base64.b64encode(f"any:{SECRET}".encode()).decode()


@pytest.mark.parametrize(
    "headers", [{"X-Api-Key": SECRET}, {"Authorization": f"Bearer {SECRET}"}, {"Authorization": f"Basic {BASIC}"}]
)
def test_secret_is_taken_in_each_of_its_three_forms(
    store: Store, codepipeline: Connection, headers: dict[str, str]
) -> None:
    path = f"/hooks/codepipeline/{codepipeline.id}"
    answer = Client().post(path, EVENT, content_type="application/json", headers=headers)
    assert answer.status_code == 202
    (row,) = store.pipelines.list_board(codepipeline.team_id)
    latest = row.row().latest
    assert latest is not None
    assert latest.status is Status.RUNNING


@pytest.mark.parametrize(
    "headers", [{}, {"X-Api-Key": ""}, {"X-Api-Key": SECRET + "x"}, {"Authorization": f"Digest {SECRET}"}]
)
def test_secret_missing_or_wrong_is_refused(codepipeline: Connection, headers: dict[str, str]) -> None:
    path = f"/hooks/codepipeline/{codepipeline.id}"
    assert Client().post(path, EVENT, content_type="application/json", headers=headers).status_code == 401


def test_secret_in_the_address_is_worth_nothing(codepipeline: Connection) -> None:
    path = f"/hooks/codepipeline/{codepipeline.id}?key={SECRET}&X-Api-Key={SECRET}"
    assert Client().post(path, EVENT, content_type="application/json").status_code == 401


def test_ids_in_a_body_never_reach_another_team(store: Store, github: Connection) -> None:
    other = a_connection(store, a_team(store, "Ledger", "ledger").id)
    assert post_github(github, workflow_run(), key="1").status_code == 202
    assert post_github(other, workflow_run(status="completed", conclusion="failure"), key="2").status_code == 202
    found = [store.pipelines.list_board(team)[0].row().latest for team in (github.team_id, other.team_id)]
    assert [latest.status for latest in found if latest] == [Status.RUNNING, Status.FAILED]
    assert keys.execution_id(github.team_id, "github", "5001") != keys.execution_id(other.team_id, "github", "5001")
