"""Situations played through the server's own entrance: signed posts to real webhook URLs, then what the API and
the board say."""

from __future__ import annotations

import datetime
import json
import os
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from dashboard.auth.tokens import create_token
from dashboard.jobs.fold_stale_pipelines import fold
from dashboard.wakeups import WakeUp, wakeups
from storage.store import Store
from storage.table import Table
from tests.conftest import _forget
from tests.dashboard.visiting import Visitor, signature
from tests.factories import BY, NOW, administrator
from tests.storage.engines import LOCAL, SQLITE

ALL_ORDERS = bool(os.environ.get("BIGTRANSIT_ALL_ORDERS"))
STAMP = re.compile(r"(20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d)((?:\.\d+)?Z)")
FORM = "%Y-%m-%dT%H:%M:%S"
# What differs from team to team, as it follows from the team's id.
IDS = {"id", "teamId", "pipelineId", "executionId", "firstRed"}
Json = dict[str, Any]
Check = Callable[["Told"], None]


@dataclass(frozen=True)
class Step:
    """A post. `event`: GitHub's name of it. `connection`: the number of the one it comes to."""

    body: Json
    event: str = ""
    connection: int = 1
    headers: dict[str, str] = field(default_factory=dict)


def moved(text: str, seconds_ago: int) -> str:
    """With all times shifted so that the latest is so long before the clock of tests."""
    now = datetime.datetime.fromtimestamp(NOW / 1000, datetime.UTC).replace(tzinfo=None)
    latest = max(datetime.datetime.strptime(found, FORM) for found, _ in STAMP.findall(text))
    delta = now - datetime.timedelta(seconds=seconds_ago) - latest
    return STAMP.sub(lambda m: (datetime.datetime.strptime(m[1], FORM) + delta).strftime(FORM) + m[2], text)


def shuffled(steps: Sequence[Step], seed: int) -> list[Step]:
    """In another order, a third of them twice."""
    chance = random.Random(seed)
    told = [*steps, *chance.sample(steps, len(steps) // 3)]
    chance.shuffle(told)
    return told


class Told:
    """What is said once everything was posted. `pipelines` by name; `executions` by the tool's own id."""

    def __init__(self, api: Api, visitor: Visitor, team: Json) -> None:
        self._api, self._visitor, self.team = api, visitor, team
        self.pipelines: list[Json] = api("GET", f"/teams/{team['id']}/pipelines")["items"]
        self.executions: dict[str, Json] = {}
        for pipeline in self.pipelines:
            for brief in api("GET", f"/pipelines/{pipeline['id']}/executions")["items"]:
                found = api("GET", f"/executions/{brief['id']}")
                self.executions[found["externalId"]] = found

    @property
    def pipeline(self) -> Json:
        (found,) = self.pipelines
        return found

    @property
    def board(self) -> str:
        return self._visitor.text(f"/teams/{self.team['slug']}")

    @property
    def network(self) -> str:
        return self._visitor.text("/")

    def page(self, pipeline: Json) -> str:
        return self._visitor.text(f"/teams/{self.team['slug']}/pipelines/{pipeline['id']}")

    def stages(self, external_id: str) -> list[tuple[str, str, int]]:
        """Of an execution: name, status, the attempt that it is of."""
        return [(s["name"], s["status"], s["attempt"]) for s in self.executions[external_id]["stages"]]

    @property
    def picture(self) -> Any:
        """All of it, without what follows from the team."""
        return _without_ids([self.pipelines, sorted(self.executions.items())])


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_ids(each) for name, each in value.items() if name not in IDS}
    return [_without_ids(each) for each in value] if isinstance(value, list | tuple) else value


class Api:
    def __init__(self, token: str) -> None:
        self._headers = {"Authorization": f"Bearer {token}"}
        self._client = Client()

    def __call__(self, method: str, path: str, body: Json | None = None) -> Json:
        raw = json.dumps(body).encode() if body is not None else b""
        answer = self._client.generic(
            method, f"/api/v1{path}", raw, content_type="application/json", headers=self._headers
        )
        assert answer.status_code < 300, (path, answer.content)
        found: Json = answer.json()
        return found


class Stage:
    """A store of one engine with an administrator; each play has a team of its own."""

    def __init__(self, store: Store, engine: str) -> None:
        self.store, self.engine = store, engine
        user = administrator(store)
        self.api, self._visitor = Api(create_token(user, "plays", BY)), Visitor(store, user)
        self._client, self._number = Client(), 0
        self._stale: set[str] = set()

    def connections(self, source: str, numbers: set[int], **more: str) -> tuple[Json, dict[int, Json]]:
        self._number += 1
        team = self.api("POST", "/teams", {"name": f"Play {self._number}"})
        path = f"/teams/{team['id']}/connections"
        return team, {number: self.api("POST", path, {"source": source, **more}) for number in sorted(numbers)}

    def play(self, source: str, steps: Sequence[Step]) -> Told:
        team, links = self.connections(source, {step.connection for step in steps})
        wakeups.listen(WakeUp.PIPELINE_IS_STALE, self._stale.add)
        for number, step in enumerate(steps):
            answer = self.post(source, links[step.connection], step, number)
            assert answer.status_code in (200, 202), answer.content
        wakeups.ignore(WakeUp.PIPELINE_IS_STALE, self._stale.add)
        self._work()
        return Told(self.api, self._visitor, team)

    def post(self, source: str, link: Json, step: Step, number: int = 0) -> Any:
        raw = json.dumps(step.body).encode()
        if source == "github":
            head = {"X-GitHub-Event": step.event, "X-GitHub-Delivery": f"{link['id'][:8]}-{number}"}
            head["X-Hub-Signature-256"] = signature(raw, link["secret"])
        else:
            head = {"X-Api-Key": link["secret"], **step.headers}
        kind = step.headers.get("Content-Type", "application/json")
        path = "/hooks/" + link["webhookUrl"].partition("/hooks/")[2]
        return self._client.generic("POST", path, raw, content_type=kind, headers=head)

    def _work(self) -> None:
        """What a job does: fold again what went stale."""
        for pipeline_id in sorted(self._stale):
            fold(self.store, pipeline_id)
        self._stale.clear()


@pytest.fixture(params=[SQLITE, LOCAL])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """On each engine."""
    table: Table = request.getfixturevalue(request.param)
    store = Store(table)
    store.recorder._pause = lambda _: None
    with mock.patch("dashboard.store.open_store", return_value=store):
        _forget()
        yield Stage(store, request.param)
    _forget()


def holds_in_any_order(stage: Stage, source: str, steps: Sequence[Step], right: Check, orders: int = 6) -> None:
    """In the order given, and in so many others with repeats; on the engine that is slow to write in a sixth of them,
    unless BIGTRANSIT_ALL_ORDERS is set."""
    first = stage.play(source, steps)
    right(first)
    for seed in range(orders if stage.engine == "sqlite_table" or ALL_ORDERS else orders // 6):
        told = stage.play(source, shuffled(steps, seed))
        assert told.picture == first.picture, seed
