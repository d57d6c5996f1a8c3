"""Whom a bad input is posted to, who must not notice, and the ways to post it."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.test import Client

from bigtransit.wsgi import application
from dashboard.sources import SOURCES
from storage import keys
from storage.keys import new_id
from storage.model.board_row import BoardRow
from storage.model.deliveries import DeliveryBrief
from storage.model.entities import Connection, Execution, Team
from storage.store import Store
from tests.dashboard.bodies import pipeline_changed, workflow_run
from tests.dashboard.views.test_sns_webhook import TOPIC
from tests.dashboard.visiting import Visitor, post_github, signature
from tests.factories import NOW, SECRET, a_connection, a_team, stored_items

Rows = dict[tuple[str, str], str]


def every_item(store: Store) -> Rows:
    return {
        (str(item["pk"]), str(item["sk"])): orjson.dumps(item, default=repr).decode() for item in stored_items(store)
    }


@dataclass(frozen=True)
class Scene:
    """A team with connections of GitHub and CodePipeline, this for an SNS topic too; of another source once something
    is posted to it. The neighbours use the very same ids, as forks and copies do."""

    store: Store
    team: Team
    github: Connection
    codepipeline: Connection
    neighbours: Team
    theirs: Connection

    def to(self, source: str) -> Connection:
        found = (one for one in self.store.connections.list_of_team(self.team.id) if one.source == source)
        return next(found, None) or a_connection(self.store, self.team.id, source)

    def post(self, source: str, body: object, event: str = "workflow_run", key: str = "", **headers: str) -> Any:
        """Proven as the source proves itself, with a delivery id of its own where the body has a usual one."""
        if isinstance(body, dict) and len(str(body.get("id"))) == 36:
            body = {**body, "id": key or new_id()}
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        tool = SOURCES[source]
        told = {tool.event_header: event, tool.delivery_header: key or new_id()}
        own = tool.verifier.prove(raw, SECRET, NOW) | {name: value for name, value in told.items() if name}
        meta: dict[str, Any] = {"CONTENT_LENGTH": str(len(raw)), "CONTENT_TYPE": "application/json"}
        given = {name.lower(): value for name, value in headers.items()}
        sent = {name: value for name, value in {**own, **given}.items() if name != "content-type"}
        if "Content-Type" in headers:
            meta["CONTENT_TYPE"] = headers["Content-Type"]
        return Client().generic("POST", self.path(source), raw, headers=sent, **meta)

    def path(self, source: str) -> str:
        return f"/hooks/{source}/{self.to(source).id}"

    def executions(self) -> dict[str, Execution]:
        """By the tool's own id."""
        ids = [pk.partition("#")[2] for pk, sk in every_item(self.store) if sk == "EXECUTION"]
        found = filter(None, map(self.store.executions.find, ids))
        return {execution.external_id: execution for execution in found if execution.team_id == self.team.id}

    def execution(self, external_id: str = "5001", source: str = "github") -> Execution:
        return self.store.executions.get(keys.execution_id(self.team.id, source, external_id))

    def board(self) -> list[BoardRow]:
        return [stored.row() for stored in self.store.pipelines.list_board(self.team.id)]

    def noted(self, source: str = "github") -> list[DeliveryBrief]:
        return list(self.store.deliveries.list_of_connection(self.to(source).id))

    def of_neighbours(self) -> Rows:
        """Every item that stands under one of their ids, in the table or in an index, and every notice of them."""
        run = keys.execution_id(self.neighbours.id, "github", "5001")
        own = (
            self.neighbours.id,
            self.neighbours.slug,
            self.theirs.id,
            run,
            self.store.executions.get(run).pipeline_id,
        )
        return {key: text for key, text in every_item(self.store).items() if any(n in _place(key, text) for n in own)}


def _place(key: tuple[str, str], text: str) -> str:
    notice = key[0].startswith("CHANGES#")
    return " ".join([*key, text if notice else str(json.loads(text).get("history_pk"))])


def build(store: Store) -> Scene:
    team, neighbours = a_team(store), a_team(store, "Ledger", "ledger")
    github = a_connection(store, team.id)
    codepipeline = a_connection(store, team.id, "codepipeline", options=(("topic_arn", TOPIC),))
    theirs = a_connection(store, neighbours.id, secret="the secret of the neighbours")
    told = json.dumps(workflow_run(status="completed", conclusion="success")).encode()
    headers = {"X-Hub-Signature-256": signature(told, "the secret of the neighbours")}
    assert post_github(theirs, told, key="theirs", **headers).status_code == 202
    return Scene(store, team, github, codepipeline, neighbours, theirs)


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    headers: Mapping[str, str]


def through_wsgi(path: str, body: bytes, headers: Mapping[str, str], method: str = "POST", **environ: str) -> Reply:
    """What the server's own entrance answers to an environ that no test client would make. `headers` as sent."""
    made: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
        **environ,
    }
    told: list[Any] = []
    chunks = application(made, lambda status, names, *_: told.extend((status, names)))
    return Reply(int(told[0].split()[0]), b"".join(chunks), dict(told[1]))


def is_clean(answer: Any) -> bool:
    """An answer of the contract: taken, ignored or refused with words, and never a fault of ours."""
    code = answer.status_code
    return code in (200, 202) or (400 <= code < 500 and bool(answer.json()["message"]))


def all_shown(visitor: Visitor, scene: Scene) -> bool:
    """Whether every page that shows something of the team does so."""
    pages = ["/", "/health/payments", "/teams/payments", f"/manage/connections/{scene.github.id}"]
    pages += [f"/teams/payments/pipelines/{row.id}" for row in scene.board()]
    pages += [f"/executions/{execution.id}" for execution in scene.executions().values()]
    shown = {page: visitor.get(page).status_code for page in pages}
    assert set(shown.values()) == {200}, shown
    return True


GITHUB = json.dumps(workflow_run()).encode()
CODEPIPELINE = json.dumps(pipeline_changed()).encode()
BODIES = {"github": GITHUB, "codepipeline": CODEPIPELINE}
