"""What administrators do on the manage pages."""

from __future__ import annotations

import json
import re

import pytest

from dashboard.auth.sealing import unseal
from dashboard.auth.tokens import user_of_token
from storage.store import Store
from tests.dashboard.bodies import workflow_run
from tests.dashboard.visiting import Visitor, post_github, signature, text_of
from tests.factories import a_connection, a_team

SECRET_FIELD = re.compile(r'id="secret" readonly value="([^"]+)"')


def test_team_is_created_with_an_address_made_from_its_name(visitor: Visitor, store: Store) -> None:
    answer = visitor.post("/manage", {"name": "Payments & Tax", "slug": ""})
    assert (answer.status_code, answer["Location"]) == (303, "/teams/payments-tax")
    (entry,) = store.teams.list_all()
    assert (entry.team.name, entry.team.created_by) == ("Payments & Tax", "Ada Admin")
    assert visitor.get("/teams/payments-tax").status_code == 200


@pytest.mark.parametrize(
    "data",
    [
        {"name": "", "slug": ""},
        {"name": "Payments", "slug": "Not An Address"},
        {"name": "Payments", "slug": "new"},
        {"name": "Payments", "slug": "-x"},
        {"name": "!!!", "slug": ""},
        {"name": "x" * 81, "slug": ""},
        {"name": "Payments", "slug": "taken"},
    ],
)
def test_team_that_cannot_be_is_refused_with_a_reason(visitor: Visitor, store: Store, data: dict[str, str]) -> None:
    a_team(store, "First", "taken")
    answer = visitor.post("/manage", data)
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in text_of(answer)
    assert len(store.teams.list_all()) == 1


def test_extra_fields_of_a_form_change_nothing(visitor: Visitor, store: Store) -> None:
    visitor.post("/manage", {"name": "Payments", "slug": "payments", "id": "x", "version": "9", "created_by": "evil"})
    (entry,) = store.teams.list_all()
    assert (entry.team.created_by, entry.team.version) == ("Ada Admin", 1)
    assert entry.team.id != "x"


def test_team_is_renamed_and_moves_to_its_new_address(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    answer = visitor.post(f"/manage/teams/{team.id}", {"name": "Checkout", "slug": "checkout"})
    assert answer.status_code == 303
    assert visitor.get("/teams/checkout").status_code == 200
    assert visitor.get("/teams/payments").status_code == 404


def test_team_cannot_move_to_anothers_address(visitor: Visitor, store: Store) -> None:
    a_team(store, "Ledger", "ledger")
    team = a_team(store)
    assert visitor.post(f"/manage/teams/{team.id}", {"name": "Payments", "slug": "ledger"}).status_code == 400
    assert visitor.get("/teams/payments").status_code == 200


def test_secret_is_shown_once_and_opens_the_webhook(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    answer = visitor.post(f"/manage/teams/{team.id}/connect/github", {"source": "github", "name": "acme"})
    text = text_of(answer)
    (secret,) = SECRET_FIELD.findall(text)
    (listed,) = store.connections.list_of_team(team.id)
    assert f"/hooks/github/{listed.id}" in text
    assert "no-store" in answer["Cache-Control"]
    connection = store.connections.find(listed.id)
    assert connection is not None
    assert secret not in connection.secret
    assert unseal(connection.secret) == secret
    for path in (f"/manage/connections/{listed.id}", f"/manage/teams/{team.id}", "/manage"):
        assert secret not in visitor.text(path)
    signed = signature(json.dumps(workflow_run()).encode(), secret)
    assert post_github(connection, workflow_run(), **{"X-Hub-Signature-256": signed}).status_code == 202


def test_connection_page_lists_what_came_and_what_was_answered(visitor: Visitor, store: Store) -> None:
    connection = a_connection(store, a_team(store).id, name="acme")
    post_github(connection, workflow_run(), key="d-1")
    post_github(connection, workflow_run(), **{"X-Hub-Signature-256": "sha256=0"})
    post_github(connection, {}, "ping")
    text = visitor.text(f"/manage/connections/{connection.id}")
    assert "workflow_run.requested" in text
    assert re.search(r"401</td><td>refused", text)
    assert re.search(r"200</td><td>ignored", text)
    assert "/executions/" in text


def test_secret_that_cannot_be_read_any_more_is_said_so(visitor: Visitor, store: Store) -> None:
    connection = a_connection(store, a_team(store).id, secret="")
    assert "cannot be read" in visitor.text(f"/manage/connections/{connection.id}")


def test_connect_refuses_a_source_that_does_not_fit_its_address(visitor: Visitor, store: Store) -> None:
    team = a_team(store)
    answer = visitor.post(f"/manage/teams/{team.id}/connect/github", {"source": "jenkins"})
    assert answer.status_code == 400
    assert store.connections.list_of_team(team.id) == []


def test_topic_is_kept_for_codepipeline(visitor: Visitor, store: Store) -> None:
    team, topic = a_team(store), "arn:aws:sns:us-east-1:123456789012:pipelines"
    visitor.post(f"/manage/teams/{team.id}/connect/codepipeline", {"source": "codepipeline", "topic_arn": f" {topic} "})
    (listed,) = store.connections.list_of_team(team.id)
    assert (listed.topic_arn, listed.source) == (topic, "codepipeline")


def test_token_is_shown_once_and_works(visitor: Visitor) -> None:
    answer = visitor.post("/manage/tokens", {"token-name": "a script"})
    (token,) = re.findall(r"bt_[0-9a-f]{8}_[\w-]{43}", text_of(answer))
    found = user_of_token(token)
    assert found is not None
    assert found.email == "admin@example.com"
    assert token not in visitor.text("/manage")


def test_token_needs_a_name(visitor: Visitor) -> None:
    assert visitor.post("/manage/tokens", {"token-name": ""}).status_code == 400
    assert visitor.get("/manage/tokens").status_code == 405


@pytest.mark.parametrize("path", ["/manage", "/manage/tokens", "/logout", "/teams/payments/pipelines/x/take", "/login"])
def test_form_without_its_token_is_refused(visitor: Visitor, path: str) -> None:
    visitor.client.handler.enforce_csrf_checks = True
    assert visitor.post(path, {"name": "x"}).status_code == 403
