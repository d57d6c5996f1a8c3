"""What is measured on: a team of 50 pipelines with their recent runs, and events to come."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass

from dashboard.sources import SOURCES
from storage.model.entities import Status, Team
from storage.recording.recorder import Applied
from storage.store import Store, open_store
from tests.bench.bodies import RUN_SECONDS, SHA, Event, run_events, signed
from tests.bench.server import Server
from tests.dashboard.views.town import workflow_of
from tests.factories import BY, MINUTE, a_run

PIPELINES = 50
RUNS_BEFORE = 10
TEAMS, PIPELINES_EACH = 200, 15
FIRST_LIVE_RUN = 9_000_000


@dataclass(frozen=True, slots=True)
class Town:
    """`path` is where the team's connection takes its events; `execution` one of the finished executions, of
    `pipeline`."""

    team_id: str
    slug: str
    path: str
    secret: str
    execution: str
    pipeline: str

    @property
    def board(self) -> str:
        return f"/teams/{self.slug}"

    def pages(self) -> dict[str, str]:
        """Addresses by name."""
        return {
            "board": self.board,
            "network": "/",
            "execution": f"/executions/{self.execution}",
            "pipeline": f"{self.board}/pipelines/{self.pipeline}",
            "health": "/health",
            "health of a team": f"/health/{self.slug}",
            "commit": f"/commits/{SHA}",
            "search": "/search?q=service-7",
        }

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
    last = _fill(storage_url, str(team["id"]))
    secret = str(connection["secret"])
    return Town(str(team["id"]), str(team["slug"]), path, secret, last.execution_id, last.pipeline_id)


def _fill(storage_url: str, team_id: str) -> Applied:
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
    settle(store)
    store.table.engine.close()
    assert applied is not None
    return applied


def build_many(storage_url: str) -> dict[str, str]:
    """Addresses of the pages over all teams, by name."""
    store = open_store(storage_url)
    fill_many(store, time.time_ns() // 1_000_000)
    settle(store)
    store.table.engine.close()
    return {"network of 3,000": "/", "health of 3,000": "/health", "search of 3,000": "/search?q=service-7"}


def fill_many(store: Store, now: int) -> Team:
    """200 teams of 15 pipelines, each with a green run; of ten, one with a red one after it and one with one under way.
    The last team."""
    for number in range(TEAMS):
        team = store.teams.create(f"Team number {number}", f"team-{number}", BY)
        for place in range(PIPELINES_EACH):
            ref = workflow_of(f"service-{number}-{place}", number * 100 + place + 1)
            run, kind = 10 * (number * PIPELINES_EACH + place), (number + place) % 10
            store.recorder.apply(team.id, a_run(str(run + 1), ref=ref, began=now - 90 * MINUTE))
            if kind < 2:
                outcome = Status.FAILED if kind else None
                store.recorder.apply(team.id, a_run(str(run + 2), ref=ref, began=now - 9 * MINUTE, outcome=outcome))
        store.rebuilder.rename(team.id)
    return team


def settle(store: Store) -> None:
    """What the job that works out what teams delivered would do in the minutes after so many runs came at once."""
    folder = store.fact_folder
    for day in list(folder.stale_days()):
        folder.fold_day(day)
    while teams := folder.list_stale_teams():
        for team in teams:
            folder.fold_stale_team(team)


def coming(services: range, first_run: int = FIRST_LIVE_RUN) -> Iterator[Event]:
    """Endless events, run after run of these pipelines side by side, each run's in order."""
    for number in itertools.count():
        began = int(time.time()) - RUN_SECONDS
        runs = [run_events(service, first_run + number * 10_000 + service, began) for service in services]
        for events in zip(*runs, strict=True):
            yield from events
