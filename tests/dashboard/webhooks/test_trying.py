"""Trying a connection: a test run is a run like any other, and the line for a shell works as it is printed."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
from django.core.wsgi import get_wsgi_application

from dashboard.sources import SOURCES
from dashboard.webhooks.trying import Reach, curl, reach_of, send_test_run
from storage.model.conditions import condition
from storage.model.document import replace
from storage.model.entities import Condition, Connection
from storage.store import Store
from tests.factories import BY, NOW, SECRET, Clock, a_connection, a_team

# Of tools that tell no stages.
ONE_STAGE = {"jenkins": ["Test run"]}


@pytest.fixture(params=SOURCES)
def connection(store: Store, request: pytest.FixtureRequest) -> Connection:
    return a_connection(store, a_team(store).id, request.param)


@pytest.fixture
def url(store: Store, clock: Clock) -> Iterator[str]:
    """A server over the same store, on the shell's clock."""
    clock.now = int(time.time() * 1000)
    server = make_server("127.0.0.1", 0, get_wsgi_application(), WSGIServer, Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        return


def test_test_run_is_a_green_line_on_the_board(store: Store, connection: Connection) -> None:
    assert send_test_run(SOURCES[connection.source], connection).code == 202
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert row.label == "Test run"
    assert condition(row, NOW) is Condition.PASSING
    assert row.ended is not None
    execution = store.executions.find(row.ended.execution_id)
    assert execution is not None
    assert [stage.name for stage in execution.stages] == ONE_STAGE.get(connection.source, ["Commit", "Acceptance"])
    assert execution.url == ""


def test_every_post_of_a_test_run_is_a_delivery_that_was_applied(store: Store, connection: Connection) -> None:
    send_test_run(SOURCES[connection.source], connection)
    assert {each.outcome for each in store.deliveries.list_of_connection(connection.id)} == {"applied"}


def test_second_test_run_is_another_run_of_the_same_pipeline(
    store: Store, connection: Connection, clock: Clock
) -> None:
    for _ in range(2):
        send_test_run(SOURCES[connection.source], connection)
        clock.now += 60_000
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert len(store.executions.list_of_pipeline(row.id).items) == 2


def test_test_run_of_a_paused_connection_says_that_it_was_ignored(store: Store, connection: Connection) -> None:
    paused = store.connections.put(connection, replace(connection, paused=True), BY, "connection.paused")
    assert send_test_run(SOURCES[connection.source], paused).body["reason"] == "this connection is paused"


def test_test_run_needs_a_secret_that_can_be_read(store: Store) -> None:
    connection = a_connection(store, a_team(store).id, secret="")
    answer = send_test_run(SOURCES["github"], connection)
    assert (answer.code, "rotate it" in answer.body["message"]) == (401, True)


@pytest.mark.parametrize("shown", [True, False], ids=["secret-just-shown", "secret-in-a-variable"])
def test_line_for_a_shell_works_as_printed(store: Store, connection: Connection, url: str, shown: bool) -> None:
    line = curl(
        SOURCES[connection.source],
        connection,
        f"{url}/hooks/{connection.source}/{connection.id}",
        SECRET if shown else "",
    )
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=asked(SECRET))
    assert '"status": "accepted"' in done.stdout, done.stderr
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert row.name.endswith("Test run")
    assert (SECRET in line) is shown


def test_line_for_a_shell_is_another_run_each_time(store: Store, connection: Connection, url: str) -> None:
    line = curl(SOURCES[connection.source], connection, f"{url}/hooks/{connection.source}/{connection.id}")
    for number in (1, 2):
        told = line.replace("N=$(date +%s)", f"N={1_790_000_000 + number}")
        subprocess.run(["bash", "-c", told], capture_output=True, env=asked(SECRET), check=True)
    (row,) = [stored.row() for stored in store.pipelines.list_board(connection.team_id)]
    assert len(store.executions.list_of_pipeline(row.id).items) == 2


def asked(secret: str) -> dict[str, str]:
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "SECRET": secret}


def test_line_without_the_secret_says_what_is_missing(connection: Connection) -> None:
    line = curl(SOURCES[connection.source], connection, "http://127.0.0.1:9/hooks")
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
    assert (done.returncode != 0, "is to be the secret of this connection" in done.stderr) == (True, True)


@pytest.mark.parametrize(
    ("url", "reach"),
    [
        ("https://transit.example.com", Reach.ANYWHERE),
        ("https://8.8.8.8", Reach.ANYWHERE),
        ("http://127.0.0.1:8000", Reach.MACHINE),
        ("http://[::1]:8000", Reach.MACHINE),
        ("http://0.0.0.0:8000", Reach.MACHINE),
        ("http://localhost:8000", Reach.MACHINE),
        ("http://transit.localhost", Reach.MACHINE),
        ("http://10.1.2.3", Reach.NETWORK),
        ("http://192.168.0.7:8000", Reach.NETWORK),
        ("http://[fd00::1]", Reach.NETWORK),
        ("http://169.254.1.1", Reach.NETWORK),
        ("http://transit", Reach.NETWORK),
        ("https://transit.corp", Reach.NETWORK),
        ("https://ci.acme.internal.", Reach.NETWORK),
    ],
)
def test_reach_of_an_address_is_read_from_it(url: str, reach: Reach) -> None:
    assert reach_of(url) is reach
