"""GitLab's hooks at the webhook: two kinds of proof, and no 4xx that would end them, CONTRACT section 4."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from dashboard.sources.kit.verifiers import StandardWebhook
from dashboard.webhooks.connecting import connect, rotate
from storage.model.entities import Connection
from storage.store import Store
from tests.dashboard.sources.gitlab_bodies import golden
from tests.factories import BY, NOW, SECRET, a_connection, a_team

PIPELINE = json.dumps(golden("Pipeline Hook__failed")).encode()
SIGNING = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id, "gitlab")


def post(connection: Connection, body: bytes = PIPELINE, event: str = "Pipeline Hook", /, **changes: str) -> Any:
    """`changes`: headers, by their names with underscores; empty ones are left out."""
    told = {"X_Gitlab_Event": event, "X_Gitlab_Token": SECRET, "Content_Type": "application/json", **changes}
    headers = {name.replace("_", "-"): value for name, value in told.items() if value}
    meta: dict[str, Any] = {"CONTENT_LENGTH": str(len(body)), "CONTENT_TYPE": headers.pop("Content-Type", "")}
    return Client().generic("POST", f"/hooks/gitlab/{connection.id}", body, headers=headers, **meta)


def outcomes(store: Store, connection: Connection) -> list[tuple[str, int, str]]:
    found = store.deliveries.list_of_connection(connection.id)
    return [(brief.outcome, brief.answer, brief.event) for brief in found]


def test_hook_with_the_secret_token_is_accepted_and_on_the_board(store: Store, connection: Connection) -> None:
    answer = post(connection, Idempotency_Key="5f0c9d3e")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "delivery": "5f0c9d3e"})
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert row.ended is not None
    assert (row.name, [cell.name for cell in row.ended.stages]) == ("Storefront", ["build", "test", "deploy"])


def test_hook_that_is_sent_again_is_a_duplicate_with_and_without_a_key_of_its_own(connection: Connection) -> None:
    assert post(connection, Idempotency_Key="5f0c9d3e").status_code == 202
    assert post(connection, Idempotency_Key="5f0c9d3e").json() == {"status": "duplicate"}
    assert post(connection).status_code == 202
    assert post(connection).json() == {"status": "duplicate"}


@pytest.mark.parametrize(("seconds", "code"), [(0, 202), (-300, 202), (-301, 401), (301, 401)])
def test_signed_hook_is_accepted_for_five_minutes(store: Store, seconds: int, code: int) -> None:
    connection = a_connection(store, a_team(store).id, "gitlab", secret=SIGNING)
    proof = StandardWebhook().prove(PIPELINE, SIGNING, NOW + seconds * 1000)
    signed = {name.replace("-", "_"): value for name, value in proof.items()}
    assert post(connection, X_Gitlab_Token="", **signed).status_code == code


def test_signed_hook_whose_body_was_changed_is_refused(store: Store) -> None:
    connection = a_connection(store, a_team(store).id, "gitlab", secret=SIGNING)
    proof = StandardWebhook().prove(PIPELINE, SIGNING, NOW)
    signed = {name.replace("-", "_"): value for name, value in proof.items()}
    assert post(connection, PIPELINE + b" ", X_Gitlab_Token="", **signed).status_code == 401


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "The body is not JSON in UTF-8: $"),
        (b"{not json", "The body is not JSON in UTF-8: $"),
        (b"[]", "A JSON object is needed: $"),
        (b"{}", "Text is needed: object_kind"),
        (b'{"object_kind": "pipeline"}', "An object is needed: object_attributes"),
        (b'{"text": "pipeline #7 has failed"}', "Text is needed: object_kind"),
        (
            b'{"object_kind": "build", "build_id": 5}',
            "A whole number from 1 to 9223372036854775807 is needed: project_id",
        ),
    ],
)
def test_body_that_cannot_be_used_is_ignored_with_the_reason(
    store: Store, connection: Connection, body: bytes, reason: str
) -> None:
    """A custom webhook template may have put anything in its place."""
    answer = post(connection, body)
    assert (answer.status_code, answer.json()) == (200, {"status": "ignored", "reason": reason})
    assert outcomes(store, connection) == [("rejected", 200, "Pipeline Hook")]


@pytest.mark.parametrize(
    "changes",
    [{"Content_Type": "text/plain"}, {"Content_Type": ""}, {"Content_Encoding": "gzip"}],
    ids=str,
)
def test_post_that_cannot_be_read_is_ignored_once_its_token_is_right(
    store: Store, connection: Connection, changes: dict[str, str]
) -> None:
    assert post(connection, **changes).json()["status"] == "ignored"
    assert outcomes(store, connection) == [("rejected", 200, "Pipeline Hook")]
    assert post(connection, **changes, X_Gitlab_Token="another").status_code == 401


def test_post_without_a_length_is_ignored_once_its_token_is_right(connection: Connection) -> None:
    headers = {"X-Gitlab-Event": "Pipeline Hook", "X-Gitlab-Token": SECRET}
    meta: dict[str, Any] = {"CONTENT_LENGTH": "", "CONTENT_TYPE": "application/json"}
    answer = Client().generic("POST", f"/hooks/gitlab/{connection.id}", PIPELINE, headers=headers, **meta)
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")


@pytest.mark.parametrize("body", [PIPELINE, b"{not json", b"{}"])
@pytest.mark.parametrize("token", ["", "another", SECRET.upper()])
def test_wrong_token_is_refused_whatever_the_body(
    store: Store, connection: Connection, token: str, body: bytes
) -> None:
    assert post(connection, body, X_Gitlab_Token=token).status_code == 401
    assert outcomes(store, connection) == [("refused", 401, "")]


def test_body_over_the_limit_is_refused_unread(connection: Connection, settings: Any) -> None:
    settings.MAX_BODY = len(PIPELINE) - 1
    assert post(connection).status_code == 413


def test_kind_that_carries_nothing_is_ignored(store: Store, connection: Connection) -> None:
    answer = post(connection, json.dumps(golden("Note Hook__on_a_commit")).encode(), "Note Hook")
    assert (answer.status_code, answer.json()["status"]) == (200, "ignored")
    assert outcomes(store, connection) == [("ignored", 200, "note")]


def test_secrets_made_for_it_may_be_its_signing_token_too(store: Store) -> None:
    """`whsec_` and 32 bytes in Base64 is the only form that GitLab takes."""
    made = connect(a_team(store).id, "gitlab", BY)
    rotated = rotate(made.connection, BY)
    for secret in (made.secret, rotated.secret):
        proof = StandardWebhook().prove(PIPELINE, secret, NOW)
        assert (secret[:6], len(secret)) == ("whsec_", 50)
        assert StandardWebhook().verify(proof, PIPELINE, secret, NOW)
    assert made.secret != rotated.secret
    assert not connect(made.connection.team_id, "github", BY).secret.startswith("whsec_")
