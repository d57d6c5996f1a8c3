"""What is measured on: a team of 50 pipelines with their recent runs, and events to come."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.sources import SOURCES
from storage.store import open_store
from tests.bench.bodies import RUN_SECONDS, Event, run_events, signed
from tests.bench.server import Server

PIPELINES = 50
RUNS_BEFORE = 10
FIRST_LIVE_RUN = 9_000_000


@dataclass(frozen=True, slots=True)
class Town:
    """`path` is where the team's connection takes its events; `execution` one of the finished executions."""

    team_id: str
    slug: str
    path: str
    secret: str
    execution: str

    @property
    def board(self) -> str:
        return f"/teams/{self.slug}"

    def request(self, event: Event, port: int) -> bytes:
        """The event as it goes over the wire."""
        headers = {"Host": f"127.0.0.1:{port}", "Content-Length": str(len(event.body)), **signed(event, self.secret)}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode() + event.body


def build(server: Server, storage_url: str) -> Town:
    """Team and connection through the API, the runs that were before straight into the store."""
    team = server.api("/teams", {"name": "Bench"})
    connection = server.api(f"/teams/{team['id']}/connections", {"source": "github"})
    path = "/hooks/" + str(connection["webhookUrl"]).partition("/hooks/")[2]
    execution = _fill(storage_url, str(team["id"]))
    return Town(str(team["id"]), str(team["slug"]), path, str(connection["secret"]), execution)


def _fill(storage_url: str, team_id: str) -> str:
    store, parse, applied = open_store(storage_url), SOURCES["github"].parse, None
    now = int(time.time())
    for number, service in itertools.product(range(RUNS_BEFORE), range(PIPELINES)):
        began = now - (RUNS_BEFORE + 1 - number) * 3600
        run = 1_000_000 + number * PIPELINES + service
        events = [
            found
            for event in run_events(service, run, began)
            for found in parse({"x-github-event": event.kind, "x-github-delivery": event.delivery}, event.body).events
        ]
        applied = store.recorder.apply(team_id, events)
    store.table.engine.close()
    assert applied is not None
    return applied.execution_id


def coming(services: range, first_run: int = FIRST_LIVE_RUN) -> Iterator[Event]:
    """Endless events, run after run of these pipelines side by side, each run's in order."""
    for number in itertools.count():
        began = int(time.time()) - RUN_SECONDS
        runs = [run_events(service, first_run + number * 10_000 + service, began) for service in services]
        for events in zip(*runs, strict=True):
            yield from events
