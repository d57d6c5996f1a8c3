"""CDEvents over HTTP, in every mode and with every proof, and the handshake before them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from dashboard.sources.kit.cloudevents import MOST_EVENTS
from dashboard.webhooks.inbox import sweep
from dashboard.webhooks.ingest import TOO_MUCH
from storage.errors import Unavailable
from storage.keys import INBOX_SHARDS
from storage.model.entities import Connection, Status
from storage.store import Store
from tests.dashboard.bodies import ago
from tests.dashboard.visiting import Visitor
from tests.factories import MINUTE, SECRET, a_connection, a_team
from tests.storage.recording.tables import fold_facts

KEY = {"X-Api-Key": SECRET}


def pipeline_run(predicate: str, run: str = "r-1", minutes: float = 5, **content: str) -> dict[str, Any]:
    context = {
        "specversion": "0.5.1",
        "id": f"{run}-{predicate}",
        "source": "/shop/tekton",
        "type": f"dev.cdevents.pipelinerun.{predicate}.0.3.0",
        "timestamp": ago(minutes),
    }
    return {"context": context, "subject": {"id": run, "content": {"pipelineName": "till-deploy", **content}}}


def envelope(data: dict[str, Any]) -> dict[str, Any]:
    context = data["context"]
    told = {name: context[name] for name in ("id", "source", "type")}
    return {"specversion": "1.0", **told, "time": context["timestamp"], "data": data}


def headers_of(data: dict[str, Any]) -> dict[str, str]:
    return {f"CE-{name}": value for name, value in envelope(data).items() if isinstance(value, str)}


@pytest.fixture
def connection(store: Store) -> Connection:
    return a_connection(store, a_team(store).id, "cdevents")


def post(connection: Connection, body: object, kind: str = "application/json", **headers: str) -> Any:
    path = f"/hooks/cdevents/{connection.id}"
    return Client().post(path, json.dumps(body), content_type=kind, headers=headers or KEY)


def shown(store: Store, connection: Connection) -> list[tuple[str, Status]]:
    rows = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    return [(row.label, row.latest.status) for row in rows if row.latest]


STARTED = pipeline_run("started")
MODES: dict[str, tuple[object, str, dict[str, str]]] = {
    "bare": (STARTED, "application/json", {}),
    "binary": (STARTED, "application/json; charset=utf-8", headers_of(STARTED)),
    "binary with a type of its own": (STARTED, "application/cdevents+json", headers_of(STARTED)),
    "structured": (envelope(STARTED), "application/cloudevents+json; charset=UTF-8", {}),
    "batched": ([envelope(STARTED)], "application/cloudevents-batch+json", {}),
}


@pytest.mark.parametrize("mode", MODES)
def test_event_is_accepted_in_every_mode_and_once(store: Store, connection: Connection, mode: str) -> None:
    body, kind, headers = MODES[mode]
    answer = post(connection, body, kind, **KEY, **headers)
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "accepted", "delivery": "/shop/tekton r-1-started"},
    )
    assert shown(store, connection) == [("till-deploy", Status.RUNNING)]
    for again, other, more in MODES.values():
        assert post(connection, again, other, **KEY, **more).json() == {"status": "duplicate"}


def test_batch_of_several_runs_is_stored_at_once_and_applied_from_the_inbox(
    store: Store, connection: Connection
) -> None:
    batch = [envelope(pipeline_run("finished", "r-1", 9, outcome="success")), envelope(pipeline_run("started", "r-2"))]
    answer = post(connection, batch, "application/cloudevents-batch+json")
    assert (answer.status_code, answer.json()["status"]) == (202, "accepted")
    assert shown(store, connection) == []
    assert sweep(store, range(INBOX_SHARDS)) == 1
    assert shown(store, connection) == [("till-deploy", Status.RUNNING)]
    assert post(connection, batch, "application/cloudevents-batch+json").json() == {"status": "duplicate"}
    (row,) = (stored.row() for stored in store.pipelines.list_board(connection.team_id))
    assert len(store.executions.list_of_pipeline(row.id).items) == 2


def test_batch_with_one_event_that_cannot_be_read_is_refused_as_a_whole(store: Store, connection: Connection) -> None:
    broken = envelope(pipeline_run("started", ""))
    answer = post(connection, [envelope(STARTED), broken], "application/cloudevents-batch+json")
    assert (answer.status_code, answer.json()["path"]) == (400, "1.data.subject.id")
    assert shown(store, connection) == []


def test_longest_batch_of_usual_events_is_kept(store: Store, connection: Connection) -> None:
    batch = []
    for number in range(MOST_EVENTS):
        run = pipeline_run("finished", f"run-{number}", outcome="failure", errors="The task was not\n" + "x" * 2000)
        batch.append(envelope({**run, "customData": {"branch": "main", "commit": f"{number:040x}", "author": "Noor"}}))
    assert post(connection, batch, "application/cloudevents-batch+json").status_code == 202
    while sweep(store, range(INBOX_SHARDS)):
        pass
    (row,) = (stored.row() for stored in store.pipelines.list_board(connection.team_id))
    assert row.result is not None
    assert row.result.status is Status.FAILED


def test_batch_that_says_more_than_can_be_kept_is_refused_and_noted(store: Store, connection: Connection) -> None:
    long = "long " * 200
    batch = []
    for number in range(MOST_EVENTS):
        run = pipeline_run("finished", f"{number} {long}", outcome=long, errors=f"{number} {long}")
        run["subject"]["content"]["uri"] = f"https://ci.shop.example/{'x' * 2000}"
        batch.append(envelope({**run, "customData": dict.fromkeys(("branch", "commit", "author", "message"), long)}))
    answer = post(connection, batch, "application/cloudevents-batch+json")
    assert (answer.status_code, answer.json()["message"]) == (413, TOO_MUCH)
    (noted,) = store.deliveries.list_of_connection(connection.id)
    assert (noted.answer, noted.reason) == (413, TOO_MUCH)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": f"Bearer {SECRET}"},
        {"X-Api-Key": SECRET},
        {"Authorization": "Basic eDphLXNlY3JldC1vZi1hLXdlYmhvb2s="},
    ],
)
def test_secret_may_travel_in_every_way_of_the_contract(connection: Connection, headers: dict[str, str]) -> None:
    assert post(connection, STARTED, **headers).status_code == 202


@pytest.mark.parametrize("headers", [{"X-Api-Key": "another"}, {"X-Signature-256": "sha256=00"}, {"Cookie": "a=b"}])
def test_event_without_the_secret_is_refused(store: Store, connection: Connection, headers: dict[str, str]) -> None:
    assert post(connection, STARTED, **headers).status_code == 401
    assert shown(store, connection) == []


def test_other_content_types_are_refused(connection: Connection) -> None:
    assert post(connection, STARTED, "application/cloudevents+avro").status_code == 415
    assert post(connection, STARTED, "text/plain").status_code == 415


def test_what_is_no_cdevent_is_ignored_with_the_reason(connection: Connection) -> None:
    other = {**envelope(STARTED), "type": "dev.tekton.event.taskrun.started.v1", "data": {"taskRun": {}}}
    answer = post(connection, other, "application/cloudevents+json")
    assert (answer.status_code, answer.json()["reason"]) == (
        200,
        "dev.tekton.event.taskrun.started.v1 is not a CDEvent",
    )


ASKS = {"WebHook-Request-Origin": "events.shop.example", "WebHook-Request-Rate": "120"}


def ask(connection: Connection, source: str = "cdevents", **headers: str) -> Any:
    return Client().options(f"/hooks/{source}/{connection.id}", headers=headers)


def test_sender_that_asks_first_is_allowed_to_post(connection: Connection) -> None:
    answer = ask(connection, **ASKS)
    assert answer.status_code == 200
    assert answer["WebHook-Allowed-Origin"] == "events.shop.example"
    assert answer["WebHook-Allowed-Rate"] == "*"
    assert "POST" in answer["Allow"]


@pytest.mark.parametrize("origin", ["", "a b", "<script>", "x" * 256])
def test_sender_that_does_not_say_who_it_is_is_told_to(connection: Connection, origin: str) -> None:
    answer = ask(connection, **{"WebHook-Request-Origin": origin})
    assert answer.status_code == 400
    assert "WebHook-Allowed-Origin" not in answer


def test_only_a_source_with_a_handshake_answers_one(store: Store, connection: Connection) -> None:
    github = a_connection(store, connection.team_id)
    for answer in (ask(github, "github", **ASKS), ask(github, "cdevents", **ASKS)):
        assert (answer.status_code, "WebHook-Allowed-Origin" in answer) == (405, False)


def test_handshake_while_the_store_is_away_is_put_off(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: object) -> None:
        raise Unavailable("no answer")

    monkeypatch.setattr("dashboard.webhooks.receive.find", away)
    answer = ask(connection, **ASKS)
    assert (answer.status_code, "Retry-After" in answer) == (503, True)


def told(kind: str, subject: str, minutes: float, content: dict[str, Any], **more: str) -> dict[str, Any]:
    context = {"id": f"{subject} {kind}", "source": "/shop", "timestamp": ago(minutes)}
    context["type"] = f"dev.cdevents.{kind}.0.3.0"
    return {"context": context, "subject": {"id": subject, "content": content}, "customData": more}


def test_incidents_and_changes_are_found_where_those_of_other_tools_are(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    where = {"environment": {"id": "production"}}
    for event in (
        told("incident.detected", "i-1", 50, {**where, "description": "Tills are slow"}, repository="shop/till"),
        told("incident.resolved", "i-1", 20, {**where, "description": "Restarted"}),
        told("change.created", "41", 90, {"repository": {"id": "shop/till"}, "description": "Ask the till once"}),
        told("change.merged", "41", 60, {"repository": {"id": "shop/till"}}, commit="4be1c0ff" * 5),
    ):
        assert post(connection, event).status_code == 202
    (incident,) = store.subjects.list_incidents(connection.team_id, 0)
    assert (incident.title, incident.repository) == ("Tills are slow", "shop/till")
    assert incident.resolved_at == incident.opened_at + 30 * MINUTE
    text = visitor.text("/search?q=%2341")
    assert "Ask the till once" in text


def test_incident_counts_as_a_failure_of_what_its_repository_had_deployed(
    visitor: Visitor, store: Store, connection: Connection
) -> None:
    run = pipeline_run("finished", "r-1", 100, outcome="success")
    task = told("taskrun.finished", "t-1", 100, {"taskName": "deploy production", "outcome": "success"})
    task["subject"]["content"]["pipelineRun"] = {"id": "r-1", "source": "/shop/tekton"}
    where = {"environment": {"id": "production"}, "description": "Tills are slow"}
    told_of = {"repository": "shop/till", "branch": "main", "commit": "4be1c0ff" * 5}
    for event in ({**run, "customData": told_of}, task, told("incident.detected", "i-1", 50, where, **told_of)):
        assert post(connection, event).status_code == 202
    fold_facts(store)
    team = store.teams.get(connection.team_id).team
    assert "incident i-1" in visitor.text(f"/health/{team.slug}/deployments")
