"""A new CI tool is one file, one payload folder and one registration: with those it is everywhere a tool has to be."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from dashboard.sources import SOURCES
from storage.model.entities import Connection, Status, Team
from storage.store import Store
from tests.contracts import test_sources as contract
from tests.contracts.made_up.foundry import SOURCE
from tests.dashboard.sources import golden, test_golden, test_totality
from tests.dashboard.visiting import Visitor
from tests.factories import BY, NOW, SECRET, a_connection, a_team

PAYLOADS = Path(__file__).parent / "made_up" / "payloads"


@pytest.fixture(autouse=True)
def foundry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one registration, and where its payloads are."""
    monkeypatch.setitem(SOURCES, "foundry", SOURCE)
    for module in (golden, contract):
        monkeypatch.setattr(module, "PAYLOADS", PAYLOADS)


@pytest.fixture
def team(store: Store) -> Team:
    return a_team(store)


def connected(visitor: Visitor, store: Store, team: Team, yard: str = "north") -> Connection:
    assert visitor.post(f"/manage/teams/{team.id}/connect/foundry", {"yard": yard}).status_code == 200
    (found,) = store.connections.list_of_team(team.id)
    return found


def test_it_is_among_the_tools_that_can_be_connected(visitor: Visitor, team: Team) -> None:
    for page in (f"/manage/teams/{team.id}/connections", f"/teams/{team.slug}"):
        assert f"/manage/teams/{team.id}/connect/foundry" in visitor.text(page)


def test_its_option_is_on_both_forms_and_kept(visitor: Visitor, store: Store, team: Team) -> None:
    asked = visitor.text(f"/manage/teams/{team.id}/connect/foundry")
    assert 'name="yard"' in asked
    assert "Which of your yards." in asked
    found = connected(visitor, store, team)
    page = visitor.text(f"/manage/connections/{found.id}")
    assert found.options == (("yard", "north"),)
    assert 'value="north"' in page
    assert all(step.replace("'", "&#x27;") in page for step in SOURCE.setup)


@pytest.mark.parametrize("path", ["/manage/teams/{team}/connect/foundry", "/manage/connections/{connection}"])
def test_its_option_is_checked_in_its_own_words(visitor: Visitor, store: Store, team: Team, path: str) -> None:
    found = a_connection(store, team.id, "foundry")
    answer = visitor.post(path.format(team=team.id, connection=found.id), {"yard": "N0RTH"})
    assert answer.status_code == 400
    assert "A yard has small letters only." in answer.content.decode()


def test_its_option_can_be_changed_and_the_audit_log_says_so(visitor: Visitor, store: Store, team: Team) -> None:
    found = connected(visitor, store, team)
    visitor.post(f"/manage/connections/{found.id}", {"yard": "south"})
    changed = store.connections.find(found.id)
    assert changed is not None
    assert changed.options == (("yard", "south"),)
    (entry,) = [entry for entry in store.audit.list_all().items if entry.action == "connection.changed"]
    assert (entry.before, entry.after) == ((("yard", "north"),), (("yard", "south"),))


def test_its_webhook_takes_what_is_signed_now(visitor: Visitor, store: Store, team: Team) -> None:
    found = a_connection(store, team.id, "foundry")
    assert sent(found, "run__cast", NOW).status_code == 202
    assert sent(found, "run__cast", NOW - 301_000).status_code == 401
    assert sent(found, "run__cast", NOW).json() == {"status": "duplicate"}
    assert [row.row().name for row in store.pipelines.list_board(team.id)] == ["shop/deploy"]


def test_what_it_sends_and_cannot_be_read_is_listed_under_its_kind(store: Store, team: Team) -> None:
    found = a_connection(store, team.id, "foundry")
    assert sent(found, "run__cast", NOW, b"{}").status_code == 400
    assert [each.event for each in store.deliveries.list_of_connection(found.id)] == ["run"]


def sent(connection: Connection, stem: str, at: int, body: bytes = b"") -> Any:
    (found,) = [each for each in golden.goldens("foundry") if each.body.stem == stem]
    raw = body or found.body.read_bytes()
    headers = {**found.headers, **SOURCE.verifier.prove(raw, SECRET, at)}
    kind = headers.pop("content-type")
    return Client().post(f"/hooks/foundry/{connection.id}", raw, content_type=kind, headers=headers)


def test_its_connections_are_made_by_the_api(visitor: Visitor, store: Store, team: Team) -> None:
    assert visitor.user is not None
    token = create_token(visitor.user, "a script", BY)
    made = visitor.client.post(
        f"/api/v1/teams/{team.id}/connections",
        json.dumps({"source": "foundry", "yard": "east"}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert made.status_code == 201
    assert [each.options for each in store.connections.list_of_team(team.id)] == [(("yard", "east"),)]


def test_contract_and_totality_tests_reach_it() -> None:
    found = golden.goldens("foundry")
    assert len(found) == 9
    contract.test_a_source_says_who_it_is_and_how_to_connect_it("foundry")
    contract.test_the_bodies_of_a_source_cover_every_status_it_has_a_word_for("foundry")
    contract.test_every_body_has_its_events_and_every_events_file_its_body()
    for each in found:
        test_golden.test_body_becomes_the_recorded_events(each)
        test_golden.test_an_event_has_what_storage_needs(each)
        test_totality.test_a_body_with_any_member_removed_or_of_another_type_is_answered(each)
        test_totality.test_a_body_cut_short_is_rejected(each)


def test_a_status_it_says_it_never_sends_must_be_in_no_body(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "foundry", replace(SOURCE, never=SOURCE.never | {Status.FAILED}))
    with pytest.raises(AssertionError):
        contract.test_the_bodies_of_a_source_cover_every_status_it_has_a_word_for("foundry")
    monkeypatch.setitem(SOURCES, "foundry", replace(SOURCE, never=SOURCE.never - {Status.SKIPPED}))
    with pytest.raises(AssertionError):
        contract.test_the_bodies_of_a_source_cover_every_status_it_has_a_word_for("foundry")
