"""What docs/sources shows for a shell works as it is printed there."""

from __future__ import annotations

import json
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application

from dashboard.auth.tokens import create_token
from dashboard.sources import SOURCES
from storage.model.accounts import Scope
from storage.model.entities import Connection, Status
from storage.model.subject_views import Environment
from storage.model.subjects import SubjectKind
from storage.store import Store
from tests.dashboard.webhooks.test_trying import Quiet, asked
from tests.factories import BY, SECRET, Clock, a_connection, a_team, administrator

DOCS = Path(__file__).parents[3] / "docs" / "sources"


def blocks(source: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (DOCS / f"{source}.md").read_text(), re.DOTALL)


def of(source: str) -> list[object]:
    return [pytest.param(source, text, id=f"{source}-{place}") for place, text in enumerate(blocks(source, "sh"))]


@pytest.fixture
def server(clock: Clock, store: Store) -> Iterator[str]:
    """On the shell's clock."""
    clock.now = int(time.time() * 1000)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), WSGIServer, Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def in_shell(store: Store, script: str, server: str, connection: Connection) -> list[dict[str, str]]:
    """The answers that it prints, one after the other."""
    told = {"URL": f"{server}/hooks/{connection.source}/{connection.id}", "SERVER": server}
    if "$TOKEN" in script:
        told["TOKEN"] = create_token(administrator(store), "x", BY, scopes=[Scope.INGEST])
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env={**asked(SECRET), **told})
    assert done.returncode == 0, done.stderr
    return [json.loads(answer) for answer in re.findall(r"\{[^{}]*\}", done.stdout)]


@pytest.mark.parametrize(("source", "script"), [*of("generic"), *of("cdevents")])
def test_documented_script_is_accepted(store: Store, server: str, source: str, script: str) -> None:
    connection = a_connection(store, a_team(store).id, source)
    answers = in_shell(store, script, server, connection)
    assert {answer["status"] for answer in answers} == {"accepted"}, answers
    told = (*store.pipelines.list_board(connection.team_id), *environments(store, connection))
    assert len(told) == 1


def environments(store: Store, connection: Connection) -> list[str]:
    """What is live in them."""
    found = store.subjects.list_of_team(SubjectKind.ENVIRONMENT, connection.team_id).items
    return [one.live.ref for one in found if isinstance(one, Environment) and one.live]


def test_documented_deployment_script_puts_a_whole_run_on_the_board(store: Store, server: str) -> None:
    connection = a_connection(store, a_team(store).id, "generic")
    script = max(blocks("generic", "sh"), key=len)
    assert len(in_shell(store, script, server, connection)) == 6
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert row.label == "shop/deploy"
    assert row.result is not None
    assert row.result.status is Status.SUCCEEDED
    assert [(cell.name, cell.status) for cell in row.stages] == [
        ("build", Status.SUCCEEDED),
        ("deploy production", Status.SUCCEEDED),
    ]


def test_documented_deployment_script_tells_a_stage_that_fails(store: Store, server: str) -> None:
    connection = a_connection(store, a_team(store).id, "generic")
    script = max(blocks("generic", "sh"), key=len).replace("deploy() { true; }", "deploy() { false; }")
    with pytest.raises(AssertionError):
        in_shell(store, script, server, connection)
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert row.result is not None
    assert (row.result.status, row.result.stage) == (Status.FAILED, "deploy production")


def test_documented_body_has_every_member_and_is_read() -> None:
    (whole,) = blocks("generic", "json")
    parsed = SOURCES["generic"].parse({}, whole.encode())
    assert [type(event).__name__ for event in parsed.events] == [
        "ActionChanged",
        "ExecutionChanged",
        "DeploymentChanged",
    ]
    page = (DOCS / "generic.md").read_text()
    body = json.loads(whole)
    named = [*(name for name in body if name != "stage"), *(f"stage.{name}" for name in body["stage"])]
    assert [name for name in named if f"`{name}`" not in page] == []
